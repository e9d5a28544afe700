-- name: deadlines
-- When some activities are to be judged: a while after their end. $1 activity_id[], $2 now, $3 wait_min.
SELECT activity_id, ends_at + make_interval(secs => 60 * $3::float8) AS due_at
FROM activities_known_at($2)
WHERE activity_id = ANY($1::text[]) AND ends_at IS NOT NULL;
