-- The live view: the fleet's state, and incidents that changed.

-- name: snapshot
-- Every recorder but test devices at $1; columns in the order of live_recorders. A cell is a position, only coarser: it is
-- shown where a position of that moment would be.
SELECT l.recorder_id, l.unit_id, l.status, l.model, l.heartbeat_s, l.officer_id, l.officer_unit_id, l.officer_name, l.candidates,
    l.on_duty, l.duty_since, l.is_lost, l.state, l.since, l.last_at, l.lat, l.lon, l.fix_at, l.battery_pct, l.charging, l.free_mb,
    l.total_mb, l.rsrp_dbm, l.network,
    CASE WHEN l.state = 'sos' OR l.is_lost OR (l.on_duty AND s.heartbeat_at >= l.duty_since) THEN l.cell END AS cell,
    l.sim, l.iccid, l.incidents, l.suspected
FROM live_recorders($1) l LEFT JOIN recorder_state s USING (recorder_id);

-- name: incidents_since
-- Incidents written at or after position $1, and the next position. Both come from one snapshot, so whatever it doesn't
-- see has a later position. One row without an incident if there is none.
SELECT p.position::text, f.incident_id
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS position) AS p
LEFT JOIN incident_feed f ON f.changed_in >= $1::text::xid8
ORDER BY f.changed_in;
