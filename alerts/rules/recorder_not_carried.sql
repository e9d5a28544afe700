-- name: shown
-- When a recorder was first online off the dock in a period: a heartbeat over a cell, or without any network (it may be
-- in a garage), unless the last dock event of its boot was `docked`.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper.
SELECT k.key, k.recorder_id, h.at
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
CROSS JOIN LATERAL (
    SELECT h.at FROM heartbeat h
    WHERE h.recorder_id = k.recorder_id AND h.at BETWEEN k.from_at AND k.to_at AND h.at BETWEEN $5 AND $6
        AND h.network <> 'wifi'
        AND COALESCE((
            SELECT e.type FROM event e
            WHERE e.recorder_id = h.recorder_id AND e.boot = h.boot AND e.at <= h.at AND e.at > h.at - INTERVAL '1 day'
                AND e.type IN ('docked', 'undocked')
            ORDER BY e.at DESC LIMIT 1
        ), 'undocked') = 'undocked'
    ORDER BY h.at LIMIT 1
) AS h;
