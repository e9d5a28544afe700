-- name: levels
-- The latest battery levels and storage readings of recorders, each in time order. $1 recorder_id[].
SELECT s.recorder_id, COALESCE(s.charging, false), s.battery_at,
    ARRAY (SELECT b.level_pct FROM (
        SELECT at, seq, level_pct FROM battery
        WHERE recorder_id = s.recorder_id AND at BETWEEN s.battery_at - INTERVAL '1 day' AND s.battery_at
        ORDER BY at DESC, seq DESC LIMIT 2
    ) AS b ORDER BY b.at, b.seq) AS levels,
    s.storage_at, m.totals, m.spaces
FROM recorder_state s
CROSS JOIN LATERAL (
    SELECT array_agg(t.total_mb ORDER BY t.at, t.seq) AS totals, array_agg(t.free_mb ORDER BY t.at, t.seq) AS spaces FROM (
        SELECT at, seq, total_mb, free_mb FROM storage
        WHERE recorder_id = s.recorder_id AND at BETWEEN s.storage_at - INTERVAL '1 day' AND s.storage_at
        ORDER BY at DESC, seq DESC LIMIT 30
    ) AS t
) AS m
WHERE s.recorder_id = ANY($1::text[]);
