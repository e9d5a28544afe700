-- name: readings
-- Storage readings of recorders over periods, with the two readings before and the one after each period. Backlog
-- stamped with its arrival time (no clock anchored it) is left out: its place in the order is unknown.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper.
SELECT k.key, s.at, s.boot, s.seq, s.total_mb, s.free_mb, s.files
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
CROSS JOIN LATERAL (
    SELECT at, boot, seq, total_mb, free_mb, files FROM storage
    WHERE recorder_id = k.recorder_id AND at BETWEEN k.from_at AND k.to_at AND at BETWEEN $5 AND $6
        AND total_mb > 0 AND NOT (backlog AND at = received_at)
    UNION ALL
    (SELECT at, boot, seq, total_mb, free_mb, files FROM storage
     WHERE recorder_id = k.recorder_id AND at < k.from_at AND at >= $5::timestamptz - INTERVAL '7 days'
        AND total_mb > 0 AND NOT (backlog AND at = received_at)
        -- Only of the card in use now, not from a time without a mounted card.
        AND total_mb = (
            SELECT max(w.total_mb) FROM storage w
            WHERE w.recorder_id = k.recorder_id AND w.at BETWEEN k.from_at AND k.to_at AND w.at BETWEEN $5 AND $6
        )
     ORDER BY at DESC LIMIT 2)
    UNION ALL
    (SELECT at, boot, seq, total_mb, free_mb, files FROM storage
     WHERE recorder_id = k.recorder_id AND at > k.to_at AND at <= $6::timestamptz + INTERVAL '7 days'
        AND total_mb > 0 AND NOT (backlog AND at = received_at)
     ORDER BY at LIMIT 1)
) AS s
ORDER BY k.key, s.at, s.seq;

-- name: visits
-- When recorders were on a dock: by their own report, by its Wi-Fi, or by an import known at $7.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper.
SELECT k.key, v.from_at, v.to_at
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
CROSS JOIN LATERAL (
    SELECT e.at AS from_at, e.at AS to_at FROM event e
    WHERE e.recorder_id = k.recorder_id AND e.type IN ('docked', 'undocked') AND e.at BETWEEN k.from_at AND k.to_at
        AND e.at BETWEEN $5 AND $6
    UNION ALL
    SELECT p.at, p.at FROM presence p
    WHERE p.recorder_id = k.recorder_id AND p.reason = 'docked' AND p.at BETWEEN k.from_at AND k.to_at AND p.at BETWEEN $5 AND $6
    UNION ALL
    SELECT min(h.at), max(h.at) FROM heartbeat h
    WHERE h.recorder_id = k.recorder_id AND h.network = 'wifi' AND h.at BETWEEN k.from_at AND k.to_at AND h.at BETWEEN $5 AND $6
    HAVING count(*) > 0
    UNION ALL
    SELECT i.docked_at, i.imported_at FROM dock_imports_known_at($7) i
    WHERE i.recorder_id = k.recorder_id AND i.docked_at <= k.to_at AND i.imported_at >= k.from_at
) AS v;
