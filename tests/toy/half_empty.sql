-- name: charges
-- The latest charge of some recorders. $1 recorder_id[].
SELECT s.recorder_id, s.battery_at, s.level_pct
FROM recorder_state s
WHERE s.recorder_id = ANY($1::text[]) AND s.level_pct IS NOT NULL;
