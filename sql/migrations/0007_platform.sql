-- The platform about itself: ingest workers, and the jobs that keep the database small.

CREATE TABLE ingest_worker (
    worker       text PRIMARY KEY,
    updated_at   timestamptz NOT NULL,
    connected    boolean NOT NULL,
    received     bigint NOT NULL,
    stored       bigint NOT NULL,
    duplicates   bigint NOT NULL,
    rejected     bigint NOT NULL,
    batches      bigint NOT NULL,
    reconnects   bigint NOT NULL,
    lag_s        double precision NOT NULL,
    memory_mb    double precision NOT NULL,
    fault        text
);
COMMENT ON COLUMN ingest_worker.lag_s IS 'median of arrival minus device clock over the last batch (s)';

-- What the platform drew for itself and no recorder may know.
CREATE TABLE platform_secret (
    name  text PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE job_run (
    job         text PRIMARY KEY,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    result      bigint,
    fault       text
);

-- Per recorder and hour or day; a recorder that said nothing has no row. Each kind has at most one row to add, so max()
-- only lays them into one; unlike a full join this lets a condition on recorder and bucket through to their indexes.
CREATE VIEW recorder_hourly AS
SELECT
    recorder_id, bucket,
    max(heartbeats) AS heartbeats, max(without_network) AS without_network, max(without_sim) AS without_sim,
    max(rsrp_dbm_sum) / NULLIF(max(rsrp_dbm_count), 0) AS rsrp_dbm_avg, max(rsrp_dbm_min) AS rsrp_dbm_min,
    max(level_pct_min) AS level_pct_min, max(level_pct_max) AS level_pct_max, max(charging) AS charging,
    max(temperature_c_max) AS temperature_c_max,
    max(free_mb_min) AS free_mb_min, max(files_max) AS files_max,
    max(recordings) AS recordings, max(while_recording) AS while_recording
FROM (
    SELECT recorder_id, bucket,
        heartbeats, without_network, without_sim, rsrp_dbm_sum, rsrp_dbm_count, rsrp_dbm_min,
        NULL::real AS level_pct_min, NULL::real AS level_pct_max, NULL::bigint AS charging, NULL::real AS temperature_c_max,
        NULL::integer AS free_mb_min, NULL::integer AS files_max,
        NULL::bigint AS recordings, NULL::bigint AS while_recording
    FROM heartbeat_hourly
    UNION ALL
    SELECT recorder_id, bucket,
        NULL, NULL, NULL, NULL, NULL, NULL,
        level_pct_min, level_pct_max, charging, temperature_c_max,
        NULL, NULL,
        NULL, NULL
    FROM battery_hourly
    UNION ALL
    SELECT recorder_id, bucket,
        NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL,
        free_mb_min, files_max,
        NULL, NULL
    FROM storage_hourly
    UNION ALL
    SELECT recorder_id, bucket,
        NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL,
        NULL, NULL,
        recordings, while_recording
    FROM recording_hourly
) AS kinds
GROUP BY recorder_id, bucket;

CREATE VIEW recorder_daily AS
SELECT
    recorder_id, bucket,
    max(heartbeats) AS heartbeats, max(without_network) AS without_network, max(without_sim) AS without_sim,
    max(rsrp_dbm_sum) / NULLIF(max(rsrp_dbm_count), 0) AS rsrp_dbm_avg, max(rsrp_dbm_min) AS rsrp_dbm_min,
    max(level_pct_min) AS level_pct_min, max(level_pct_max) AS level_pct_max, max(charging) AS charging,
    max(temperature_c_max) AS temperature_c_max,
    max(free_mb_min) AS free_mb_min, max(files_max) AS files_max,
    max(recordings) AS recordings, max(while_recording) AS while_recording
FROM (
    SELECT recorder_id, bucket,
        heartbeats, without_network, without_sim, rsrp_dbm_sum, rsrp_dbm_count, rsrp_dbm_min,
        NULL::real AS level_pct_min, NULL::real AS level_pct_max, NULL::bigint AS charging, NULL::real AS temperature_c_max,
        NULL::integer AS free_mb_min, NULL::integer AS files_max,
        NULL::bigint AS recordings, NULL::bigint AS while_recording
    FROM heartbeat_daily
    UNION ALL
    SELECT recorder_id, bucket,
        NULL, NULL, NULL, NULL, NULL, NULL,
        level_pct_min, level_pct_max, charging, temperature_c_max,
        NULL, NULL,
        NULL, NULL
    FROM battery_daily
    UNION ALL
    SELECT recorder_id, bucket,
        NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL,
        free_mb_min, files_max,
        NULL, NULL
    FROM storage_daily
    UNION ALL
    SELECT recorder_id, bucket,
        NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL,
        NULL, NULL,
        recordings, while_recording
    FROM recording_daily
) AS kinds
GROUP BY recorder_id, bucket;

-- Per unit: the recorders that the register counts to it now, test devices left out.
CREATE VIEW unit_hourly AS
SELECT
    u.unit_id, h.bucket, count(*) AS recorders, sum(h.heartbeats) AS heartbeats,
    sum(h.without_network) AS without_network, min(h.rsrp_dbm_min) AS rsrp_dbm_min,
    avg(h.rsrp_dbm_avg) AS rsrp_dbm_avg, min(h.level_pct_min) AS level_pct_min,
    min(h.free_mb_min) AS free_mb_min, sum(h.while_recording) AS while_recording
FROM recorder_hourly h
JOIN recorder u USING (recorder_id)
WHERE u.status <> 'test'
GROUP BY u.unit_id, h.bucket;

CREATE VIEW unit_daily AS
SELECT
    u.unit_id, d.bucket, count(*) AS recorders, sum(d.heartbeats) AS heartbeats,
    sum(d.without_network) AS without_network, min(d.rsrp_dbm_min) AS rsrp_dbm_min,
    avg(d.rsrp_dbm_avg) AS rsrp_dbm_avg, min(d.level_pct_min) AS level_pct_min,
    min(d.free_mb_min) AS free_mb_min, sum(d.while_recording) AS while_recording
FROM recorder_daily d
JOIN recorder u USING (recorder_id)
WHERE u.status <> 'test'
GROUP BY u.unit_id, d.bucket;
