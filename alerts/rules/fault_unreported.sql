-- name: failures
-- Failures of recorders over periods: a flat battery (by the verdict about the silence), full storage, a fault.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper, $7 now.
SELECT k.key, k.recorder_id, f.kind, f.at, f.confidence, LEAST(
    next_in_use(k.recorder_id, f.at, f.boot, $7),
    -- A recorder that goes on recording, or records again, works.
    (SELECT min(GREATEST(r.since, f.at)) FROM own_recording_state r
     WHERE r.recorder_id = k.recorder_id AND r.state = 'recording' AND r.last_at > f.at + INTERVAL '1 min'
        AND r.since BETWEEN f.at - INTERVAL '1 day' AND f.at + INTERVAL '1 day')
) AS back_at
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
CROSS JOIN LATERAL (
    SELECT 'battery' AS kind, s.since AS at, NULL::text AS boot,
        CASE WHEN s.goodbye = 'low_battery' THEN 'confirmed' ELSE s.confidence END AS confidence
    FROM silence s
    WHERE s.recorder_id = k.recorder_id AND s.cause = 'battery_depleted' AND s.since BETWEEN k.from_at AND k.to_at
    UNION ALL
    SELECT CASE e.type WHEN 'fault' THEN 'fault' ELSE 'storage' END, e.at, e.boot, 'confirmed'
    FROM event e
    WHERE e.recorder_id = k.recorder_id AND e.type IN ('fault', 'storage_full') AND e.at BETWEEN k.from_at AND k.to_at
        AND e.at BETWEEN $5 AND $6
) AS f
ORDER BY k.key, f.at;

-- name: reports
-- Fault reports by id. $1 now, $2 fault_report_id[].
SELECT fault_report_id, reported_at, recorder_id FROM fault_reports_known_at($1) WHERE fault_report_id = ANY($2::text[]);
