-- Readings, one table a kind; on TimescaleDB they become hypertables over `at` (0003).
--
-- at           when it was measured, on the server's time line: the device's ts where its clock can be trusted,
--              else anchored (domain.md, "Clock trouble"); never outside [received_at - 31 d, received_at + 5 min]
-- ts           the device clock as it came
-- received_at  arrival at the server
-- backlog      measured while there was no link, sent after the reconnect
-- clock_ok     at is the device's own time

CREATE TABLE presence (
    recorder_id text NOT NULL,
    at          timestamptz NOT NULL,
    ts          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    boot        text NOT NULL,
    seq         bigint,
    backlog     boolean NOT NULL,
    clock_ok    boolean NOT NULL,
    state       text NOT NULL,
    session     text,
    reason      text,
    model       text,
    firmware    text,
    imei        text,
    iccid       text,
    uptime_s    integer,
    officer_id  text,
    last_end    text,
    dropped     integer,
    CHECK (seq IS NOT NULL OR reason = 'connection_lost')
);
COMMENT ON COLUMN presence.at IS 'of a will: its arrival minus 1.5 keep-alives';

CREATE TABLE heartbeat (
    recorder_id text NOT NULL,
    at          timestamptz NOT NULL,
    ts          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    boot        text NOT NULL,
    seq         bigint NOT NULL,
    backlog     boolean NOT NULL,
    clock_ok    boolean NOT NULL,
    uptime_s    integer NOT NULL,
    network     text NOT NULL,
    rsrp_dbm    real,
    cell        text,
    sim         text,
    iccid       text
);

CREATE TABLE battery (
    recorder_id   text NOT NULL,
    at            timestamptz NOT NULL,
    ts            timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    boot          text NOT NULL,
    seq           bigint NOT NULL,
    backlog       boolean NOT NULL,
    clock_ok      boolean NOT NULL,
    level_pct     real NOT NULL,
    charging      boolean NOT NULL,
    voltage_mv    real,
    temperature_c real
);

CREATE TABLE storage (
    recorder_id text NOT NULL,
    at          timestamptz NOT NULL,
    ts          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    boot        text NOT NULL,
    seq         bigint NOT NULL,
    backlog     boolean NOT NULL,
    clock_ok    boolean NOT NULL,
    total_mb    integer NOT NULL,
    free_mb     integer NOT NULL,
    files       integer NOT NULL
);

CREATE TABLE recording (
    recorder_id text NOT NULL,
    at          timestamptz NOT NULL,
    ts          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    boot        text NOT NULL,
    seq         bigint NOT NULL,
    backlog     boolean NOT NULL,
    clock_ok    boolean NOT NULL,
    state       text NOT NULL,
    since       timestamptz NOT NULL,
    file_id     text,
    "trigger"   text
);
COMMENT ON COLUMN recording.since IS 'device clock, as it came';

CREATE TABLE location (
    recorder_id text NOT NULL,
    at          timestamptz NOT NULL,
    ts          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    boot        text NOT NULL,
    seq         bigint NOT NULL,
    backlog     boolean NOT NULL,
    clock_ok    boolean NOT NULL,
    lat         double precision NOT NULL,
    lon         double precision NOT NULL,
    accuracy_m  real,
    speed_mps   real,
    heading_deg real,
    fix         text NOT NULL
);
COMMENT ON COLUMN location.lat IS 'degrees, WGS-84; GCJ-02 is converted on the way in';

CREATE TABLE event (
    recorder_id text NOT NULL,
    at          timestamptz NOT NULL,
    ts          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    boot        text NOT NULL,
    seq         bigint NOT NULL,
    backlog     boolean NOT NULL,
    clock_ok    boolean NOT NULL,
    type        text NOT NULL,
    detail      jsonb
);

CREATE INDEX presence_by_recorder  ON presence  (recorder_id, at DESC);
CREATE INDEX heartbeat_by_recorder ON heartbeat (recorder_id, at DESC);
CREATE INDEX battery_by_recorder   ON battery   (recorder_id, at DESC);
CREATE INDEX storage_by_recorder   ON storage   (recorder_id, at DESC);
CREATE INDEX recording_by_recorder ON recording (recorder_id, at DESC);
CREATE INDEX location_by_recorder  ON location  (recorder_id, at DESC);
CREATE INDEX event_by_recorder     ON event     (recorder_id, at DESC);
CREATE INDEX presence_by_boot      ON presence  (recorder_id, boot, at DESC);

-- What can't be taken in. The same bytes on the same topic are one row with a count, so that neither a redelivery nor
-- a broken recorder that repeats itself grows the table.
CREATE TABLE rejection (
    rejection_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic             text NOT NULL,
    sha256            bytea NOT NULL CHECK (length(sha256) = 32),
    code              text NOT NULL,
    reason            text NOT NULL,
    recorder_id       text,
    boot              text,
    seq               bigint,
    payload           bytea NOT NULL CHECK (length(payload) <= 65536),
    length            integer NOT NULL,
    first_received_at timestamptz NOT NULL,
    last_received_at  timestamptz NOT NULL,
    count             bigint NOT NULL DEFAULT 1,
    UNIQUE (topic, sha256)
);
CREATE INDEX rejection_by_time     ON rejection (last_received_at DESC);
CREATE INDEX rejection_by_recorder ON rejection (recorder_id, last_received_at DESC);

CREATE TABLE command_reply (
    recorder_id text NOT NULL,
    command_id  text NOT NULL,
    ok          boolean NOT NULL,
    detail      jsonb,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (recorder_id, command_id)
);
