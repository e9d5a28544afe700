-- What 勤务与录制 asks: duties, what was heard, recorded and imported, what fell silent.
-- Grafana expands $__… and ${…}; the views are those of 0060_boards.sql.

-- name: now
SELECT
    (SELECT count(*) FROM board.shift WHERE starts_at <= now() AND ends_at > now() AND kind <> 'office' AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))) AS shifts,
    (SELECT count(*) FROM board.activity WHERE starts_at <= now() AND COALESCE(ends_at, 'infinity') > now() AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))) AS activities,
    (SELECT count(*) FROM board.activity WHERE $__timeFilter(ends_at) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))) AS ended,
    (SELECT count(DISTINCT activity_id) FROM board.incident
        WHERE rule = 'activity-unrecorded' AND status NOT IN ('excused', 'withdrawn', 'dismissed', 'revoked') AND $__timeFilter(detected_at) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))) AS unrecorded,
    (SELECT count(DISTINCT activity_id) FROM board.incident
        WHERE rule = 'recording-incomplete' AND status NOT IN ('excused', 'withdrawn', 'dismissed', 'revoked') AND $__timeFilter(detected_at) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))) AS incomplete;

-- name: carried
-- By hour each shift counts in every hour that it runs in, by day once.
WITH duty AS (
    SELECT h.bucket, count(*) AS shifts
    FROM board.shift s
    CROSS JOIN LATERAL generate_series(
        date_trunc('hour', GREATEST(s.starts_at, $__timeFrom())), LEAST(s.ends_at, $__timeTo()) - INTERVAL '1 microsecond', INTERVAL '1 hour'
    ) AS h (bucket)
    WHERE board.span(${__from}, ${__to}) = 'hour' AND s.kind <> 'office' AND s.ends_at > $__timeFrom() AND s.starts_at < $__timeTo()
        AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
    GROUP BY h.bucket
    UNION ALL
    SELECT date_trunc('day', starts_at, 'Asia/Shanghai'), count(*)
    FROM board.shift
    WHERE board.span(${__from}, ${__to}) = 'day' AND kind <> 'office' AND $__timeFilter(starts_at)
        AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
    GROUP BY 1
), said AS (
    SELECT bucket, sum(recorders)::bigint AS heard, sum(recorded)::bigint AS recorded
    FROM board.recording WHERE span = board.span(${__from}, ${__to}) AND $__timeFilter(bucket) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}])) GROUP BY bucket
)
SELECT bucket AS time, d.shifts, s.heard, s.recorded
FROM duty d FULL JOIN said s USING (bucket)
WHERE $__timeFilter(bucket) ORDER BY bucket;

-- name: recorded
SELECT bucket AS time, (sum(recording_min) * 60)::double precision AS recorded_s
FROM board.recording WHERE span = board.span(${__from}, ${__to}) AND $__timeFilter(bucket) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY bucket ORDER BY bucket;

-- name: silences
SELECT date_trunc(board.span(${__from}, ${__to}), since, 'Asia/Shanghai') AS time,
    count(*) FILTER (WHERE in_outage) AS in_outage,
    count(*) FILTER (WHERE NOT in_outage AND cause = 'sim_removed') AS sim_removed,
    count(*) FILTER (WHERE NOT in_outage AND cause IN ('power_off', 'battery_depleted', 'device_fault')) AS device,
    count(*) FILTER (WHERE NOT in_outage AND cause IN ('no_coverage', 'cell_outage', 'platform_outage')) AS network,
    count(*) FILTER (WHERE NOT in_outage AND COALESCE(cause, 'unknown') IN ('unknown', 'docked', 'asleep')) AS other
FROM board.silence WHERE on_duty AND $__timeFilter(since) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY 1 ORDER BY 1;

-- name: imports
SELECT date_trunc(board.span(${__from}, ${__to}), imported_at, 'Asia/Shanghai') AS time, sum(megabytes)::double precision AS megabytes, sum(files)::bigint AS files
FROM board.dock_import WHERE $__timeFilter(imported_at) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY 1 ORDER BY 1;

-- name: duties_by_unit
SELECT u.unit_name, s.shifts, a.activities, a.unrecorded, a.incomplete,
    (100.0 * (a.activities - a.unrecorded) / NULLIF(a.activities, 0))::double precision AS recorded_pct
FROM board.unit u
LEFT JOIN (
    SELECT unit_id, count(*) AS shifts FROM board.shift
    WHERE kind <> 'office' AND starts_at < $__timeTo() AND ends_at > $__timeFrom() GROUP BY unit_id
) AS s ON s.unit_id = u.unit_id
LEFT JOIN (
    SELECT a.unit_id, count(*) AS activities, count(*) FILTER (WHERE w.unrecorded) AS unrecorded, count(*) FILTER (WHERE w.incomplete) AS incomplete
    FROM board.activity a
    LEFT JOIN (
        SELECT activity_id, bool_or(rule = 'activity-unrecorded') AS unrecorded, bool_or(rule = 'recording-incomplete') AS incomplete
        FROM board.incident WHERE activity_id IS NOT NULL AND status NOT IN ('excused', 'withdrawn', 'dismissed', 'revoked') GROUP BY activity_id
    ) AS w ON w.activity_id = a.activity_id
    WHERE $__timeFilter(a.ends_at) GROUP BY a.unit_id
) AS a ON a.unit_id = u.unit_id
WHERE u.unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
ORDER BY u.unit_id;

-- name: footage_by_unit
SELECT u.unit_name, r.recorded_s, i.imports, i.megabytes, i.delay_s
FROM board.unit u
LEFT JOIN (
    SELECT unit_id, (sum(recording_min) * 60)::double precision AS recorded_s FROM board.recording
    WHERE span = board.span(${__from}, ${__to}) AND $__timeFilter(bucket) GROUP BY unit_id
) AS r ON r.unit_id = u.unit_id
LEFT JOIN (
    SELECT unit_id, count(*) AS imports, sum(megabytes)::double precision AS megabytes, avg(delay_s)::double precision AS delay_s
    FROM board.dock_import WHERE $__timeFilter(imported_at) GROUP BY unit_id
) AS i ON i.unit_id = u.unit_id
WHERE u.unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
ORDER BY u.unit_id;

-- name: outages
SELECT starts_at, ends_at, scope, name, kind, on_duty AS affected
FROM board.outage WHERE starts_at < $__timeTo() AND COALESCE(ends_at, 'infinity') > $__timeFrom()
    AND (unit_id IS NULL OR unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}])))
ORDER BY starts_at DESC LIMIT 100;
