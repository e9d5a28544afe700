-- The live map shows whom the rules take for the wearer: what alerts.duty says is kept here by the evaluation's ticks, some
-- hours ahead, and no statement works it out a second time.
CREATE TABLE wearer_period (
    recorder_id text NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    officer_id  text,
    candidates  text[] NOT NULL,
    duty_since  timestamptz,
    login       text,
    PRIMARY KEY (recorder_id, starts_at)
);
COMMENT ON TABLE wearer_period IS 'who has a recorder and whether it is on duty, from when it was worked out to some hours later; without a period nobody is named and no position is shown';
COMMENT ON COLUMN wearer_period.officer_id IS 'the wearer; null: uncertain';
COMMENT ON COLUMN wearer_period.duty_since IS 'since when it is on duty without a break; null: it isn''t';
COMMENT ON COLUMN wearer_period.login IS 'who was logged in when it was worked out';
INSERT INTO evaluation_due (kind, key, due_at) SELECT 'wearer', recorder_id, TIMESTAMPTZ '1970-01-01Z' FROM recorder WHERE status <> 'test';

CREATE OR REPLACE FUNCTION live_recorders(moment timestamptz)
RETURNS TABLE (
    recorder_id text, unit_id text, status text, model text, heartbeat_s integer,
    officer_id text, officer_unit_id text, officer_name text, candidates text[],
    on_duty boolean, duty_since timestamptz, is_lost boolean,
    state text, since timestamptz, last_at timestamptz,
    lat double precision, lon double precision, fix_at timestamptz,
    battery_pct real, charging boolean, free_mb integer, total_mb integer,
    rsrp_dbm real, network text, cell text, sim text, iccid text,
    incidents integer, suspected integer
)
-- Not sql: that would be planned anew at every look, which takes longer than some of its parts.
LANGUAGE plpgsql STABLE
-- Nested loops over sets of the fleet's size are what a planner without statistics would choose.
SET enable_nestloop = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN RETURN QUERY
WITH lost AS (
    SELECT DISTINCT f.recorder_id FROM fault_reports_known_at(moment) f
    WHERE f.kind = 'lost' AND f.reported_at <= moment AND COALESCE(f.resolved_at, 'infinity') > moment
), open_incident AS (
    SELECT i.recorder_id, count(*) FILTER (WHERE i.confidence <> 'suspected') AS known, count(*) FILTER (WHERE i.confidence = 'suspected') AS suspected,
        min(i.starts_at) FILTER (WHERE i.rule = 'sos' AND i.status IN ('open', 'acknowledged')) AS sos_since
    FROM incident i
    WHERE i.status IN ('open', 'acknowledged', 'statement', 'verifying', 'reopened') AND i.recorder_id IS NOT NULL AND i.outage_id IS NULL
    GROUP BY i.recorder_id
), hush AS (
    SELECT q.recorder_id, q.outage_key FROM silence q WHERE q.until IS NULL
), seen AS (
    SELECT r.recorder_id, r.unit_id, r.status, r.model, r.heartbeat_s, p.officer_id AS wearer_id, p.candidates,
        p.duty_since IS NOT NULL AND r.status <> 'retired' AS on_duty, p.duty_since,
        l.recorder_id IS NOT NULL AS is_lost, i.known, i.suspected, i.sos_since, q.outage_key,
        s.last_heard_at, s.connected, s.connection_at, s.connection_reason, s.recording_state, s.recording_since, s.event_type,
        s.event_at, s.location_at, s.lat, s.lon, s.level_pct, s.charging, s.free_mb, s.total_mb, s.rsrp_dbm, s.network, s.cell,
        s.sim, s.iccid, s.recorder_id IS NOT NULL AS was_heard,
        s.last_heard_at < moment - make_interval(secs => GREATEST(3 * r.heartbeat_s, 90)) AS is_quiet
    FROM recorder r
    LEFT JOIN wearer_period p ON p.recorder_id = r.recorder_id AND p.starts_at <= moment AND p.ends_at > moment
    LEFT JOIN lost l ON l.recorder_id = r.recorder_id
    LEFT JOIN open_incident i ON i.recorder_id = r.recorder_id
    LEFT JOIN hush q ON q.recorder_id = r.recorder_id
    LEFT JOIN recorder_state s ON s.recorder_id = r.recorder_id
    WHERE r.status <> 'test'
), named AS (
    SELECT v.*,
        CASE
            WHEN v.sos_since IS NOT NULL THEN 'sos'
            WHEN NOT v.was_heard OR v.last_heard_at IS NULL THEN 'never'
            WHEN (NOT v.connected AND v.connection_reason = 'docked') OR v.event_type = 'docked' THEN 'docked'
            WHEN v.on_duty AND v.is_quiet AND v.outage_key IS NOT NULL THEN 'outage'
            WHEN v.on_duty AND v.is_quiet THEN 'silent'
            WHEN NOT v.connected OR v.is_quiet THEN 'offline'
            WHEN v.recording_state = 'recording' THEN 'recording'
            ELSE 'standby'
        END AS state
    FROM seen v
)
SELECT
    v.recorder_id, v.unit_id, v.status, v.model, v.heartbeat_s,
    o.officer_id, o.unit_id, o.name, v.candidates,
    v.on_duty, v.duty_since, v.is_lost,
    v.state,
    CASE v.state
        WHEN 'sos' THEN v.sos_since
        WHEN 'docked' THEN CASE WHEN v.event_type = 'docked' THEN v.event_at ELSE v.connection_at END
        WHEN 'recording' THEN LEAST(v.recording_since, moment)
        WHEN 'standby' THEN LEAST(GREATEST(v.recording_since, v.connection_at), moment)
        WHEN 'offline' THEN CASE WHEN v.connected THEN v.last_heard_at ELSE v.connection_at END
        WHEN 'never' THEN NULL
        ELSE v.last_heard_at
    END,
    v.last_heard_at,
    -- Where somebody was before his duty began is nobody's business.
    CASE WHEN p.is_shown THEN v.lat END, CASE WHEN p.is_shown THEN v.lon END, CASE WHEN p.is_shown THEN v.location_at END,
    v.level_pct, v.charging, v.free_mb, v.total_mb, v.rsrp_dbm, v.network, v.cell, v.sim, v.iccid,
    COALESCE(v.known, 0)::integer, COALESCE(v.suspected, 0)::integer
FROM named v
LEFT JOIN officers_known_at(moment) o ON o.officer_id = v.wearer_id
CROSS JOIN LATERAL (
    SELECT v.state = 'sos' OR v.is_lost OR (v.on_duty AND v.location_at >= v.duty_since) AS is_shown
) AS p;
END $$;
