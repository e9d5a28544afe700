-- The console's desks: notices, planned maintenance, and the platform.

-- name: notices
-- A page of notices, newest first. `is_past`: all incidents it tells of have been cleared since.
-- $1 person[] that may be shown (null: all), $2 state, $3 incident_id, $4 person, $5 before notice_id, $6 limit.
SELECT n.notice_id, n.person, n.urgent, n.created_at, n.message::text, n.state, n.sent_at, n.sent_by, n.reason, n.next_at,
    i.incident_ids, i.cleared_ids, i.is_past, i.capacity, a.attempts::text
FROM notice n
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT m.incident_id) AS incident_ids, min(m.capacity) AS capacity,
        array_agg(DISTINCT m.incident_id) FILTER (WHERE c.is_cleared) AS cleared_ids,
        bool_and(c.is_cleared AND m.kind <> 'withdrawal') AS is_past
    FROM notice_item m LEFT JOIN incident x USING (incident_id)
    CROSS JOIN LATERAL (SELECT COALESCE(x.status IN ('dismissed', 'revoked', 'excused', 'withdrawn'), false) AS is_cleared) AS c
    WHERE m.notice_id = n.notice_id
) AS i ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('channel', t.channel, 'state', t.state, 'at', t.started_at, 'code', t.code, 'detail', t.detail) ORDER BY t.n) AS attempts
    FROM notice_attempt t WHERE t.notice_id = n.notice_id
) AS a ON true
WHERE ($1::text[] IS NULL OR n.person = ANY ($1)) AND ($2::text IS NULL OR n.state = $2)
    AND ($3::text IS NULL OR $3 = ANY (i.incident_ids)) AND ($4::text IS NULL OR n.person = $4)
    AND ($5::bigint IS NULL OR n.notice_id < $5)
ORDER BY n.notice_id DESC
LIMIT $6;

-- name: people_of_units
-- $1 unit_id[], $2 now.
SELECT officer_id FROM officers_known_at($2) WHERE unit_id = ANY ($1::text[]);

-- name: maintenance
-- Planned maintenance that covers something of these units, latest first. $1 unit_id[] (null: all), $2 limit, $3 now.
SELECT m.maintenance_id, m.unit_id, m.recorder_id, COALESCE(m.unit_id, r.unit_id) AS home, m.rules, m.starts_at, m.ends_at, m.reason, m.created_by, m.created_at,
    m.cancelled_at, m.cancelled_by, m.confirmed_at, m.confirmed_by,
    CASE WHEN m.cancelled_at IS NOT NULL THEN 'cancelled' WHEN $3 >= m.ends_at THEN 'ended'
        WHEN m.needs_confirmation AND m.confirmed_at IS NULL THEN 'unconfirmed'
        WHEN $3 < m.starts_at THEN 'planned' ELSE 'running' END AS state
FROM maintenance m LEFT JOIN recorder r ON r.recorder_id = m.recorder_id
WHERE $1::text[] IS NULL OR COALESCE(m.unit_id, r.unit_id) = ANY ($1)
    OR (m.recorder_id IS NULL AND cardinality($1) > 0 AND (m.unit_id IS NULL OR m.unit_id IN (
        SELECT a.ancestor_id FROM unit_ancestors_known_at($3) a WHERE a.unit_id = ANY ($1))))
ORDER BY m.starts_at DESC, m.maintenance_id DESC LIMIT $2;

-- name: one_maintenance
-- $1 maintenance_id.
SELECT m.maintenance_id, COALESCE(m.unit_id, r.unit_id) AS unit_id, m.created_by
FROM maintenance m LEFT JOIN recorder r ON r.recorder_id = m.recorder_id WHERE m.maintenance_id = $1;

-- name: rejections
-- The latest rejections. $1 limit.
SELECT rejection_id, topic, code, fields, reason, recorder_id, first_received_at, last_received_at, count, length
FROM rejection ORDER BY last_received_at DESC LIMIT $1;

-- name: ticks
SELECT ticked_at, first_reading_at FROM evaluation_clock;

-- name: sizes
SELECT pg_database_size(current_database())::float / 1048576 AS database_mb,
    (SELECT count(*) FROM recorder_state)::integer AS recorders_heard,
    (SELECT count(*) FROM reading_change)::integer AS changes_waiting,
    (SELECT count(*) FROM incident_untold)::integer AS incidents_untold;
