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

-- Hours that late readings have touched since they were last rolled up.
CREATE TABLE rollup_dirty (hour timestamptz PRIMARY KEY);

-- Compute the hours of [begins, ends) again, and the days that they are in.
CREATE FUNCTION refresh_rollups(begins timestamptz, ends timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first_day timestamptz := date_trunc('day', begins, 'Asia/Shanghai');
    after_day timestamptz := date_trunc('day', ends - INTERVAL '1 microsecond', 'Asia/Shanghai') + INTERVAL '1 day';
BEGIN
    INSERT INTO heartbeat_hourly (recorder_id, bucket, heartbeats, without_network, without_sim, rsrp_dbm_sum, rsrp_dbm_count, rsrp_dbm_min)
    SELECT recorder_id, date_trunc('hour', at), count(*), count(*) FILTER (WHERE network = 'none'), count(*) FILTER (WHERE sim = 'absent'), sum(rsrp_dbm::double precision), count(rsrp_dbm), min(rsrp_dbm)
    FROM heartbeat WHERE at >= begins AND at < ends
    GROUP BY 1, 2
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET heartbeats = EXCLUDED.heartbeats, without_network = EXCLUDED.without_network, without_sim = EXCLUDED.without_sim, rsrp_dbm_sum = EXCLUDED.rsrp_dbm_sum, rsrp_dbm_count = EXCLUDED.rsrp_dbm_count, rsrp_dbm_min = EXCLUDED.rsrp_dbm_min;
    INSERT INTO heartbeat_daily (recorder_id, bucket, heartbeats, without_network, without_sim, rsrp_dbm_sum, rsrp_dbm_count, rsrp_dbm_min)
    SELECT recorder_id, date_trunc('day', bucket, 'Asia/Shanghai'), sum(heartbeats)::bigint, sum(without_network)::bigint, sum(without_sim)::bigint, sum(rsrp_dbm_sum), sum(rsrp_dbm_count)::bigint, min(rsrp_dbm_min)
    FROM heartbeat_hourly WHERE bucket >= first_day AND bucket < after_day
    GROUP BY 1, 2
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET heartbeats = EXCLUDED.heartbeats, without_network = EXCLUDED.without_network, without_sim = EXCLUDED.without_sim, rsrp_dbm_sum = EXCLUDED.rsrp_dbm_sum, rsrp_dbm_count = EXCLUDED.rsrp_dbm_count, rsrp_dbm_min = EXCLUDED.rsrp_dbm_min;

    INSERT INTO battery_hourly (recorder_id, bucket, batteries, level_pct_min, level_pct_max, charging, temperature_c_max)
    SELECT recorder_id, date_trunc('hour', at), count(*), min(level_pct), max(level_pct), count(*) FILTER (WHERE charging), max(temperature_c)
    FROM battery WHERE at >= begins AND at < ends
    GROUP BY 1, 2
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET batteries = EXCLUDED.batteries, level_pct_min = EXCLUDED.level_pct_min, level_pct_max = EXCLUDED.level_pct_max, charging = EXCLUDED.charging, temperature_c_max = EXCLUDED.temperature_c_max;
    INSERT INTO battery_daily (recorder_id, bucket, batteries, level_pct_min, level_pct_max, charging, temperature_c_max)
    SELECT recorder_id, date_trunc('day', bucket, 'Asia/Shanghai'), sum(batteries)::bigint, min(level_pct_min), max(level_pct_max), sum(charging)::bigint, max(temperature_c_max)
    FROM battery_hourly WHERE bucket >= first_day AND bucket < after_day
    GROUP BY 1, 2
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET batteries = EXCLUDED.batteries, level_pct_min = EXCLUDED.level_pct_min, level_pct_max = EXCLUDED.level_pct_max, charging = EXCLUDED.charging, temperature_c_max = EXCLUDED.temperature_c_max;

    INSERT INTO storage_hourly (recorder_id, bucket, storages, free_mb_min, files_max)
    SELECT recorder_id, date_trunc('hour', at), count(*), min(free_mb), max(files)
    FROM storage WHERE at >= begins AND at < ends
    GROUP BY 1, 2
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET storages = EXCLUDED.storages, free_mb_min = EXCLUDED.free_mb_min, files_max = EXCLUDED.files_max;
    INSERT INTO storage_daily (recorder_id, bucket, storages, free_mb_min, files_max)
    SELECT recorder_id, date_trunc('day', bucket, 'Asia/Shanghai'), sum(storages)::bigint, min(free_mb_min), max(files_max)
    FROM storage_hourly WHERE bucket >= first_day AND bucket < after_day
    GROUP BY 1, 2
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET storages = EXCLUDED.storages, free_mb_min = EXCLUDED.free_mb_min, files_max = EXCLUDED.files_max;

    INSERT INTO recording_hourly (recorder_id, bucket, recordings, while_recording)
    SELECT recorder_id, date_trunc('hour', at), count(*), count(*) FILTER (WHERE state = 'recording')
    FROM recording WHERE at >= begins AND at < ends
    GROUP BY 1, 2
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET recordings = EXCLUDED.recordings, while_recording = EXCLUDED.while_recording;
    INSERT INTO recording_daily (recorder_id, bucket, recordings, while_recording)
    SELECT recorder_id, date_trunc('day', bucket, 'Asia/Shanghai'), sum(recordings)::bigint, sum(while_recording)::bigint
    FROM recording_hourly WHERE bucket >= first_day AND bucket < after_day
    GROUP BY 1, 2
    ON CONFLICT (recorder_id, bucket) DO UPDATE SET recordings = EXCLUDED.recordings, while_recording = EXCLUDED.while_recording;

END $$;

-- The job's own step: the last two hours, and every hour that late readings have touched.
CREATE FUNCTION roll_up(as_of timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    touched timestamptz;
    hours integer := 0;
BEGIN
    PERFORM refresh_rollups(date_trunc('hour', as_of) - INTERVAL '1 hour', date_trunc('hour', as_of) + INTERVAL '1 hour');
    FOR touched IN DELETE FROM rollup_dirty RETURNING hour LOOP
        PERFORM refresh_rollups(touched, touched + INTERVAL '1 hour');
        hours := hours + 1;
    END LOOP;
    RETURN hours;
END $$;
