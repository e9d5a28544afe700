-- recorder-offline: recorders that have fallen silent.

-- name: quiet_recorders
-- Recorders that are silent at $1 without an open silence, and those heard again since their open silence began (they
-- may be silent again). A will or a goodbye counts at once; otherwise 3 heartbeats, at least 90 s, without any arrival
-- (domain.md, "Rules").
SELECT s.recorder_id, LEAST(s.last_heard_at, o.since) AS from_at, q.is_quiet
FROM recorder_state s
JOIN recorder r ON r.recorder_id = s.recorder_id AND r.status <> 'test'
LEFT JOIN silence o ON o.recorder_id = s.recorder_id AND o.until IS NULL
CROSS JOIN LATERAL (
    SELECT s.last_received_at < $1::timestamptz - make_interval(secs => GREATEST(90, 3 * r.heartbeat_s))
        OR (NOT s.connected AND s.connection_at >= s.last_heard_at) AS is_quiet
) AS q
WHERE s.last_heard_at IS NOT NULL AND CASE WHEN o.recorder_id IS NULL THEN q.is_quiet ELSE s.last_heard_at > o.since END;
