-- name: heard_until
-- Until when some recorders were heard in some stretches: a login that nobody ended lasts no longer than its readings.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper.
SELECT k.key, max(h.at)
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
JOIN heartbeat h ON h.recorder_id = k.recorder_id AND h.at BETWEEN k.from_at AND k.to_at AND h.at BETWEEN $5 AND $6
GROUP BY k.key;
