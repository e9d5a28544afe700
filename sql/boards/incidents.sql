-- What 事件与通报 asks: what was found, what became of it, slips and closed months.
-- Grafana expands $__… and ${…}; the views are those of 0060_boards.sql.

-- name: now
SELECT count(*) FILTER (WHERE is_live) AS live, count(*) FILTER (WHERE is_live AND weight = 'transfer') AS transfer,
    count(*) FILTER (WHERE is_live AND weight = 'check') AS checks, count(*) FILTER (WHERE status = 'open' AND weight IN ('check', 'transfer')) AS unacknowledged,
    count(*) FILTER (WHERE $__timeFilter(detected_at)) AS found
FROM board.incident WHERE (is_live OR $__timeFilter(detected_at)) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]));

-- name: found
-- What was cleared since isn't of a weight any more.
SELECT date_trunc('day', detected_at, 'Asia/Shanghai') AS time, count(*) FILTER (WHERE weight = 'transfer') AS transfer,
    count(*) FILTER (WHERE weight = 'check') AS checks, count(*) FILTER (WHERE weight = 'reminder') AS reminder,
    count(*) FILTER (WHERE weight = 'operational') AS operational
FROM board.incident WHERE status NOT IN ('dismissed', 'revoked', 'excused', 'withdrawn') AND $__timeFilter(detected_at) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY 1 ORDER BY 1;

-- name: decided
SELECT date_trunc('day', at, 'Asia/Shanghai') AS time, count(*) FILTER (WHERE to_status = 'upheld' AND from_status <> 'upheld') AS upheld,
    count(*) FILTER (WHERE to_status = 'dismissed' AND from_status <> 'dismissed') AS dismissed,
    count(*) FILTER (WHERE to_status = 'excused' AND from_status <> 'excused') AS excused,
    count(*) FILTER (WHERE to_status = 'withdrawn' AND from_status <> 'withdrawn') AS withdrawn,
    count(*) FILTER (WHERE to_status = 'revoked' AND from_status <> 'revoked') AS revoked
FROM board.incident_step WHERE $__timeFilter(at) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY 1 ORDER BY 1;

-- name: pace
SELECT date_trunc('day', at, 'Asia/Shanghai') AS time,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY after_s) FILTER (WHERE action = 'acknowledge') AS acknowledged_s,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY after_s) FILTER (WHERE action IN ('uphold', 'dismiss')) AS decided_s
FROM board.incident_step WHERE action IN ('acknowledge', 'uphold', 'dismiss') AND $__timeFilter(at) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY 1 ORDER BY 1;

-- name: by_rule
SELECT rule, count(*) FILTER (WHERE is_live) AS live, count(*) FILTER (WHERE status = 'upheld') AS upheld,
    count(*) FILTER (WHERE status IN ('dismissed', 'excused', 'withdrawn', 'revoked')) AS cleared,
    count(*) FILTER (WHERE status = 'resolved') AS resolved
FROM board.incident WHERE $__timeFilter(detected_at) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY rule ORDER BY count(*) DESC;

-- name: by_unit
SELECT u.unit_name, i.found, i.live, i.upheld, a.activities,
    CASE WHEN a.activities >= 20 THEN (100.0 * COALESCE(i.upheld, 0) / a.activities)::double precision END AS per_100
FROM board.unit u
LEFT JOIN (
    SELECT unit_id, count(*) AS found, count(*) FILTER (WHERE is_live) AS live, count(*) FILTER (WHERE status = 'upheld') AS upheld
    FROM board.incident WHERE weight IN ('check', 'transfer') AND $__timeFilter(detected_at) GROUP BY unit_id
) AS i ON i.unit_id = u.unit_id
LEFT JOIN (
    SELECT unit_id, count(*) AS activities FROM board.activity WHERE $__timeFilter(ends_at) GROUP BY unit_id
) AS a ON a.unit_id = u.unit_id
WHERE u.unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
ORDER BY i.upheld DESC NULLS LAST, i.found DESC NULLS LAST, u.unit_id;

-- name: live
SELECT incident_id, rule, weight, confidence, status, unit_name, recorder_id, starts_at, detected_at
FROM board.incident WHERE is_live AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
ORDER BY array_position(ARRAY['transfer', 'check', 'operational', 'reminder'], weight), detected_at DESC LIMIT 200;

-- name: circulars
SELECT period, closed_at, activities, upheld, CASE WHEN activities >= 20 THEN (100.0 * upheld / activities)::double precision END AS per_100,
    (100.0 * recorded_s / NULLIF(activity_s, 0))::double precision AS covered_pct,
    (100.0 * imports_in_time / NULLIF(imports_due, 0))::double precision AS in_time_pct, corrected
FROM board.circular ORDER BY period DESC LIMIT 24;

-- name: slips
SELECT number, issued_at, unit_name, CASE WHEN is_void THEN 'void' ELSE step END AS step, step_at
FROM board.slip WHERE $__timeFilter(issued_at) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}])) ORDER BY issued_at DESC LIMIT 100;
