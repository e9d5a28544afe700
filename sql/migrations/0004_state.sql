-- What ingest keeps up in the same transaction as the readings: boots, spans, and the latest of everything.

-- One row a power-on. seen holds pairs [first, last, first, last, ...] of inclusive runs of seq that are stored:
-- it decides what is a duplicate, and its holes are what was lost on the way.
CREATE TABLE recorder_boot (
    recorder_id       text NOT NULL,
    boot              text NOT NULL,
    seen              bigint[] NOT NULL DEFAULT '{}',
    first_received_at timestamptz NOT NULL,
    last_received_at  timestamptz NOT NULL,
    first_at          timestamptz,
    last_at           timestamptz,
    powered_on_at     timestamptz,
    clock_offset_s    double precision,
    clock_wrong_to    bigint,
    clock_right_from  bigint,
    PRIMARY KEY (recorder_id, boot)
) WITH (fillfactor = 60);
COMMENT ON COLUMN recorder_boot.powered_on_at IS 'earliest (arrival - uptime) of its live messages';
COMMENT ON COLUMN recorder_boot.clock_offset_s IS 'server time minus device clock while the clock was wrong (s)';
COMMENT ON COLUMN recorder_boot.clock_wrong_to IS 'greatest seq that came live with a wrong clock';
COMMENT ON COLUMN recorder_boot.clock_right_from IS 'least seq that came live with a right clock';
CREATE INDEX recorder_boot_by_time ON recorder_boot (recorder_id, first_at DESC);

-- Holes in seq within a boot. first_seq and last_seq are inclusive.
CREATE VIEW seq_gap AS
SELECT
    b.recorder_id,
    b.boot,
    b.seen[i] + 1     AS first_seq,
    b.seen[i + 1] - 1 AS last_seq,
    b.seen[i + 1] - b.seen[i] - 1 AS missing,
    (SELECT count(*) FROM rejection r
     WHERE r.recorder_id = b.recorder_id AND r.boot = b.boot AND r.seq BETWEEN b.seen[i] + 1 AND b.seen[i + 1] - 1
    ) AS rejected
FROM recorder_boot b
CROSS JOIN LATERAL generate_series(2, cardinality(b.seen) - 2, 2) AS i;

-- One row a connection, made anew from the presence messages of its boot whenever one of them arrives, in any order.
CREATE TABLE presence_span (
    recorder_id text NOT NULL,
    boot        text NOT NULL,
    online_at   timestamptz NOT NULL,
    seq         bigint NOT NULL,
    session     text,
    offline_at  timestamptz,
    reason      text,
    PRIMARY KEY (recorder_id, boot, seq)
);
COMMENT ON COLUMN presence_span.reason IS 'why it ended: a goodbye''s reason, or connection_lost (a will)';
CREATE INDEX presence_span_by_time ON presence_span (recorder_id, online_at DESC);

-- Connections as people read them: one that ended without a word ends where the next began.
CREATE VIEW presence_history AS
SELECT
    recorder_id, boot, session, online_at,
    LEAST(offline_at, next_online_at) AS offline_at,
    CASE
        WHEN offline_at IS NOT NULL AND (next_online_at IS NULL OR offline_at <= next_online_at) THEN reason
        WHEN next_online_at IS NOT NULL THEN 'superseded'
    END AS reason
FROM (
    SELECT p.*, lead(online_at) OVER (PARTITION BY recorder_id ORDER BY online_at, boot, seq) AS next_online_at
    FROM presence_span p
) AS spans;

-- One row a state that a recorder was in, named by the device's own `since`: every message that asserts the state only
-- widens last_at, so the order of arrival can't matter.
CREATE TABLE recording_state (
    recorder_id text NOT NULL,
    boot        text NOT NULL,
    since_ts    timestamptz NOT NULL,
    state       text NOT NULL,
    since       timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    file_id     text,
    "trigger"   text,
    PRIMARY KEY (recorder_id, boot, since_ts)
) WITH (fillfactor = 70);
COMMENT ON COLUMN recording_state.since IS 'since_ts on the server''s time line';
COMMENT ON COLUMN recording_state.last_at IS 'the latest moment at which a message asserted this state';
CREATE INDEX recording_state_by_time ON recording_state (recorder_id, since DESC);

-- What was recorded. ended_at is measured where the next state of the boot is standby; else the recording is known up
-- to last_at, and `cut` says that its end was never told (power loss, or it runs still).
CREATE VIEW recording_span AS
SELECT
    recorder_id, boot, since AS started_at,
    CASE WHEN next_state = 'standby' THEN GREATEST(next_since, since) ELSE last_at END AS ended_at,
    last_at AS seen_until,
    next_state IS DISTINCT FROM 'standby' AS cut,
    file_id, "trigger"
FROM (
    SELECT
        s.*,
        lead(state) OVER w AS next_state,
        lead(since) OVER w AS next_since
    FROM recording_state s
    WINDOW w AS (PARTITION BY recorder_id, boot ORDER BY since_ts)
) AS states
WHERE state = 'recording';

-- The latest of everything per recorder. Each group of columns has its own (at, seq) and moves only forward in it.
CREATE TABLE recorder_state (
    recorder_id     text PRIMARY KEY,
    first_received_at timestamptz NOT NULL,
    last_received_at  timestamptz NOT NULL,
    last_heard_at   timestamptz,

    connected       boolean NOT NULL DEFAULT false,
    connection_at   timestamptz,
    connection_reason text,
    boot            text,
    session         text,

    presence_at     timestamptz,
    presence_seq    bigint,
    model           text,
    firmware        text,
    imei            text,
    last_end        text,

    iccid_at        timestamptz,
    iccid_seq       bigint,
    iccid           text,

    officer_at      timestamptz,
    officer_seq     bigint,
    officer_id      text,

    heartbeat_at    timestamptz,
    heartbeat_seq   bigint,
    uptime_s        integer,
    network         text,
    rsrp_dbm        real,
    cell            text,
    sim             text,

    battery_at      timestamptz,
    battery_seq     bigint,
    level_pct       real,
    charging        boolean,
    voltage_mv      real,
    temperature_c   real,

    storage_at      timestamptz,
    storage_seq     bigint,
    total_mb        integer,
    free_mb         integer,
    files           integer,

    recording_at    timestamptz,
    recording_seq   bigint,
    recording_state text,
    recording_since timestamptz,
    file_id         text,

    location_at     timestamptz,
    location_seq    bigint,
    lat             double precision,
    lon             double precision,
    accuracy_m      real,
    speed_mps       real,
    heading_deg     real,
    fix             text,

    event_at        timestamptz,
    event_seq       bigint,
    event_type      text,
    event_detail    jsonb
) WITH (fillfactor = 50);
COMMENT ON COLUMN recorder_state.last_heard_at IS 'the latest `at` of a message that came live, not out of a backlog';

-- Whether a reading at (new_at, new_seq) replaces one at (old_at, old_seq); inlined by the planner.
CREATE FUNCTION is_newer(new_at timestamptz, new_seq bigint, old_at timestamptz, old_seq bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT new_at IS NOT NULL AND (old_at IS NULL OR new_at > old_at OR (new_at = old_at AND new_seq > old_seq)) $$;
