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

-- Per recorder and hour or day; a recorder that said nothing has no row.
CREATE VIEW recorder_hourly AS
SELECT
    recorder_id, bucket, h.heartbeats, h.without_network, h.without_sim,
    h.rsrp_dbm_sum / NULLIF(h.rsrp_dbm_count, 0) AS rsrp_dbm_avg, h.rsrp_dbm_min,
    b.level_pct_min, b.level_pct_max, b.charging, b.temperature_c_max,
    s.free_mb_min, s.files_max, r.recordings, r.while_recording
FROM heartbeat_hourly h
FULL JOIN battery_hourly b USING (recorder_id, bucket)
FULL JOIN storage_hourly s USING (recorder_id, bucket)
FULL JOIN recording_hourly r USING (recorder_id, bucket);

CREATE VIEW recorder_daily AS
SELECT
    recorder_id, bucket, h.heartbeats, h.without_network, h.without_sim,
    h.rsrp_dbm_sum / NULLIF(h.rsrp_dbm_count, 0) AS rsrp_dbm_avg, h.rsrp_dbm_min,
    b.level_pct_min, b.level_pct_max, b.charging, b.temperature_c_max,
    s.free_mb_min, s.files_max, r.recordings, r.while_recording
FROM heartbeat_daily h
FULL JOIN battery_daily b USING (recorder_id, bucket)
FULL JOIN storage_daily s USING (recorder_id, bucket)
FULL JOIN recording_daily r USING (recorder_id, bucket);

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
