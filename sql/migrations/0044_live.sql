-- The live picture: what every recorder is doing at a moment, who may have it, and whether that is duty.
--
-- The same answers as alerts.duty.wearer and alerts.duty.on_duty give one recorder at a time, for the whole fleet in one statement:
-- assignments, then shifts and activities that name the recorder, decide who wears it; else login and holder must agree.
-- A test holds the two together.

CREATE FUNCTION live_recorders(moment timestamptz)
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
LANGUAGE sql STABLE
-- Nested loops over sets of the fleet's size are what a planner without statistics would choose.
SET enable_nestloop = off
SET jit = off
AS $$
WITH officers AS MATERIALIZED (
    SELECT o.officer_id, o.unit_id, o.name FROM officers_known_at(moment) o
), held AS MATERIALIZED (
    SELECT a.recorder_id, a.officer_id, a.reason IN ('spare', 'swap') AS replaces, a.starts_at,
        max(a.starts_at) FILTER (WHERE a.reason IN ('spare', 'swap')) OVER (PARTITION BY a.officer_id) AS replaced_at
    FROM assignments_known_at(moment) a
    WHERE a.starts_at <= moment AND COALESCE(a.ends_at, 'infinity') > moment
), had AS (
    -- What an officer has been handed: everything, or only the latest spare or swap, which replaces the rest.
    SELECT * FROM held WHERE replaced_at IS NULL OR (replaces AND starts_at = replaced_at)
), handed AS MATERIALIZED (
    SELECT h.officer_id, array_agg(h.recorder_id) AS recorders, bool_or(h.replaces) AS replaces FROM had h GROUP BY h.officer_id
), duty AS MATERIALIZED (
    SELECT 'shift' AS kind, s.shift_id AS duty_id, ARRAY[s.officer_id] AS team, s.recorder_id, s.starts_at,
        s.kind IN ('patrol', 'campaign') AS needs_recorder
    FROM shifts_known_at(moment) s WHERE s.starts_at <= moment AND s.ends_at > moment
    UNION ALL
    SELECT 'activity', a.activity_id, a.officer_ids, a.recorder_id, a.starts_at, true
    FROM activities_known_at(moment) a WHERE a.starts_at <= moment AND COALESCE(a.ends_at, 'infinity') > moment
), exemption AS MATERIALIZED (
    SELECT e.officer_id, e.unit_id, e.starts_at, e.ends_at FROM exemptions_known_at(moment) e
    WHERE e.starts_at <= moment AND e.ends_at > moment - INTERVAL '1 day'
), exempt AS (
    SELECT m.officer_id, bool_or(m.ends_at > moment) AS is_exempt, max(m.ends_at) FILTER (WHERE m.ends_at <= moment) AS was_until
    FROM (
        SELECT e.officer_id, e.ends_at FROM exemption e WHERE e.officer_id IS NOT NULL
        UNION ALL
        SELECT o.officer_id, e.ends_at
        FROM exemption e
        JOIN unit_ancestors_known_at(moment) u ON u.ancestor_id = e.unit_id
        JOIN officers o ON o.unit_id = u.unit_id
        WHERE e.officer_id IS NULL
    ) AS m
    GROUP BY m.officer_id
), serving AS MATERIALIZED (
    SELECT d.duty_id, d.kind, d.recorder_id, m.officer_id, d.team[1] = m.officer_id AS is_entered_for,
        GREATEST(d.starts_at, x.was_until) AS since, d.needs_recorder AND NOT COALESCE(x.is_exempt, false) AS counts
    FROM duty d CROSS JOIN LATERAL unnest(d.team) AS m (officer_id)
    LEFT JOIN exempt x ON x.officer_id = m.officer_id
), officer_duty AS (
    SELECT s.officer_id, min(s.since) AS since FROM serving s WHERE s.counts GROUP BY s.officer_id
), recorder_duty AS (
    SELECT s.recorder_id, min(s.since) AS since FROM serving s WHERE s.counts AND s.recorder_id IS NOT NULL GROUP BY s.recorder_id
), naming AS (
    -- Duties that say it is their recorder, but for those whose officer has since been handed a spare.
    SELECT d.kind, d.team, d.recorder_id, d.team[1] AS officer_id
    FROM duty d LEFT JOIN handed h ON h.officer_id = d.team[1]
    WHERE d.recorder_id IS NOT NULL AND NOT (COALESCE(h.replaces, false) AND d.recorder_id <> ALL (h.recorders))
), named_elsewhere AS (
    SELECT d.team[1] AS officer_id, array_agg(d.recorder_id) AS recorders FROM duty d WHERE d.recorder_id IS NOT NULL GROUP BY d.team[1]
), assigned AS MATERIALIZED (
    SELECT h.recorder_id, bool_or(h.replaces) AS replaces,
        COALESCE(array_agg(h.officer_id) FILTER (WHERE h.replaces), array_agg(h.officer_id)) AS officers
    FROM had h GROUP BY h.recorder_id
), shifted AS MATERIALIZED (
    SELECT n.recorder_id, array_agg(n.officer_id) AS officers
    FROM naming n LEFT JOIN assigned a ON a.recorder_id = n.recorder_id
    WHERE n.kind = 'shift' AND (NOT COALESCE(a.replaces, false) OR n.officer_id = ANY (a.officers))
    GROUP BY n.recorder_id
), acting AS (
    SELECT n.recorder_id,
        array_agg(n.officer_id) FILTER (
            WHERE NOT n.team && (COALESCE(a.officers, '{}') || COALESCE(s.officers, '{}'))
        ) AS officers
    FROM naming n
    LEFT JOIN assigned a ON a.recorder_id = n.recorder_id
    LEFT JOIN shifted s ON s.recorder_id = n.recorder_id
    WHERE n.kind = 'activity' AND (NOT COALESCE(a.replaces, false) OR n.officer_id = ANY (a.officers))
    GROUP BY n.recorder_id
), moved_on AS (
    SELECT h.recorder_id FROM held h GROUP BY h.recorder_id
), believed AS MATERIALIZED (
    SELECT
        r.recorder_id, r.unit_id, r.status, r.model, r.heartbeat_s, r.login,
        CASE WHEN cardinality(n.officers) > 1 THEN ARRAY (SELECT DISTINCT unnest(n.officers)) ELSE n.officers END AS decided,
        a.officers IS NOT NULL AS is_assigned,
        CASE
            WHEN r.login IS NULL AND (
                (m.recorder_id IS NOT NULL AND a.officers IS NULL)
                OR r.recorder_id <> ALL (hh.recorders)
                OR (hh.recorders IS NULL AND ne.recorders IS NOT NULL AND NOT ne.recorders <@ ARRAY[r.recorder_id])
            ) THEN NULL
            ELSE r.holder_id
        END AS holder_id
    FROM (
        SELECT r.*, s.officer_id AS login FROM recorder r LEFT JOIN recorder_state s ON s.recorder_id = r.recorder_id
        WHERE r.status <> 'test'
    ) AS r
    LEFT JOIN assigned a ON a.recorder_id = r.recorder_id
    LEFT JOIN shifted s ON s.recorder_id = r.recorder_id
    LEFT JOIN acting t ON t.recorder_id = r.recorder_id
    LEFT JOIN moved_on m ON m.recorder_id = r.recorder_id
    CROSS JOIN LATERAL (SELECT COALESCE(a.officers || s.officers || t.officers, '{}') AS officers) AS n
    LEFT JOIN handed hh ON hh.officer_id = r.holder_id
    LEFT JOIN named_elsewhere ne ON ne.officer_id = r.holder_id
), candidate AS MATERIALIZED (
    SELECT b.*,
        CASE
            WHEN cardinality(b.decided) > 0 AND b.login IS NOT NULL AND b.login <> ALL (b.decided) THEN b.decided || b.login
            WHEN cardinality(b.decided) > 0 THEN b.decided
            WHEN b.login IS NOT NULL AND b.holder_id IS NOT NULL AND b.login <> b.holder_id THEN ARRAY[b.login, b.holder_id]
            ELSE array_remove(ARRAY[COALESCE(b.login, b.holder_id)], NULL)
        END AS candidates
    FROM believed b
), worn AS MATERIALIZED (
    SELECT c.*,
        CASE
            WHEN cardinality(c.candidates) <> 1 THEN NULL
            WHEN cardinality(c.decided) = 1 AND NOT c.is_assigned AND (
                c.recorder_id <> ALL (h.recorders)
                OR (h.recorders IS NULL AND NOT ne.recorders <@ ARRAY[c.recorder_id])
            ) THEN NULL
            ELSE c.candidates[1]
        END AS wearer_id
    FROM candidate c
    LEFT JOIN handed h ON h.officer_id = c.candidates[1]
    LEFT JOIN named_elsewhere ne ON ne.officer_id = c.candidates[1]
), through AS (
    SELECT w.recorder_id, min(d.since) AS since
    FROM worn w CROSS JOIN LATERAL unnest(w.candidates) AS k (officer_id)
    JOIN officer_duty d ON d.officer_id = k.officer_id
    GROUP BY w.recorder_id
), lost AS (
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
    SELECT w.recorder_id, w.unit_id, w.status, w.model, w.heartbeat_s, w.wearer_id, w.candidates,
        COALESCE(n.since, t.since) IS NOT NULL AND w.status NOT IN ('retired') AS on_duty, LEAST(n.since, t.since) AS duty_since,
        l.recorder_id IS NOT NULL AS is_lost, i.known, i.suspected, i.sos_since, q.outage_key,
        s.last_heard_at, s.connected, s.connection_at, s.connection_reason, s.recording_state, s.recording_since, s.event_type,
        s.event_at, s.location_at, s.lat, s.lon, s.level_pct, s.charging, s.free_mb, s.total_mb, s.rsrp_dbm, s.network, s.cell,
        s.sim, s.iccid, s.recorder_id IS NOT NULL AS was_heard,
        s.last_heard_at < moment - make_interval(secs => GREATEST(3 * w.heartbeat_s, 90)) AS is_quiet
    FROM worn w
    LEFT JOIN recorder_duty n ON n.recorder_id = w.recorder_id
    LEFT JOIN through t ON t.recorder_id = w.recorder_id
    LEFT JOIN lost l ON l.recorder_id = w.recorder_id
    LEFT JOIN open_incident i ON i.recorder_id = w.recorder_id
    LEFT JOIN hush q ON q.recorder_id = w.recorder_id
    LEFT JOIN recorder_state s ON s.recorder_id = w.recorder_id
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
LEFT JOIN officers o ON o.officer_id = v.wearer_id
CROSS JOIN LATERAL (
    SELECT v.state = 'sos' OR v.is_lost OR (v.on_duty AND v.location_at >= v.duty_since) AS is_shown
) AS p
$$;
COMMENT ON FUNCTION live_recorders IS 'positions only of recorders on duty, in distress or lost; test devices left out';

-- What changed of the incidents, in an order that a reader can resume from: the transaction that wrote them. Whoever has
-- read up to a snapshot's xmin has missed nothing, whatever order transactions commit in.
CREATE TABLE incident_feed (
    incident_id text PRIMARY KEY REFERENCES incident,
    changed_in  xid8 NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX incident_feed_by_change ON incident_feed (changed_in);
INSERT INTO incident_feed SELECT incident_id, pg_current_xact_id() FROM incident;

CREATE FUNCTION feed_incident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO incident_feed VALUES (NEW.incident_id, pg_current_xact_id())
    ON CONFLICT (incident_id) DO UPDATE SET changed_in = EXCLUDED.changed_in;
    RETURN NULL;
END $$;
CREATE TRIGGER incident_fed AFTER INSERT OR UPDATE ON incident FOR EACH ROW EXECUTE FUNCTION feed_incident();
