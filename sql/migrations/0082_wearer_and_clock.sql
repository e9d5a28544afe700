-- What the judgement of wearers and clocks takes from readings that come beside others which can't be read.

-- How far a device's clock was behind its messages' arrival within a stretch (s): the least lag of its live heartbeats, for
-- transport only ever delays. Where none of them could be read, of its recording states; where nothing came live, as of the
-- last heartbeat before it in the boot that did, or else the first after it. A clock may be off by minutes before it counts
-- as wrong.
CREATE OR REPLACE FUNCTION clock_skew_s(of_recorder text, of_boot text, from_at timestamptz, to_at timestamptz) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT extract(epoch FROM COALESCE((
        SELECT min(h.received_at - h.at)
        FROM heartbeat h
        WHERE h.recorder_id = of_recorder AND h.boot = of_boot AND NOT h.backlog
            AND h.at BETWEEN from_at - INTERVAL '10 min' AND to_at + INTERVAL '10 min'
    ), (
        SELECT min(r.received_at - r.at)
        FROM recording r
        WHERE r.recorder_id = of_recorder AND r.boot = of_boot AND NOT r.backlog
            AND r.at BETWEEN from_at - INTERVAL '10 min' AND to_at + INTERVAL '10 min'
    ), (
        SELECT h.received_at - h.at
        FROM heartbeat h
        WHERE h.recorder_id = of_recorder AND h.boot = of_boot AND NOT h.backlog
            AND h.at BETWEEN from_at - INTERVAL '12 hours' AND from_at
        ORDER BY h.at DESC LIMIT 1
    ), (
        SELECT h.received_at - h.at
        FROM heartbeat h
        WHERE h.recorder_id = of_recorder AND h.boot = of_boot AND NOT h.backlog
            AND h.at BETWEEN to_at AND to_at + INTERVAL '12 hours'
        ORDER BY h.at LIMIT 1
    )))::double precision
$$;

-- The hand-outs, of some assignments, that name nobody until their officer has confirmed them by his login or on his
-- phone, with the moment of that (infinity: not yet): those to somebody of another unit, and those to somebody who was on
-- duty and had another recorder that worked. A custodian can't make anybody the wearer without his knowing.
CREATE OR REPLACE FUNCTION unconfirmed_handouts(moment timestamptz, assignment_ids text[])
RETURNS TABLE (assignment_id text, unconfirmed_to timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH handed AS MATERIALIZED (
        SELECT a.assignment_id, a.recorder_id, a.officer_id, a.starts_at, COALESCE(a.ends_at, 'infinity') AS ends_at
        FROM assignments_known_at(moment) a
        WHERE a.assignment_id = ANY (assignment_ids)
    ), span AS MATERIALIZED (
        -- Facts of other times are none of the hand-outs' business: there is a month of them, and a week to come.
        SELECT min(h.starts_at) AS first_at, max(h.starts_at) AS last_at FROM handed h
    ), line AS MATERIALIZED (
        SELECT u.unit_id, u.ancestor_id FROM unit_ancestors_known_at(moment) u
    ), foreign_units AS (
        SELECT h.assignment_id
        FROM handed h
        JOIN officers_known_at(moment) o ON o.officer_id = h.officer_id
        JOIN recorders_known_at(moment) r ON r.recorder_id = h.recorder_id
        WHERE o.unit_id <> r.unit_id
            AND NOT EXISTS (SELECT FROM line l WHERE l.unit_id = o.unit_id AND l.ancestor_id = r.unit_id)
            AND NOT EXISTS (SELECT FROM line l WHERE l.unit_id = r.unit_id AND l.ancestor_id = o.unit_id)
    ), duty AS (
        SELECT h.assignment_id, s.recorder_id, h.starts_at
        FROM handed h
        JOIN shifts_known_at(moment) s ON s.officer_id = h.officer_id AND s.kind IN ('patrol', 'campaign')
            AND s.starts_at <= h.starts_at AND s.ends_at > h.starts_at
        WHERE s.ends_at > (SELECT first_at FROM span) AND s.starts_at <= (SELECT last_at FROM span)
        UNION ALL
        SELECT h.assignment_id, CASE WHEN f.officer_id = h.officer_id THEN f.recorder_id END, h.starts_at
        FROM handed h
        JOIN activity_officer t ON t.officer_id = h.officer_id AND t.ends_at > h.starts_at
        JOIN activity_fact f USING (activity_id, version, slice)
        WHERE f.starts_at <= h.starts_at AND COALESCE(f.ends_at, f.starts_at + INTERVAL '12 hours') > h.starts_at
            AND f.known_from <= moment AND moment < f.known_to
    ), another AS (
        SELECT d.assignment_id, d.recorder_id, d.starts_at FROM duty d WHERE d.recorder_id IS NOT NULL
        UNION
        SELECT h.assignment_id, a.recorder_id, h.starts_at
        FROM handed h
        JOIN assignments_known_at(moment) a ON a.officer_id = h.officer_id
            AND a.starts_at <= h.starts_at AND COALESCE(a.ends_at, 'infinity') > h.starts_at
            AND a.recorder_id <> h.recorder_id
        WHERE COALESCE(a.ends_at, 'infinity') > (SELECT first_at FROM span) AND a.starts_at <= (SELECT last_at FROM span)
        UNION
        SELECT h.assignment_id, r.recorder_id, h.starts_at
        FROM handed h JOIN recorders_known_at(moment) r ON r.holder_id = h.officer_id AND r.recorder_id <> h.recorder_id
    ), needing AS (
        SELECT f.assignment_id FROM foreign_units f
        UNION
        SELECT h.assignment_id
        FROM handed h
        JOIN another o ON o.assignment_id = h.assignment_id AND o.recorder_id <> h.recorder_id
        JOIN recorders_known_at(moment) r ON r.recorder_id = o.recorder_id AND r.status IN ('service', 'spare')
        WHERE EXISTS (SELECT FROM duty d WHERE d.assignment_id = h.assignment_id)
            -- One that is reported out of order is no recorder that he has: a spare takes its place. Many reports are never
            -- closed, so it counts again once another boot of it was in use.
            AND NOT EXISTS (
                SELECT FROM fault_reports_known_at(moment) f
                WHERE f.recorder_id = o.recorder_id AND f.reported_at <= h.starts_at
                    AND COALESCE(f.resolved_at, 'infinity') > h.starts_at
                    AND (f.kind = 'lost' OR next_in_use(f.recorder_id, f.reported_at, (
                        SELECT b.boot FROM recorder_boot b
                        WHERE b.recorder_id = f.recorder_id AND b.first_at <= f.reported_at
                        ORDER BY b.first_at DESC LIMIT 1
                    ), h.starts_at) IS NULL)
            )
    )
    SELECT h.assignment_id, COALESCE(LEAST(
        (SELECT GREATEST(c.confirmed_at, h.starts_at) FROM handout_confirmation c
         WHERE c.assignment_id = h.assignment_id AND c.officer_id = h.officer_id AND c.confirmed_at <= moment),
        (SELECT min(GREATEST(g.starts_at, h.starts_at))
         FROM logins_between(h.starts_at, LEAST(h.ends_at, moment), ARRAY[h.recorder_id], moment) g
         WHERE g.officer_id = h.officer_id)
    ), TIMESTAMPTZ '2200-01-01 00:00:00+00')
    FROM needing n JOIN handed h USING (assignment_id)
$$;

-- As before, and an activity whose end was never entered counts for half a day only (alerts.facts.known, UNENDED_FOR).
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
WITH officers AS MATERIALIZED (
    SELECT o.officer_id, o.unit_id, o.name FROM officers_known_at(moment) o
), given AS MATERIALIZED (
    SELECT a.assignment_id, a.recorder_id, a.officer_id, a.reason, a.starts_at
    FROM assignments_known_at(moment) a
    WHERE a.starts_at <= moment AND COALESCE(a.ends_at, 'infinity') > moment
), held AS MATERIALIZED (
    SELECT c.recorder_id, c.officer_id, c.is_confirmed, c.is_confirmed AND c.reason IN ('spare', 'swap') AS replaces, c.starts_at,
        max(c.starts_at) FILTER (WHERE c.is_confirmed AND c.reason IN ('spare', 'swap')) OVER (PARTITION BY c.officer_id) AS replaced_at
    FROM (
        SELECT g.*, u.unconfirmed_to IS NULL OR u.unconfirmed_to <= moment AS is_confirmed
        FROM given g
        LEFT JOIN unconfirmed_handouts(moment, ARRAY (SELECT assignment_id FROM given)) u USING (assignment_id)
    ) AS c
), had AS (
    -- What an officer has been handed: everything, or only the latest spare or swap, which replaces the rest.
    SELECT * FROM held WHERE replaced_at IS NULL OR (replaces AND starts_at = replaced_at)
), handed AS MATERIALIZED (
    SELECT h.officer_id, array_agg(h.recorder_id) FILTER (WHERE h.is_confirmed) AS recorders, bool_or(h.replaces) AS replaces,
        array_agg(h.recorder_id) AS all_recorders
    FROM had h GROUP BY h.officer_id
), awaited AS MATERIALIZED (
    -- Who has been handed what he hasn't confirmed.
    SELECT h.officer_id, array_agg(h.recorder_id) AS recorders FROM held h WHERE NOT h.is_confirmed GROUP BY h.officer_id
), claim AS MATERIALIZED (
    -- Who is logged in: said since its boot began, and heard of since.
    SELECT s.recorder_id, s.officer_id, s.last_heard_at >= moment - INTERVAL '5 min' AS is_alive
    FROM recorder_state s
    LEFT JOIN recorder_boot b ON b.recorder_id = s.recorder_id AND b.boot = s.boot
    WHERE s.officer_id IS NOT NULL AND (b.first_at IS NULL OR b.first_at <= s.officer_at)
), claimed AS MATERIALIZED (
    SELECT c.officer_id, array_agg(c.recorder_id) FILTER (WHERE c.is_alive) AS recorders FROM claim c GROUP BY c.officer_id
), duty AS MATERIALIZED (
    SELECT 'shift' AS kind, s.shift_id AS duty_id, ARRAY[s.officer_id] AS team, s.recorder_id, s.starts_at,
        s.kind IN ('patrol', 'campaign') AS needs_recorder
    FROM shifts_known_at(moment) s WHERE s.starts_at <= moment AND s.ends_at > moment
    UNION ALL
    SELECT 'activity', a.activity_id, a.officer_ids, a.recorder_id, a.starts_at, true
    FROM activities_known_at(moment) a
    WHERE a.starts_at <= moment AND COALESCE(a.ends_at, a.starts_at + INTERVAL '12 hours') > moment
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
    SELECT d.duty_id, d.kind, d.recorder_id, d.officer_id, d.team[1] = d.officer_id AS is_entered_for,
        GREATEST(d.starts_at, x.was_until) AS since, d.needs_recorder AND NOT COALESCE(x.is_exempt, false) AS counts
    FROM (SELECT d.*, unnest(d.team) AS officer_id FROM duty d) AS d
    LEFT JOIN exempt x ON x.officer_id = d.officer_id
), officer_duty AS (
    SELECT s.officer_id, min(s.since) AS since FROM serving s WHERE s.counts GROUP BY s.officer_id
), recorder_duty AS (
    SELECT s.recorder_id, min(s.since) AS since FROM serving s WHERE s.counts AND s.recorder_id IS NOT NULL GROUP BY s.recorder_id
), naming AS (
    -- Duties that say it is their recorder, but for those whose officer has since been handed a spare.
    SELECT d.kind, d.team, d.recorder_id, d.team[1] AS officer_id
    FROM duty d LEFT JOIN handed h ON h.officer_id = d.team[1]
    WHERE d.recorder_id IS NOT NULL AND NOT (COALESCE(h.replaces, false) AND d.recorder_id <> ALL (h.all_recorders))
), named_elsewhere AS (
    SELECT d.team[1] AS officer_id, array_agg(d.recorder_id) AS recorders FROM duty d WHERE d.recorder_id IS NOT NULL GROUP BY d.team[1]
), assigned AS MATERIALIZED (
    SELECT h.recorder_id, bool_or(h.replaces) AS replaces, bool_or(h.is_confirmed) AS is_confirmed,
        COALESCE(array_agg(h.officer_id) FILTER (WHERE h.replaces), array_agg(h.officer_id)) AS officers
    FROM had h GROUP BY h.recorder_id
), shifted AS MATERIALIZED (
    SELECT n.recorder_id, array_agg(n.officer_id) AS officers
    FROM naming n LEFT JOIN assigned a ON a.recorder_id = n.recorder_id
    WHERE n.kind = 'shift' AND (NOT COALESCE(a.replaces, false) OR n.officer_id = ANY (a.officers))
    GROUP BY n.recorder_id
), acting AS (
    SELECT n.recorder_id, true AS is_named,
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
        COALESCE(a.is_confirmed, false) OR s.officers IS NOT NULL OR COALESCE(t.is_named, false) AS stands,
        CASE
            WHEN r.login IS NULL AND (
                (m.recorder_id IS NOT NULL AND a.officers IS NULL)
                OR r.recorder_id <> ALL (hh.recorders)
                OR (hh.recorders IS NULL AND ne.recorders IS NOT NULL AND NOT ne.recorders <@ ARRAY[r.recorder_id])
            ) THEN NULL
            ELSE r.holder_id
        END AS holder_id
    FROM (
        SELECT r.*, s.officer_id AS login FROM recorder r LEFT JOIN claim s ON s.recorder_id = r.recorder_id
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
            WHEN c.login IS NULL AND NOT w.recorders <@ ARRAY[c.recorder_id] THEN NULL
            WHEN c.login IS NULL AND cardinality(c.decided) > 0 AND NOT c.stands THEN NULL
            -- A login counts for nothing where its officer has another recorder, or is logged in on another one.
            WHEN c.login IS NOT NULL AND cardinality(c.decided) = 0 AND (
                c.recorder_id <> ALL (h.recorders)
                OR (h.recorders IS NULL AND NOT ne.recorders <@ ARRAY[c.recorder_id])
                OR (c.holder_id IS NULL AND NOT k.recorders <@ ARRAY[c.recorder_id])
            ) THEN NULL
            WHEN cardinality(c.decided) = 1 AND NOT c.is_assigned AND (
                c.recorder_id <> ALL (h.recorders)
                OR (h.recorders IS NULL AND NOT ne.recorders <@ ARRAY[c.recorder_id])
            ) THEN NULL
            ELSE c.candidates[1]
        END AS wearer_id
    FROM candidate c
    LEFT JOIN handed h ON h.officer_id = c.candidates[1]
    LEFT JOIN named_elsewhere ne ON ne.officer_id = c.candidates[1]
    LEFT JOIN awaited w ON w.officer_id = c.candidates[1]
    LEFT JOIN claimed k ON k.officer_id = c.candidates[1]
), through AS (
    SELECT k.recorder_id, min(d.since) AS since
    FROM (SELECT w.recorder_id, unnest(w.candidates) AS officer_id FROM worn w) AS k
    JOIN officer_duty d ON d.officer_id = k.officer_id
    GROUP BY k.recorder_id
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
) AS p;
END $$;
