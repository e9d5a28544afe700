-- Notices: the planner's reads and writes, and the senders' queue.

-- name: try_plan_lock
-- One planner at a time; the lock ends with the transaction.
SELECT pg_try_advisory_xact_lock(7237970109966541166);

-- name: take_untold
-- Return and delete incidents that changed since they were last planned. $1 limit.
DELETE FROM incident_untold
WHERE incident_id IN (SELECT incident_id FROM incident_untold ORDER BY incident_id LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING incident_id;

-- name: items_of_incidents
-- All items of incidents, oldest first, with the state of their notices. $1 incident_id[], $2 now.
SELECT i.*, n.state,
    coalesce(n.state = 'queued' AND (n.claimed_until IS NULL OR n.claimed_until <= $2) AND NOT a.may_have_arrived, false)
        AS is_open,
    coalesce(a.may_have_arrived, false) AS may_have_arrived
FROM notice_item i
LEFT JOIN notice n USING (notice_id)
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE t.state IN ('sending', 'unknown', 'sent')) > 0 AS may_have_arrived
    FROM notice_attempt t WHERE t.notice_id = i.notice_id
) AS a ON true
WHERE i.incident_id = ANY($1::text[])
ORDER BY i.item_id;

-- name: add_items
-- $1 array of items as JSON.
INSERT INTO notice_item (
    incident_id, person, capacity, kind, urgent, weight, cause, officer_id, created_at, not_before
)
SELECT incident_id, person, capacity, kind, urgent, weight, cause, officer_id, created_at, not_before
FROM jsonb_populate_recordset(NULL::notice_item, $1::jsonb);

-- name: drop_items
-- $1 item_id[], $2 why[].
UPDATE notice_item i SET dropped = d.why
FROM unnest($1::bigint[], $2::text[]) AS d (item_id, why)
WHERE i.item_id = d.item_id;

-- name: recall_notices
-- Cancel unsent notices; fewer rows than ids means that a sender claimed one first. $1 notice_id[], $2 now.
UPDATE notice SET state = 'cancelled', reason = 'overtaken'
WHERE notice_id = ANY($1::bigint[]) AND state = 'queued' AND (claimed_until IS NULL OR claimed_until <= $2)
RETURNING notice_id;

-- name: free_items
-- Let the remaining items of cancelled notices wait again. $1 notice_id[].
UPDATE notice_item SET notice_id = NULL WHERE notice_id = ANY($1::bigint[]) AND dropped IS NULL;

-- name: waiting_items
-- Items that wait for a notice and are due; at night only urgent ones. $1 now, $2 whether it is night.
SELECT * FROM notice_item
WHERE notice_id IS NULL AND dropped IS NULL AND (urgent OR (not_before <= $1 AND NOT $2))
ORDER BY person, item_id;

-- name: recent_notices
-- Each person's latest notice since $2. $1 person[], $2 since.
SELECT DISTINCT ON (person) person, greatest(created_at, sent_at) AS at, state = 'queued' AS is_queued
FROM notice
WHERE person = ANY($1::text[]) AND state <> 'cancelled' AND (created_at >= $2 OR state = 'queued')
ORDER BY person, (state = 'queued') DESC, greatest(created_at, sent_at) DESC;

-- name: reserve_notices
-- Reserve $1 notice ids.
SELECT nextval(pg_get_serial_sequence('notice', 'notice_id')) FROM generate_series(1, $1);

-- name: add_notices
-- $1 array of notices as JSON, $2 now.
INSERT INTO notice (
    notice_id, person, urgent, created_at, message, routes, state, next_at, reason, sent_at, sent_by
) OVERRIDING SYSTEM VALUE
SELECT notice_id, person, urgent, $2::timestamptz, message, routes, state, $2::timestamptz, reason,
    CASE WHEN state = 'sent' THEN $2::timestamptz END, sent_by
FROM jsonb_populate_recordset(NULL::notice, $1::jsonb);

-- name: pack_items
-- $1 item_id[], $2 notice_id[].
UPDATE notice_item i SET notice_id = p.notice_id
FROM unnest($1::bigint[], $2::bigint[]) AS p (item_id, notice_id)
WHERE i.item_id = p.item_id;

-- name: take_escalation_turn
-- Take the turn to check unacknowledged incidents, if the last check is old enough. $1 now, $2 latest allowed last
-- check.
UPDATE notice_escalation SET looked_at = $1 WHERE looked_at <= $2 RETURNING true;

-- name: unanswered
-- Unacknowledged incidents: the latest escalation step, and when its notice arrived or was given up. Custodians,
-- wearers and subjects are informed, but need not acknowledge.
SELECT DISTINCT ON (i.incident_id)
    i.incident_id, i.capacity, i.kind, i.urgent, CASE n.state WHEN 'sent' THEN n.sent_at ELSE n.created_at END AS at,
    n.state = 'dead' AS is_dead
FROM notice_item i
JOIN incident c USING (incident_id)
JOIN notice n USING (notice_id)
WHERE c.status = 'open' AND c.confidence <> 'suspected' AND c.weight IN ('check', 'transfer', 'operational')
    AND i.dropped IS NULL AND i.kind IN ('new', 'escalation')
    AND i.capacity IN ('leader', 'deputy', 'head', 'command_centre')
    AND n.state IN ('sent', 'dead')
    AND NOT EXISTS (
        SELECT FROM notice_item e
        LEFT JOIN notice m ON m.notice_id = e.notice_id
        WHERE e.incident_id = i.incident_id AND e.kind = 'escalation' AND e.dropped IS NULL
            AND (e.notice_id IS NULL OR m.state = 'queued')
    )
ORDER BY i.incident_id, i.item_id DESC;

-- name: told_at
-- When the person concerned was told of an incident. $1 incident_id, $2 officer_id.
SELECT min(n.sent_at)
FROM notice_item i
JOIN notice n USING (notice_id)
WHERE i.incident_id = $1 AND i.person = $2 AND i.officer_id = $2 AND i.kind <> 'withdrawal' AND n.state = 'sent';

-- name: claim
-- Claim due notices. $1 sender, $2 now, $3 claimed until, $4 limit.
UPDATE notice SET claimed_by = $1, claimed_until = $3
WHERE notice_id IN (
    SELECT notice_id FROM notice
    WHERE state = 'queued' AND next_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $2)
    ORDER BY urgent DESC, next_at, notice_id
    LIMIT $4
    FOR UPDATE SKIP LOCKED
)
RETURNING notice_id, person, urgent, created_at, message, routes;

-- name: attempts
-- $1 notice_id[].
SELECT notice_id, n, channel, state, started_at, ended_at FROM notice_attempt
WHERE notice_id = ANY($1::bigint[])
ORDER BY notice_id, n;

-- name: disown_attempts
-- A dead sender's open attempts have an unknown outcome. $1 notice_id, $2 now.
UPDATE notice_attempt SET state = 'unknown', ended_at = $2, detail = 'the sender died'
WHERE notice_id = $1 AND state = 'sending';

-- name: begin_attempt
-- Written before the request goes out, and only while the claim holds.
-- $1 notice_id, $2 channel, $3 now, $4 sender.
INSERT INTO notice_attempt (notice_id, n, channel, state, started_at)
SELECT $1, (SELECT count(*) + 1 FROM notice_attempt WHERE notice_id = $1), $2, 'sending', $3
FROM notice WHERE notice_id = $1 AND state = 'queued' AND claimed_by = $4 AND claimed_until > $3
RETURNING n;

-- name: end_attempt
-- $1 notice_id, $2 n, $3 state, $4 now, $5 code, $6 detail.
UPDATE notice_attempt SET state = $3, ended_at = $4, code = $5, detail = $6
WHERE notice_id = $1 AND n = $2 AND state IN ('sending', 'unknown');

-- name: mark_sent
-- Regardless of who holds the claim now: the notice has arrived. $1 notice_id, $2 now, $3 channel.
UPDATE notice SET state = 'sent', sent_at = $2, sent_by = $3, claimed_by = NULL, claimed_until = NULL
WHERE notice_id = $1 AND state IN ('queued', 'dead');

-- name: mark_dead
-- $1 notice_id, $2 reason, $3 sender.
UPDATE notice SET state = 'dead', reason = $2, claimed_by = NULL, claimed_until = NULL
WHERE notice_id = $1 AND state = 'queued' AND claimed_by = $3;

-- name: release
-- $1 notice_id, $2 next_at, $3 sender.
UPDATE notice SET next_at = $2, claimed_by = NULL, claimed_until = NULL
WHERE notice_id = $1 AND state = 'queued' AND claimed_by = $3;

-- name: next_due
-- When a sender next has something to do.
SELECT min(greatest(next_at, coalesce(claimed_until, next_at))) FROM notice WHERE state = 'queued';

-- name: lock_gate
-- $1 channel.
SELECT earliest_at, failures, opened, shut_until, fault FROM channel_gate WHERE channel = $1 FOR UPDATE;

-- name: make_gate
INSERT INTO channel_gate (channel) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: save_gate
-- $1 channel, $2 earliest_at[], $3 failures, $4 opened, $5 shut_until, $6 fault, $7 now.
UPDATE channel_gate SET earliest_at = $2, failures = $3, opened = $4, shut_until = $5, fault = $6, changed_at = $7
WHERE channel = $1;

-- name: shut_gates
-- Channels with an open breaker. $1 now.
SELECT channel, shut_until FROM channel_gate WHERE shut_until > $1;

-- name: list_gates
-- $1 now.
SELECT channel, failures, shut_until, fault, changed_at, COALESCE(shut_until > $1, false) AS is_open FROM channel_gate ORDER BY channel;

-- name: revive
-- Queue a dead notice again; its age restarts, its attempts are kept. $1 notice_id, $2 now.
UPDATE notice SET state = 'queued', reason = NULL, next_at = $2, created_at = $2
WHERE notice_id = $1 AND state = 'dead'
RETURNING notice_id;

-- name: count_notices
-- Notices by state; for queued ones the age of the oldest (s). $1 now.
SELECT state, count(*) AS notices,
    extract(epoch FROM $1::timestamptz - min(created_at) FILTER (WHERE state = 'queued'))::float AS oldest_s
FROM notice GROUP BY state ORDER BY state;

-- name: people
-- Officers as known at $1, with their preferred channels.
SELECT o.officer_id, o.name, o.unit_id, o.roles, o.contact, p.channels
FROM officers_known_at($1) o LEFT JOIN notice_preference p USING (officer_id);

-- name: units
-- Units as known at $1.
SELECT unit_id, name, parent_id, kind FROM units_known_at($1);

-- name: current_maintenance
-- $1 now.
SELECT maintenance_id, unit_id, recorder_id, rules, starts_at, ends_at FROM maintenance
WHERE starts_at <= $1 AND ends_at > $1 AND cancelled_at IS NULL AND (NOT needs_confirmation OR confirmed_at IS NOT NULL);

-- name: add_maintenance
-- $1 unit_id, $2 recorder_id, $3 rules[], $4 starts_at, $5 ends_at, $6 reason, $7 account, $8 now, $9 whether a second person
-- must confirm it.
INSERT INTO maintenance (unit_id, recorder_id, rules, starts_at, ends_at, reason, created_by, created_at, needs_confirmation)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING maintenance_id;

-- name: confirm_maintenance
-- $1 maintenance_id, $2 account, $3 now.
UPDATE maintenance SET confirmed_at = $3, confirmed_by = $2
WHERE maintenance_id = $1 AND needs_confirmation AND confirmed_at IS NULL AND cancelled_at IS NULL AND ends_at > $3
RETURNING maintenance_id;

-- name: cancel_maintenance
-- Cancel a maintenance; release_held then frees the items it held. $1 maintenance_id, $2 account, $3 now.
UPDATE maintenance SET cancelled_at = $3, cancelled_by = $2
WHERE maintenance_id = $1 AND cancelled_at IS NULL AND ends_at > $3
RETURNING ends_at;

-- name: release_held
-- Release items held until the end of a maintenance. $1 its end, $2 now.
UPDATE notice_item SET not_before = $2 WHERE not_before = $1 AND notice_id IS NULL AND dropped IS NULL;

-- name: take_not_judged
-- Return what was set aside and not yet reported to the engineers, and mark it reported.
UPDATE judgement_aside SET is_told = true WHERE NOT is_told AND tried_at IS NOT NULL RETURNING kind || ' ' || key, reason;
