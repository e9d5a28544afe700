-- Rejections: counts for device makers, and messages to retry.

-- name: summary
-- How often messages were rejected, or fields left out, since $1, for recorder $2 (null: all).
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
-- Wholly rejected messages, oldest first. $1 after rejection_id, $2 limit.
SELECT rejection_id, topic, payload, length, reason, first_received_at FROM rejection
WHERE rejection_id > $1 AND code IN ('kind', 'not_json', 'schema', 'too_large', 'seq_disorder', 'refused')
ORDER BY rejection_id
LIMIT $2;
