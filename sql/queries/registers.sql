-- The registers of recorders, units and officers, for the console.

-- name: recorders
-- A page of recorders by id, including unregistered ones that were heard.
-- $1 unit_id[] that may be shown (null: all, and the unregistered ones), $2 further recorder_id[] that may be shown, $3
-- unit_id[] searched, $4 status, $5 text pattern, $6 after recorder_id, $7 limit, $8 a single recorder_id, $9 whether
-- the text may be a holder's name.
SELECT COALESCE(r.recorder_id, s.recorder_id) AS recorder_id, r.unit_id, r.model, r.holder_id, r.imei, r.iccid AS bound_iccid, r.heartbeat_s, r.senses_sim,
    COALESCE(r.status, 'unregistered') AS status, s.firmware, s.model AS said_model, s.imei AS said_imei, s.iccid,
    s.boot, s.uptime_s, s.temperature_c, s.voltage_mv, s.files, s.last_end, s.connected, s.connection_reason, s.last_heard_at AS last_at,
    s.level_pct AS battery_pct, s.charging, s.free_mb, s.total_mb, s.rsrp_dbm, s.network, s.sim,
    h.name AS holder_name
FROM recorder r
FULL JOIN recorder_state s ON s.recorder_id = r.recorder_id
LEFT JOIN LATERAL (
    SELECT o.name FROM officer_fact o WHERE o.officer_id = r.holder_id ORDER BY o.version DESC, o.slice DESC LIMIT 1
) AS h ON true
WHERE ($1::text[] IS NULL OR r.unit_id = ANY ($1) OR r.recorder_id = ANY ($2::text[]))
    AND ($3::text[] IS NULL OR r.unit_id = ANY ($3))
    AND ($4::text IS NULL OR COALESCE(r.status, 'unregistered') = $4)
    AND ($5::text IS NULL OR COALESCE(r.recorder_id, s.recorder_id) ILIKE $5 OR ($9 AND h.name ILIKE $5) OR r.iccid ILIKE $5
        OR s.iccid ILIKE $5 OR r.imei ILIKE $5 OR r.model ILIKE $5)
    AND COALESCE(r.recorder_id, s.recorder_id) > $6
    AND ($8::text IS NULL OR COALESCE(r.recorder_id, s.recorder_id) = $8)
ORDER BY COALESCE(r.recorder_id, s.recorder_id)
LIMIT $7;

-- name: recorder_unit
-- $1 recorder_id. No row: unknown. Null: heard, but not registered.
SELECT r.unit_id FROM recorder r WHERE r.recorder_id = $1
UNION ALL
SELECT NULL FROM recorder_state s WHERE s.recorder_id = $1 AND NOT EXISTS (SELECT FROM recorder r WHERE r.recorder_id = $1)
LIMIT 1;

-- name: assignments_of
-- Hand-outs of a recorder, newest first. $1 recorder_id, $2 now, $3 limit.
SELECT a.assignment_id, a.officer_id, a.starts_at, a.ends_at, a.reason, a.late FROM assignments_known_at($2) a
WHERE a.recorder_id = $1 ORDER BY a.starts_at DESC LIMIT $3;

-- name: bindings_of
-- $1 recorder_id, $2 now.
SELECT sim_binding_id, iccid, valid_from FROM sim_bindings_known_at($2) WHERE recorder_id = $1 ORDER BY valid_from DESC LIMIT 20;

-- name: reports_of
-- $1 recorder_id, $2 now.
SELECT fault_report_id, officer_id, kind, reported_at, repair_at, resolved_at, late FROM fault_reports_known_at($2)
WHERE recorder_id = $1 ORDER BY reported_at DESC LIMIT 20;

-- name: units
-- $1 now.
SELECT unit_id, name, kind, parent_id, area::text FROM units_known_at($1) ORDER BY unit_id;

-- name: officers
-- A page of officers by id.
-- $1 unit_id[] that may be shown (null: all), $2 unit_id[] searched, $3 text pattern, $4 after officer_id, $5 limit, $6
-- now.
SELECT officer_id, name, unit_id, roles FROM officers_known_at($6)
WHERE ($1::text[] IS NULL OR unit_id = ANY ($1)) AND ($2::text[] IS NULL OR unit_id = ANY ($2))
    AND ($3::text IS NULL OR officer_id ILIKE $3 OR name ILIKE $3) AND officer_id > $4
ORDER BY officer_id LIMIT $5;
