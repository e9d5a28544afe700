-- The live view: the fleet's state, and incidents that changed.

-- name: snapshot
-- Every recorder but test devices at $1; columns in the order of live_recorders.
SELECT * FROM live_recorders($1);

-- name: incidents_since
-- Incidents written at or after position $1, and the next position. Both come from one snapshot, so whatever it doesn't
-- see has a later position. One row without an incident if there is none.
SELECT p.position::text, f.incident_id
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS position) AS p
LEFT JOIN incident_feed f ON f.changed_in >= $1::text::xid8
ORDER BY f.changed_in;
