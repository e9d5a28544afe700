-- name: recordings
-- Recordings that began on a day, one row per recording state; it ends with the next standby of the boot. One that began
-- before its boot was switched on has a misread time.
-- A station may give import bounds by the device clock, so skew_s says how far that was off (s).
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[] (the day, widened for shifts that cross midnight).
SELECT k.key, r.started_at, r.ended_at,
    COALESCE(CASE WHEN b.clock_told_twice THEN -b.clock_offset_s END, clock_skew_s(k.recorder_id, r.boot, r.started_at, r.ended_at)) AS skew_s
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
JOIN LATERAL (
    SELECT
        s.boot, s.since AS started_at,
        CASE WHEN s.next_state = 'standby' THEN GREATEST(s.next_since, s.since) ELSE s.last_at END AS ended_at
    FROM (
        SELECT t.*, lead(state) OVER w AS next_state, lead(since) OVER w AS next_since
        FROM own_recording_state t
        WHERE t.recorder_id = k.recorder_id AND t.since BETWEEN k.from_at AND k.to_at
        WINDOW w AS (PARTITION BY boot ORDER BY since, since_ts)
    ) AS s
    WHERE s.state = 'recording' AND s.since >= COALESCE((
        SELECT min(p.at - make_interval(secs => p.uptime_s)) FROM presence p
        WHERE p.recorder_id = k.recorder_id AND p.boot = s.boot AND p.state = 'online'
            AND p.at BETWEEN k.from_at - INTERVAL '1 day' AND k.to_at + INTERVAL '1 day'
    ), '-infinity') - INTERVAL '5 min'
) AS r ON true
LEFT JOIN recorder_boot b ON b.recorder_id = k.recorder_id AND b.boot = r.boot
ORDER BY k.key, r.started_at;

-- name: imports
-- Imports of recorders, as known at $5. $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[].
SELECT k.key, i.docked_at, i.imported_at, i.recorded_from, i.recorded_to
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
JOIN dock_imports_known_at($5) i ON i.recorder_id = k.recorder_id AND i.docked_at BETWEEN k.from_at AND k.to_at + INTERVAL '14 days'
ORDER BY k.key, i.docked_at;
