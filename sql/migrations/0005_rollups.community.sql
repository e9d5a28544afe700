-- Rollups as continuous aggregates. The refresh window covers the longest backlog that ingest places (31 days): only
-- what late data has touched is computed again. Days are those of Asia/Shanghai.

CREATE MATERIALIZED VIEW heartbeat_hourly WITH (timescaledb.continuous) AS
SELECT recorder_id, time_bucket(INTERVAL '1 hour', at) AS bucket,
    count(*) AS heartbeats,
    count(*) FILTER (WHERE network = 'none') AS without_network,
    count(*) FILTER (WHERE sim = 'absent') AS without_sim,
    sum(rsrp_dbm::double precision) AS rsrp_dbm_sum,
    count(rsrp_dbm) AS rsrp_dbm_count,
    min(rsrp_dbm) AS rsrp_dbm_min
FROM heartbeat
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW heartbeat_daily WITH (timescaledb.continuous) AS
SELECT recorder_id, time_bucket(INTERVAL '1 day', bucket, 'Asia/Shanghai') AS bucket,
    sum(heartbeats)::bigint AS heartbeats,
    sum(without_network)::bigint AS without_network,
    sum(without_sim)::bigint AS without_sim,
    sum(rsrp_dbm_sum) AS rsrp_dbm_sum,
    sum(rsrp_dbm_count)::bigint AS rsrp_dbm_count,
    min(rsrp_dbm_min) AS rsrp_dbm_min
FROM heartbeat_hourly
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW battery_hourly WITH (timescaledb.continuous) AS
SELECT recorder_id, time_bucket(INTERVAL '1 hour', at) AS bucket,
    count(*) AS batteries,
    min(level_pct) AS level_pct_min,
    max(level_pct) AS level_pct_max,
    count(*) FILTER (WHERE charging) AS charging,
    max(temperature_c) AS temperature_c_max
FROM battery
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW battery_daily WITH (timescaledb.continuous) AS
SELECT recorder_id, time_bucket(INTERVAL '1 day', bucket, 'Asia/Shanghai') AS bucket,
    sum(batteries)::bigint AS batteries,
    min(level_pct_min) AS level_pct_min,
    max(level_pct_max) AS level_pct_max,
    sum(charging)::bigint AS charging,
    max(temperature_c_max) AS temperature_c_max
FROM battery_hourly
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW storage_hourly WITH (timescaledb.continuous) AS
SELECT recorder_id, time_bucket(INTERVAL '1 hour', at) AS bucket,
    count(*) AS storages,
    min(free_mb) AS free_mb_min,
    max(files) AS files_max
FROM storage
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW storage_daily WITH (timescaledb.continuous) AS
SELECT recorder_id, time_bucket(INTERVAL '1 day', bucket, 'Asia/Shanghai') AS bucket,
    sum(storages)::bigint AS storages,
    min(free_mb_min) AS free_mb_min,
    max(files_max) AS files_max
FROM storage_hourly
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW recording_hourly WITH (timescaledb.continuous) AS
SELECT recorder_id, time_bucket(INTERVAL '1 hour', at) AS bucket,
    count(*) AS recordings,
    count(*) FILTER (WHERE state = 'recording') AS while_recording
FROM recording
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW recording_daily WITH (timescaledb.continuous) AS
SELECT recorder_id, time_bucket(INTERVAL '1 day', bucket, 'Asia/Shanghai') AS bucket,
    sum(recordings)::bigint AS recordings,
    sum(while_recording)::bigint AS while_recording
FROM recording_hourly
GROUP BY 1, 2
WITH NO DATA;

CREATE TABLE rollup_dirty (hour timestamptz NOT NULL);
COMMENT ON TABLE rollup_dirty IS 'the Community edition tracks late readings itself; nothing reads this here';

CREATE FUNCTION mark_stale_rollups(as_of timestamptz) RETURNS void LANGUAGE sql AS 'DELETE FROM rollup_dirty';
CREATE FUNCTION refresh_stale_rollups(most integer) RETURNS integer LANGUAGE sql AS 'SELECT 0';

SELECT add_continuous_aggregate_policy('heartbeat_hourly', start_offset => INTERVAL '33 days', end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '10 minutes');
SELECT add_continuous_aggregate_policy('battery_hourly', start_offset => INTERVAL '33 days', end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '10 minutes');
SELECT add_continuous_aggregate_policy('storage_hourly', start_offset => INTERVAL '33 days', end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '10 minutes');
SELECT add_continuous_aggregate_policy('recording_hourly', start_offset => INTERVAL '33 days', end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '10 minutes');

SELECT add_continuous_aggregate_policy('heartbeat_daily', start_offset => INTERVAL '35 days', end_offset => INTERVAL '1 day', schedule_interval => INTERVAL '1 hour');
SELECT add_continuous_aggregate_policy('battery_daily', start_offset => INTERVAL '35 days', end_offset => INTERVAL '1 day', schedule_interval => INTERVAL '1 hour');
SELECT add_continuous_aggregate_policy('storage_daily', start_offset => INTERVAL '35 days', end_offset => INTERVAL '1 day', schedule_interval => INTERVAL '1 hour');
SELECT add_continuous_aggregate_policy('recording_daily', start_offset => INTERVAL '35 days', end_offset => INTERVAL '1 day', schedule_interval => INTERVAL '1 hour');

ALTER MATERIALIZED VIEW heartbeat_hourly SET (timescaledb.materialized_only = false);
ALTER MATERIALIZED VIEW heartbeat_daily SET (timescaledb.materialized_only = false);
ALTER MATERIALIZED VIEW battery_hourly SET (timescaledb.materialized_only = false);
ALTER MATERIALIZED VIEW battery_daily SET (timescaledb.materialized_only = false);
ALTER MATERIALIZED VIEW storage_hourly SET (timescaledb.materialized_only = false);
ALTER MATERIALIZED VIEW storage_daily SET (timescaledb.materialized_only = false);
ALTER MATERIALIZED VIEW recording_hourly SET (timescaledb.materialized_only = false);
ALTER MATERIALIZED VIEW recording_daily SET (timescaledb.materialized_only = false);

-- Columnstore after a week: behind any ordinary backlog; what comes later still goes in, only more slowly.
ALTER TABLE presence SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'recorder_id', timescaledb.orderby = 'at');
CALL add_columnstore_policy('presence', after => INTERVAL '7 days');
ALTER TABLE heartbeat SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'recorder_id', timescaledb.orderby = 'at');
CALL add_columnstore_policy('heartbeat', after => INTERVAL '7 days');
ALTER TABLE battery SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'recorder_id', timescaledb.orderby = 'at');
CALL add_columnstore_policy('battery', after => INTERVAL '7 days');
ALTER TABLE storage SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'recorder_id', timescaledb.orderby = 'at');
CALL add_columnstore_policy('storage', after => INTERVAL '7 days');
ALTER TABLE recording SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'recorder_id', timescaledb.orderby = 'at');
CALL add_columnstore_policy('recording', after => INTERVAL '7 days');
ALTER TABLE location SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'recorder_id', timescaledb.orderby = 'at');
CALL add_columnstore_policy('location', after => INTERVAL '7 days');
ALTER TABLE event SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'recorder_id', timescaledb.orderby = 'at');
CALL add_columnstore_policy('event', after => INTERVAL '7 days');
