-- A day's duties with their recorded time, and recordings that are not yet imported.

-- name: shifts
-- Shifts that overlap a day. `recorded_s`: seconds recorded by the recorders named in the shift, handed out to the
-- officer or in his care; overlaps count once.
-- $1 now, $2-$3 the day, $4 unit_id[] of the officers (null: all), $5 the officer who may always see himself.
WITH wanted AS MATERIALIZED (
    SELECT s.shift_id, s.officer_id, o.name AS officer_name, o.unit_id, s.recorder_id, s.starts_at, s.ends_at, s.kind, s.late
    FROM shifts_known_at($1) s JOIN officers_known_at($1) o ON o.officer_id = s.officer_id
    WHERE s.starts_at < $3 AND s.ends_at > $2 AND ($4::text[] IS NULL OR o.unit_id = ANY ($4) OR o.officer_id = $5)
), carried AS (
    SELECT w.shift_id, w.recorder_id, w.starts_at, w.ends_at FROM wanted w WHERE w.recorder_id IS NOT NULL
    UNION
    SELECT w.shift_id, a.recorder_id, w.starts_at, w.ends_at
    FROM wanted w JOIN assignments_known_at($1) a ON a.officer_id = w.officer_id
        AND a.starts_at < w.ends_at AND COALESCE(a.ends_at, 'infinity') > w.starts_at
    UNION
    SELECT w.shift_id, r.recorder_id, w.starts_at, w.ends_at FROM wanted w JOIN recorder r ON r.holder_id = w.officer_id
), states AS (
    SELECT c.recorder_id, s.boot, s.since, s.state, s.last_at,
        lead(s.state) OVER b AS next_state, lead(s.since) OVER b AS next_since
    FROM (SELECT DISTINCT recorder_id FROM carried) AS c
    JOIN own_recording_state s ON s.recorder_id = c.recorder_id AND s.since >= $2::timestamptz - INTERVAL '1 day' AND s.since < $3::timestamptz + INTERVAL '1 day'
    WINDOW b AS (PARTITION BY s.recorder_id, s.boot ORDER BY s.since, s.since_ts)
), recorded AS (
    SELECT recorder_id, since AS from_at, GREATEST(since, CASE WHEN next_state = 'standby' THEN next_since ELSE last_at END) AS to_at
    FROM states WHERE state = 'recording'
), summed AS (
    SELECT c.shift_id, array_agg(DISTINCT c.recorder_id) AS recorder_ids,
        range_agg(tstzrange(GREATEST(d.from_at, c.starts_at), LEAST(d.to_at, c.ends_at))) FILTER (WHERE d.from_at IS NOT NULL) AS spans
    FROM carried c
    LEFT JOIN recorded d ON d.recorder_id = c.recorder_id AND d.from_at < c.ends_at AND d.to_at > c.starts_at
    GROUP BY c.shift_id
)
SELECT w.*, m.recorder_ids,
    CASE WHEN $1 < w.starts_at THEN 'planned' WHEN $1 < w.ends_at THEN 'running' ELSE 'ended' END AS state,
    COALESCE((SELECT sum(extract(epoch FROM upper(p) - lower(p))) FROM unnest(m.spans) AS p), 0)::float AS recorded_s
FROM wanted w LEFT JOIN summed m USING (shift_id)
ORDER BY w.starts_at, w.shift_id;

-- name: activities
-- Activities that overlap a day; same parameters as `shifts`.
WITH wanted AS MATERIALIZED (
    SELECT a.activity_id, a.officer_id, a.officer_ids, a.recorder_id, a.kind, a.starts_at, a.ends_at, a.case_no, a.late,
        a.times_from, o.unit_id
    FROM activities_known_at($1) a JOIN officers_known_at($1) o ON o.officer_id = a.officer_id
    WHERE a.starts_at < $3 AND COALESCE(a.ends_at, 'infinity') > $2
        AND ($4::text[] IS NULL OR o.unit_id = ANY ($4) OR $5 = ANY (a.officer_ids))
), carried AS (
    SELECT w.activity_id, w.recorder_id, w.starts_at, COALESCE(w.ends_at, $1) AS ends_at FROM wanted w WHERE w.recorder_id IS NOT NULL
    UNION
    SELECT w.activity_id, a.recorder_id, w.starts_at, COALESCE(w.ends_at, $1)
    FROM wanted w CROSS JOIN LATERAL unnest(w.officer_ids) AS m (officer_id)
    JOIN assignments_known_at($1) a ON a.officer_id = m.officer_id
        AND a.starts_at < COALESCE(w.ends_at, $1) AND COALESCE(a.ends_at, 'infinity') > w.starts_at
    UNION
    SELECT w.activity_id, r.recorder_id, w.starts_at, COALESCE(w.ends_at, $1)
    FROM wanted w CROSS JOIN LATERAL unnest(w.officer_ids) AS m (officer_id) JOIN recorder r ON r.holder_id = m.officer_id
), states AS (
    SELECT c.recorder_id, s.boot, s.since, s.state, s.last_at,
        lead(s.state) OVER b AS next_state, lead(s.since) OVER b AS next_since
    FROM (SELECT DISTINCT recorder_id FROM carried) AS c
    JOIN own_recording_state s ON s.recorder_id = c.recorder_id AND s.since >= $2::timestamptz - INTERVAL '1 day' AND s.since < $3::timestamptz + INTERVAL '1 day'
    WINDOW b AS (PARTITION BY s.recorder_id, s.boot ORDER BY s.since, s.since_ts)
), recorded AS (
    SELECT recorder_id, since AS from_at, GREATEST(since, CASE WHEN next_state = 'standby' THEN next_since ELSE last_at END) AS to_at
    FROM states WHERE state = 'recording'
), summed AS (
    SELECT c.activity_id,
        range_agg(tstzrange(GREATEST(d.from_at, c.starts_at), LEAST(d.to_at, c.ends_at))) FILTER (WHERE d.from_at IS NOT NULL) AS spans
    FROM carried c
    LEFT JOIN recorded d ON d.recorder_id = c.recorder_id AND d.from_at < c.ends_at AND d.to_at > c.starts_at
    GROUP BY c.activity_id
)
SELECT w.*,
    CASE WHEN $1 < w.starts_at THEN 'planned' WHEN $1 < COALESCE(w.ends_at, 'infinity') THEN 'running' ELSE 'ended' END AS state,
    COALESCE((SELECT sum(extract(epoch FROM upper(p) - lower(p))) FROM unnest(m.spans) AS p), 0)::float AS recorded_s
FROM wanted w LEFT JOIN summed m USING (activity_id)
ORDER BY w.starts_at, w.activity_id;

-- name: imports
-- Recordings since $2 with their import deadline, by recorder and activity (or day in Shanghai).
-- $1 now, $3 unit_id[] of the recorders (null: all), $4 hours until due, $5 tolerance of an import's bounds.
WITH fleet AS (
    SELECT r.recorder_id, r.unit_id, r.holder_id FROM recorder r
    WHERE r.status <> 'test' AND ($3::text[] IS NULL OR r.unit_id = ANY ($3))
), states AS (
    SELECT f.recorder_id, f.unit_id, f.holder_id, s.since, s.state, s.last_at,
        lead(s.state) OVER b AS next_state, lead(s.since) OVER b AS next_since
    FROM fleet f JOIN own_recording_state s ON s.recorder_id = f.recorder_id AND s.since >= $2
    WINDOW b AS (PARTITION BY s.recorder_id, s.boot ORDER BY s.since, s.since_ts)
), recorded AS (
    SELECT s.recorder_id, s.unit_id, s.since AS from_at,
        GREATEST(s.since, CASE WHEN s.next_state = 'standby' THEN s.next_since ELSE s.last_at END) AS to_at,
        COALESCE(a.officer_id, s.holder_id) AS officer_id
    FROM states s
    LEFT JOIN LATERAL (
        SELECT a.officer_id FROM assignments_known_at($1) a
        WHERE a.recorder_id = s.recorder_id AND a.starts_at <= s.since AND COALESCE(a.ends_at, 'infinity') > s.since
        ORDER BY a.starts_at DESC LIMIT 1
    ) AS a ON true
    WHERE s.state = 'recording'
), placed AS (
    SELECT r.*, c.activity_id, c.ends_at, c.is_running, i.imported_at,
        GREATEST(r.to_at, c.ends_at) + make_interval(hours => $4) AS due_at
    FROM recorded r
    LEFT JOIN LATERAL (
        SELECT a.activity_id, a.ends_at, a.ends_at IS NULL AS is_running FROM activities_known_at($1) a
        WHERE a.starts_at < r.to_at AND COALESCE(a.ends_at, 'infinity') > r.from_at AND a.starts_at > $2::timestamptz - INTERVAL '2 days'
            AND (a.recorder_id = r.recorder_id OR r.officer_id = ANY (a.officer_ids))
        ORDER BY a.ends_at DESC LIMIT 1
    ) AS c ON true
    LEFT JOIN LATERAL (
        SELECT min(d.imported_at) AS imported_at FROM dock_imports_known_at($1) d
        WHERE d.recorder_id = r.recorder_id AND d.docked_at >= r.to_at - $5::interval
            AND d.recorded_from - $5::interval <= r.from_at AND d.recorded_to + $5::interval >= r.to_at
    ) AS i ON true
    WHERE r.to_at > r.from_at
)
SELECT recorder_id, min(unit_id) AS unit_id, min(officer_id) AS officer_id, activity_id, min(from_at) AS recorded_from,
    max(to_at) AS recorded_to, min(due_at) AS due_at, max(imported_at) AS imported_at,
    CASE WHEN bool_and(imported_at IS NOT NULL) THEN 'imported' WHEN $1 >= min(due_at) THEN 'overdue' ELSE 'due' END AS state,
    count(*) FILTER (WHERE imported_at IS NULL) AS missing
FROM placed
WHERE NOT COALESCE(is_running, false)
GROUP BY recorder_id, activity_id, CASE WHEN activity_id IS NULL THEN (from_at AT TIME ZONE 'Asia/Shanghai')::date END
ORDER BY bool_and(imported_at IS NOT NULL), min(due_at), recorder_id;

-- name: custody
-- Every recorder in a custodian's care, with its stored state. $1 now, $2 unit_id[] (null: all).
SELECT r.recorder_id, r.unit_id, r.status, COALESCE(h.officer_id, r.holder_id) AS officer_id, h.assignment_id, h.starts_at AS handed_at,
    i.imported_at AS last_import_at, s.files, s.last_heard_at AS last_at,
    s.level_pct AS battery_pct, s.charging, s.free_mb, s.total_mb, s.sim,
    CASE WHEN s.sim IS NOT NULL OR s.iccid IS NOT NULL
        THEN COALESCE(s.sim, 'ready') = 'ready' AND COALESCE(s.iccid = COALESCE(c.iccid, r.iccid), true) END AS sim_ok,
    r.status = 'repair' OR (f.fault_report_id IS NOT NULL AND f.repair_at IS NULL) AS needs_repair,
    (b.clock_wrong_to IS NULL OR b.clock_right_from > b.clock_wrong_to) AS clock_ok,
    h.assignment_id IS NOT NULL AND (u.unconfirmed_to IS NULL OR u.unconfirmed_to <= $1) AS is_confirmed
FROM recorder r
LEFT JOIN recorder_state s ON s.recorder_id = r.recorder_id
LEFT JOIN recorder_boot b ON b.recorder_id = s.recorder_id AND b.boot = s.boot
LEFT JOIN LATERAL (
    SELECT a.assignment_id, a.officer_id, a.starts_at FROM assignments_known_at($1) a
    WHERE a.recorder_id = r.recorder_id AND a.starts_at <= $1 AND COALESCE(a.ends_at, 'infinity') > $1
    ORDER BY a.starts_at DESC LIMIT 1
) AS h ON true
LEFT JOIN unconfirmed_handouts($1, ARRAY (
    SELECT a.assignment_id FROM assignments_known_at($1) a WHERE a.starts_at <= $1 AND COALESCE(a.ends_at, 'infinity') > $1
)) u ON u.assignment_id = h.assignment_id
LEFT JOIN LATERAL (
    SELECT d.imported_at FROM dock_imports_known_at($1) d WHERE d.recorder_id = r.recorder_id ORDER BY d.docked_at DESC LIMIT 1
) AS i ON true
LEFT JOIN LATERAL (
    SELECT e.fault_report_id, e.repair_at FROM fault_reports_known_at($1) e
    WHERE e.recorder_id = r.recorder_id AND e.resolved_at IS NULL ORDER BY e.reported_at DESC LIMIT 1
) AS f ON true
LEFT JOIN LATERAL (
    SELECT m.iccid FROM sim_bindings_known_at($1) m WHERE m.recorder_id = r.recorder_id AND m.valid_from <= $1
    ORDER BY m.valid_from DESC LIMIT 1
) AS c ON true
WHERE r.status NOT IN ('test', 'retired') AND ($2::text[] IS NULL OR r.unit_id = ANY ($2))
ORDER BY r.recorder_id;

-- name: footage_to_deliver
-- Undelivered phone footage. $1 now, $2 unit_id[] of the officers (null: all), $3 since.
SELECT p.phone_footage_id, p.officer_id, p.fault_report_id, p.recorded_at, p.uploaded_at, f.recorder_id
FROM phone_footage_known_at($1) p
JOIN officers_known_at($1) o ON o.officer_id = p.officer_id
LEFT JOIN fault_reports_known_at($1) f ON f.fault_report_id = p.fault_report_id
WHERE p.delivered_at IS NULL AND p.recorded_at >= $3 AND ($2::text[] IS NULL OR o.unit_id = ANY ($2))
ORDER BY p.recorded_at;

-- name: handed_out
-- The hand-out of recorder $1 in force at $2.
SELECT a.assignment_id, a.officer_id, a.starts_at, a.reason FROM assignments_known_at($2) a
WHERE a.recorder_id = $1 AND a.starts_at <= $2 AND COALESCE(a.ends_at, 'infinity') > $2
ORDER BY a.starts_at DESC LIMIT 1;

-- name: assignment
-- $1 assignment_id, $2 now.
SELECT a.assignment_id, a.recorder_id, a.officer_id, a.starts_at, a.ends_at, a.reason, r.unit_id
FROM assignments_known_at($2) a LEFT JOIN recorder r ON r.recorder_id = a.recorder_id
WHERE a.assignment_id = $1;

-- name: unconfirmed
-- An officer's hand-outs that need a confirmation and have none. $1 officer_id, $2 now.
WITH given AS MATERIALIZED (
    SELECT a.assignment_id, a.recorder_id, a.starts_at, a.reason FROM assignments_known_at($2) a
    WHERE a.officer_id = $1 AND a.starts_at <= $2 AND COALESCE(a.ends_at, 'infinity') > $2
)
SELECT g.assignment_id, g.recorder_id, r.unit_id, n.name AS unit_name, g.starts_at, g.reason
FROM given g
JOIN unconfirmed_handouts($2, ARRAY (SELECT assignment_id FROM given)) u ON u.assignment_id = g.assignment_id AND u.unconfirmed_to > $2
LEFT JOIN recorder r ON r.recorder_id = g.recorder_id
LEFT JOIN unit n ON n.unit_id = r.unit_id
ORDER BY g.starts_at, g.assignment_id;

-- name: confirm
-- $1 assignment_id, $2 officer_id, $3 now.
INSERT INTO handout_confirmation (assignment_id, officer_id, confirmed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: recorder_for_handout
-- $1 recorder_id.
SELECT unit_id, status FROM recorder WHERE recorder_id = $1;

-- name: add_check
INSERT INTO handout_check (assignment_id, recorder_id, officer_id, handed_at, handed_by, checks)
VALUES ($1, $2, $3, $4, $5, $6::jsonb);

-- name: mark_returned
UPDATE handout_check SET returned_at = $2, returned_by = $3 WHERE assignment_id = $1 AND returned_at IS NULL;

-- name: add_handover
INSERT INTO handover (at, account, shift, text, open_items) VALUES ($1, $2, $3, $4, $5::jsonb) RETURNING handover_id;

-- name: handovers
-- $1 before handover_id (null: from the newest), $2 limit.
SELECT h.handover_id, h.at, h.account, a.name AS account_name, h.shift, h.text, h.open_items::text
FROM handover h LEFT JOIN account a ON a.username = h.account
WHERE $1::bigint IS NULL OR h.handover_id < $1
ORDER BY h.handover_id DESC LIMIT $2;
