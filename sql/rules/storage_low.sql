-- name: deadlines
-- When the recorder that goes with a shift is looked at. $1 shift_id[], $2 now, $3 before_h, $4 before_min.
SELECT shift_id, unnest(ARRAY[
    starts_at - make_interval(secs => 3600 * $3::float8), starts_at - make_interval(secs => 60 * $4::float8), starts_at
]) AS due_at
FROM shifts_known_at($2)
WHERE shift_id = ANY($1::text[]) AND kind IN ('patrol', 'campaign') AND starts_at > $2;
