-- What could not be taken in, for its makers and for another try.

-- name: summary
-- How often what was rejected or left out of the messages of a device, since $1, of the recorder $2 (null: of all).
SELECT r.recorder_id, COALESCE(s.model, g.model) AS model, s.firmware, split_part(r.topic, '/', 4) AS kind, r.code,
    f.field, sum(r.count)::bigint AS count, max(r.last_received_at) AS last_received_at,
    (array_agg(r.reason ORDER BY r.last_received_at DESC))[1] AS reason
FROM rejection r
LEFT JOIN recorder_state s ON s.recorder_id = r.recorder_id
LEFT JOIN recorder g ON g.recorder_id = r.recorder_id
LEFT JOIN LATERAL unnest(r.fields) AS f (field) ON true
WHERE r.last_received_at >= $1 AND ($2::text IS NULL OR r.recorder_id = $2)
GROUP BY r.recorder_id, COALESCE(s.model, g.model), s.firmware, split_part(r.topic, '/', 4), r.code, f.field
ORDER BY r.recorder_id, count DESC, kind, r.code, f.field;

-- name: kept
-- Whole messages that were rejected, in the order in which they came first. $1 after this id, $2 how many.
SELECT rejection_id, topic, payload, length, reason, first_received_at FROM rejection
WHERE rejection_id > $1 AND code IN ('kind', 'not_json', 'schema', 'too_large', 'seq_disorder', 'refused')
ORDER BY rejection_id
LIMIT $2;
