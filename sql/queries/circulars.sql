-- Monthly circulars: closed months and counts.

-- name: lock
-- One closing at a time: two would apply the same corrections twice.
LOCK TABLE circular IN SHARE ROW EXCLUSIVE MODE;

-- name: closed
SELECT period, closed_at, closed_by, figures FROM circular ORDER BY period;

-- name: add
INSERT INTO circular (period, closed_at, closed_by, figures) VALUES ($1, $2, $3, $4::jsonb);

-- name: keep_count
INSERT INTO circular_count (period, counted_at, took_s, tallies) VALUES ($1, $2, $3, $4::jsonb)
ON CONFLICT (period) DO UPDATE SET counted_at = EXCLUDED.counted_at, took_s = EXCLUDED.took_s, tallies = EXCLUDED.tallies
WHERE circular_count.counted_at < EXCLUDED.counted_at;

-- name: kept_count
SELECT period, counted_at, took_s, tallies FROM circular_count WHERE period = $1;

-- name: decisions
-- Every incident upheld before $1: the day (Shanghai) it was first upheld, and whether it was upheld at $1.
SELECT i.incident_id, i.rule, i.unit_id, (u.first_at AT TIME ZONE 'Asia/Shanghai')::date AS upheld_on,
    l.to_status = 'upheld' AS stands
FROM (
    SELECT incident_id, min(at) AS first_at FROM incident_transition WHERE action = 'uphold' AND at < $1 GROUP BY incident_id
) AS u
JOIN incident i USING (incident_id)
CROSS JOIN LATERAL (
    SELECT t.to_status FROM incident_transition t
    WHERE t.incident_id = u.incident_id AND t.at < $1
    ORDER BY t.version DESC LIMIT 1
) AS l
ORDER BY i.incident_id;

-- name: units
-- $1 known_at.
SELECT unit_id, name, parent_id, kind FROM units_known_at($1) ORDER BY unit_id;

-- name: activities
-- Activities that ended in an interval. $1 from, $2 to, $3 known_at.
SELECT a.*, o.unit_id
FROM activities_known_at($3) a
LEFT JOIN officers_known_at($3) o ON o.officer_id = a.officer_id
WHERE COALESCE(a.ends_at, 'infinity') >= $1 AND COALESCE(a.ends_at, 'infinity') < $2
ORDER BY a.ends_at, a.activity_id;

-- name: imports
-- By the recorder's unit: recordings of a minute or more whose 24 hours ended in an interval, and how many of them were
-- imported in time. The deadline counts from the end of the recording even within a longer activity, which is stricter.
-- $1 from, $2 to, $3 known_at.
WITH told AS (
    SELECT s.recorder_id, s.since AS started_at,
        CASE WHEN n.state = 'standby' THEN GREATEST(n.since, s.since) ELSE s.last_at END AS ended_at
    FROM own_recording_state s
    LEFT JOIN LATERAL (
        SELECT x.state, x.since FROM recording_state x
        WHERE x.recorder_id = s.recorder_id AND x.boot = s.boot AND x.since > s.since
        ORDER BY x.since LIMIT 1
    ) AS n ON true
    WHERE s.state = 'recording' AND s.since >= $1::timestamptz - INTERVAL '3 days' AND s.since < $2::timestamptz
)
SELECT r.unit_id, count(*) AS due, count(*) FILTER (WHERE EXISTS (
        SELECT FROM dock_imports_known_at($3) i
        WHERE i.recorder_id = t.recorder_id AND i.docked_at >= t.ended_at - INTERVAL '2 min'
            AND i.imported_at <= t.ended_at + INTERVAL '24 hours'
            AND i.recorded_from - INTERVAL '2 min' <= t.started_at AND t.ended_at <= i.recorded_to + INTERVAL '2 min'
    )) AS in_time
FROM told t
JOIN recorders_known_at($3) r ON r.recorder_id = t.recorder_id AND r.status <> 'test'
WHERE t.ended_at - t.started_at >= INTERVAL '1 min'
    AND t.ended_at + INTERVAL '24 hours' >= $1::timestamptz AND t.ended_at + INTERVAL '24 hours' < $2::timestamptz
GROUP BY r.unit_id;
