-- What 指挥中心实时地图 asks: who is on duty and heard, where, and what wants a look.
-- Grafana expands $__… and ${…}; the views are those of 0060_boards.sql.

-- name: strip
SELECT
    count(*) FILTER (WHERE on_duty) AS on_duty,
    count(*) FILTER (WHERE on_duty AND state IN ('recording', 'standby')) AS online,
    count(*) FILTER (WHERE on_duty AND state = 'recording') AS recording,
    count(*) FILTER (WHERE on_duty AND state = 'silent') AS silent,
    count(*) FILTER (WHERE on_duty AND state = 'outage') AS outage,
    count(*) FILTER (WHERE state = 'sos') AS sos
FROM board.live WHERE unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]));

-- name: by_unit
SELECT unit_name,
    count(*) FILTER (WHERE on_duty) AS on_duty,
    count(*) FILTER (WHERE on_duty AND state IN ('recording', 'standby')) AS online,
    count(*) FILTER (WHERE on_duty AND state = 'recording') AS recording,
    count(*) FILTER (WHERE on_duty AND state = 'silent') AS silent,
    count(*) FILTER (WHERE on_duty AND state = 'outage') AS outage,
    count(*) FILTER (WHERE state = 'sos') AS sos
FROM board.live WHERE unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY unit_id, unit_name ORDER BY unit_id;

-- name: points
SELECT lat, lon, recorder_id, unit_name, state, since, fix_at, battery_pct, free_mb, rsrp_dbm, incidents
FROM board.live WHERE lat IS NOT NULL AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]));

-- name: labels
SELECT lat, lon, unit_name FROM board.unit WHERE lat IS NOT NULL AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]));

-- name: wanted
SELECT recorder_id, unit_name, state, since, last_at, battery_pct, free_mb, rsrp_dbm, incidents
FROM board.live
WHERE unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}])) AND (state = 'sos' OR (on_duty AND (state IN ('silent', 'outage', 'offline', 'never') OR battery_pct < 20 OR free_mb < 2048)))
ORDER BY array_position(ARRAY['sos', 'outage', 'silent'], state) NULLS LAST, since, recorder_id
LIMIT 200;
