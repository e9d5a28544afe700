-- What 设备健康 asks: battery, storage, signal and SIM by hour or day, and the recorders that want care now.
-- Grafana expands $__… and ${…}; the views are those of 0060_boards.sql.

-- name: now
SELECT count(*) FILTER (WHERE status = 'service') AS service, count(*) FILTER (WHERE status = 'spare') AS spare,
    count(*) FILTER (WHERE status = 'repair') AS repair, count(*) FILTER (WHERE connected) AS connected,
    count(*) FILTER (WHERE connected AND level_pct < 20 AND NOT charging) AS battery_low,
    count(*) FILTER (WHERE free_mb < 2048) AS storage_low, count(*) FILTER (WHERE sim IN ('absent', 'locked', 'error')) AS sim_bad,
    count(*) FILTER (WHERE status = 'service' AND (last_heard_at IS NULL OR last_heard_at < now() - INTERVAL '7 days')) AS unheard
FROM board.recorder WHERE status <> 'retired' AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]));

-- name: battery
SELECT bucket AS time, sum(low)::bigint AS low, sum(charging)::bigint AS charging
FROM board.battery WHERE span = board.span(${__from}, ${__to}) AND $__timeFilter(bucket) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY bucket ORDER BY bucket;

-- name: level
SELECT bucket AS time, sum(level_pct_min_avg * recorders) / sum(recorders) AS level_pct, max(temperature_c_max)::double precision AS temperature_c
FROM board.battery WHERE span = board.span(${__from}, ${__to}) AND $__timeFilter(bucket) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY bucket ORDER BY bucket;

-- name: storage
SELECT bucket AS time, sum(low)::bigint AS low, sum(free_mb_min_avg * recorders) / sum(recorders) AS free_mb
FROM board.storage WHERE span = board.span(${__from}, ${__to}) AND $__timeFilter(bucket) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY bucket ORDER BY bucket;

-- name: signal
SELECT bucket AS time, sum(rsrp_dbm_sum) / NULLIF(sum(rsrp_dbm_count), 0)::double precision AS rsrp_dbm,
    (100.0 * sum(without_network) / NULLIF(sum(heartbeats), 0))::double precision AS without_network_pct,
    (100.0 * sum(without_sim) / NULLIF(sum(heartbeats), 0))::double precision AS without_sim_pct
FROM board.signal WHERE span = board.span(${__from}, ${__to}) AND $__timeFilter(bucket) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY bucket ORDER BY bucket;

-- name: models
SELECT model || ' ' || COALESCE(firmware, '固件未知') AS model, count(*) FILTER (WHERE connected) AS connected,
    count(*) FILTER (WHERE connected IS NOT TRUE) AS away
FROM board.recorder WHERE status IN ('service', 'spare') AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
GROUP BY 1 ORDER BY count(*) DESC LIMIT 20;

-- name: worst
SELECT recorder_id, unit_name, model, connected::text AS connected, last_heard_at, level_pct, charging::text AS charging,
    free_mb, files, rsrp_dbm, temperature_c, last_end
FROM board.recorder
WHERE status IN ('service', 'spare') AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}]))
    AND ((level_pct < 20 AND NOT charging) OR free_mb < 2048 OR sim IN ('absent', 'locked', 'error') OR temperature_c > 60
        OR last_end IN ('watchdog', 'battery_out') OR last_heard_at < now() - INTERVAL '7 days')
ORDER BY connected DESC NULLS LAST, level_pct NULLS LAST, recorder_id LIMIT 200;

-- name: events
SELECT at AS happened_at, type, recorder_id, unit_name FROM board.device_event
WHERE $__timeFilter(at) AND unit_id IN (SELECT board.below(ARRAY[${unit:sqlstring}])) ORDER BY at DESC LIMIT 200;
