-- name: deadlines
-- When some shifts are to be judged: a while after their end. $1 shift_id[], $2 now, $3 wait_min.
SELECT shift_id, ends_at + make_interval(secs => 60 * $3::float8) AS due_at
FROM shifts_known_at($2)
WHERE shift_id = ANY($1::text[]) AND kind IN ('patrol', 'campaign');
