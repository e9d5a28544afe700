-- name: alarms
-- Alarms of some recorders in some stretches. $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper.
SELECT k.key, e.at
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
JOIN event e ON e.recorder_id = k.recorder_id AND e.type = 'tamper' AND e.at BETWEEN k.from_at AND k.to_at AND e.at BETWEEN $5 AND $6
ORDER BY k.key, e.at;
