-- The live picture of the fleet and what changed of the incidents.

-- name: snapshot
-- Every recorder but test devices as it is at $1; the columns are those of live_recorders in their order.
SELECT * FROM live_recorders($1);

-- name: read_position
-- Up to where the incidents can be read without missing one: what an unfinished transaction writes comes after it.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text;

-- name: incidents_since
-- Incidents that were written at or after the position $1, and the position to go on from. It is taken in the same
-- snapshot: what that doesn't see was written later than it says. One row without an incident where there is none.
SELECT p.position::text, f.incident_id
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS position) AS p
LEFT JOIN incident_feed f ON f.changed_in >= $1::text::xid8
ORDER BY f.changed_in;
