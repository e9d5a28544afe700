-- Rollups by our own job, for editions without continuous aggregates: the tables have the names and columns that the
-- continuous aggregates of the Community edition have. Days are those of Asia/Shanghai.

CREATE TABLE heartbeat_hourly (
    recorder_id text NOT NULL,
    bucket      timestamptz NOT NULL,
    heartbeats bigint,
    without_network bigint,
    without_sim bigint,
    rsrp_dbm_sum double precision,
    rsrp_dbm_count bigint,
    rsrp_dbm_min real,
    PRIMARY KEY (recorder_id, bucket)
);
CREATE INDEX heartbeat_hourly_by_time ON heartbeat_hourly (bucket);

CREATE TABLE heartbeat_daily (
    recorder_id text NOT NULL,
    bucket      timestamptz NOT NULL,
    heartbeats bigint,
    without_network bigint,
    without_sim bigint,
    rsrp_dbm_sum double precision,
    rsrp_dbm_count bigint,
    rsrp_dbm_min real,
    PRIMARY KEY (recorder_id, bucket)
);
CREATE INDEX heartbeat_daily_by_time ON heartbeat_daily (bucket);

CREATE TABLE battery_hourly (
    recorder_id text NOT NULL,
    bucket      timestamptz NOT NULL,
    batteries bigint,
    level_pct_min real,
    level_pct_max real,
    charging bigint,
    temperature_c_max real,
    PRIMARY KEY (recorder_id, bucket)
);
CREATE INDEX battery_hourly_by_time ON battery_hourly (bucket);

CREATE TABLE battery_daily (
    recorder_id text NOT NULL,
    bucket      timestamptz NOT NULL,
    batteries bigint,
    level_pct_min real,
    level_pct_max real,
    charging bigint,
    temperature_c_max real,
    PRIMARY KEY (recorder_id, bucket)
);
CREATE INDEX battery_daily_by_time ON battery_daily (bucket);

CREATE TABLE storage_hourly (
    recorder_id text NOT NULL,
    bucket      timestamptz NOT NULL,
    storages bigint,
    free_mb_min integer,
    files_max integer,
    PRIMARY KEY (recorder_id, bucket)
);
CREATE INDEX storage_hourly_by_time ON storage_hourly (bucket);

CREATE TABLE storage_daily (
    recorder_id text NOT NULL,
    bucket      timestamptz NOT NULL,
    storages bigint,
    free_mb_min integer,
    files_max integer,
    PRIMARY KEY (recorder_id, bucket)
);
CREATE INDEX storage_daily_by_time ON storage_daily (bucket);

CREATE TABLE recording_hourly (
    recorder_id text NOT NULL,
    bucket      timestamptz NOT NULL,
    recordings bigint,
    while_recording bigint,
    PRIMARY KEY (recorder_id, bucket)
);
CREATE INDEX recording_hourly_by_time ON recording_hourly (bucket);

CREATE TABLE recording_daily (
    recorder_id text NOT NULL,
    bucket      timestamptz NOT NULL,
    recordings bigint,
    while_recording bigint,
    PRIMARY KEY (recorder_id, bucket)
);
CREATE INDEX recording_daily_by_time ON recording_daily (bucket);

-- Hours whose rollups are stale. Ingest only ever adds to it, so that a batch that isn't committed yet can't be missed:
-- its hours become visible with its readings.
CREATE TABLE rollup_dirty (hour timestamptz NOT NULL);

-- Up to when readings that came at once have been accounted for.
CREATE TABLE rollup_progress (rolled_to timestamptz NOT NULL);
INSERT INTO rollup_progress (rolled_to) VALUES (now());

-- Compute one hour anew.
CREATE FUNCTION refresh_hour(begins timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO heartbeat_hourly (recorder_id, bucket, heartbeats, without_network, without_sim, rsrp_dbm_sum, rsrp_dbm_count, rsrp_dbm_min)
    SELECT
        recorder_id, begins,
        count(*),
        count(*) FILTER (WHERE network = 'none'),
        count(*) FILTER (WHERE sim = 'absent'),
        sum(rsrp_dbm::double precision),
        count(rsrp_dbm),
        min(rsrp_dbm)
    FROM heartbeat WHERE at >= begins AND at < begins + INTERVAL '1 hour'
    GROUP BY recorder_id
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET
        heartbeats = EXCLUDED.heartbeats,
        without_network = EXCLUDED.without_network,
        without_sim = EXCLUDED.without_sim,
        rsrp_dbm_sum = EXCLUDED.rsrp_dbm_sum,
        rsrp_dbm_count = EXCLUDED.rsrp_dbm_count,
        rsrp_dbm_min = EXCLUDED.rsrp_dbm_min;

    INSERT INTO battery_hourly (recorder_id, bucket, batteries, level_pct_min, level_pct_max, charging, temperature_c_max)
    SELECT
        recorder_id, begins,
        count(*),
        min(level_pct),
        max(level_pct),
        count(*) FILTER (WHERE charging),
        max(temperature_c)
    FROM battery WHERE at >= begins AND at < begins + INTERVAL '1 hour'
    GROUP BY recorder_id
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET
        batteries = EXCLUDED.batteries,
        level_pct_min = EXCLUDED.level_pct_min,
        level_pct_max = EXCLUDED.level_pct_max,
        charging = EXCLUDED.charging,
        temperature_c_max = EXCLUDED.temperature_c_max;

    INSERT INTO storage_hourly (recorder_id, bucket, storages, free_mb_min, files_max)
    SELECT
        recorder_id, begins,
        count(*),
        min(free_mb),
        max(files)
    FROM storage WHERE at >= begins AND at < begins + INTERVAL '1 hour'
    GROUP BY recorder_id
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET
        storages = EXCLUDED.storages,
        free_mb_min = EXCLUDED.free_mb_min,
        files_max = EXCLUDED.files_max;

    INSERT INTO recording_hourly (recorder_id, bucket, recordings, while_recording)
    SELECT
        recorder_id, begins,
        count(*),
        count(*) FILTER (WHERE state = 'recording')
    FROM recording WHERE at >= begins AND at < begins + INTERVAL '1 hour'
    GROUP BY recorder_id
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET
        recordings = EXCLUDED.recordings,
        while_recording = EXCLUDED.while_recording;
END $$;

-- Compute one day (Asia/Shanghai) anew, out of its hours.
CREATE FUNCTION refresh_day(begins timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO heartbeat_daily (recorder_id, bucket, heartbeats, without_network, without_sim, rsrp_dbm_sum, rsrp_dbm_count, rsrp_dbm_min)
    SELECT
        recorder_id, begins,
        sum(heartbeats)::bigint,
        sum(without_network)::bigint,
        sum(without_sim)::bigint,
        sum(rsrp_dbm_sum),
        sum(rsrp_dbm_count)::bigint,
        min(rsrp_dbm_min)
    FROM heartbeat_hourly WHERE bucket >= begins AND bucket < begins + INTERVAL '1 day'
    GROUP BY recorder_id
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET
        heartbeats = EXCLUDED.heartbeats,
        without_network = EXCLUDED.without_network,
        without_sim = EXCLUDED.without_sim,
        rsrp_dbm_sum = EXCLUDED.rsrp_dbm_sum,
        rsrp_dbm_count = EXCLUDED.rsrp_dbm_count,
        rsrp_dbm_min = EXCLUDED.rsrp_dbm_min;

    INSERT INTO battery_daily (recorder_id, bucket, batteries, level_pct_min, level_pct_max, charging, temperature_c_max)
    SELECT
        recorder_id, begins,
        sum(batteries)::bigint,
        min(level_pct_min),
        max(level_pct_max),
        sum(charging)::bigint,
        max(temperature_c_max)
    FROM battery_hourly WHERE bucket >= begins AND bucket < begins + INTERVAL '1 day'
    GROUP BY recorder_id
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET
        batteries = EXCLUDED.batteries,
        level_pct_min = EXCLUDED.level_pct_min,
        level_pct_max = EXCLUDED.level_pct_max,
        charging = EXCLUDED.charging,
        temperature_c_max = EXCLUDED.temperature_c_max;

    INSERT INTO storage_daily (recorder_id, bucket, storages, free_mb_min, files_max)
    SELECT
        recorder_id, begins,
        sum(storages)::bigint,
        min(free_mb_min),
        max(files_max)
    FROM storage_hourly WHERE bucket >= begins AND bucket < begins + INTERVAL '1 day'
    GROUP BY recorder_id
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET
        storages = EXCLUDED.storages,
        free_mb_min = EXCLUDED.free_mb_min,
        files_max = EXCLUDED.files_max;

    INSERT INTO recording_daily (recorder_id, bucket, recordings, while_recording)
    SELECT
        recorder_id, begins,
        sum(recordings)::bigint,
        sum(while_recording)::bigint
    FROM recording_hourly WHERE bucket >= begins AND bucket < begins + INTERVAL '1 day'
    GROUP BY recorder_id
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET
        recordings = EXCLUDED.recordings,
        while_recording = EXCLUDED.while_recording;
END $$;

-- The job's first step: the hours since its last run are stale, and the one before, which readings are still added to
-- that were on the way.
CREATE FUNCTION mark_stale_rollups(as_of timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rolled timestamptz;
BEGIN
    SELECT rolled_to INTO STRICT rolled FROM rollup_progress FOR UPDATE;
    INSERT INTO rollup_dirty (hour)
    SELECT hour
    FROM generate_series(
        date_trunc('hour', LEAST(rolled, as_of)) - INTERVAL '1 hour', date_trunc('hour', as_of), INTERVAL '1 hour'
    ) AS hour;
    UPDATE rollup_progress SET rolled_to = as_of;
END $$;

-- The job's second step, again until it returns 0: compute some stale hours and their days; how many hours it were.
-- Step by step, since what has piled up over a long time takes longer than a statement may.
CREATE FUNCTION refresh_stale_rollups(most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    hours timestamptz[];
BEGIN
    -- One at a time, should two servers run the job.
    LOCK TABLE rollup_progress IN EXCLUSIVE MODE;
    WITH oldest AS (SELECT DISTINCT hour FROM rollup_dirty ORDER BY hour LIMIT most),
    taken AS (DELETE FROM rollup_dirty d USING oldest WHERE d.hour = oldest.hour RETURNING d.hour)
    SELECT array_agg(DISTINCT hour) INTO hours FROM taken;
    PERFORM refresh_hour(hour) FROM unnest(hours) AS hour;
    PERFORM refresh_day(day)
    FROM (SELECT DISTINCT date_trunc('day', hour, 'Asia/Shanghai') AS day FROM unnest(hours) AS hour) AS days;
    RETURN COALESCE(cardinality(hours), 0);
END $$;
