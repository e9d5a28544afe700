-- Retention: what is deleted, what is kept longer, and until when.
-- Superseded versions of facts (fact_version and the slices) are never deleted. An incident's evidence cites them
-- ("assignments/A7", the roster as known then), slips made from incidents are kept as long as the case files, and a
-- back-test needs the facts as known at the time. They hold no positions and are small: a roster line has some hundred
-- bytes and changes a few times a day, compared with millions of readings.

-- name: mark
-- $1 job.
SELECT until FROM keeping_mark WHERE job = $1;

-- name: set_mark
INSERT INTO keeping_mark (job, until) VALUES ($1, $2) ON CONFLICT (job) DO UPDATE SET until = EXCLUDED.until;

-- name: located
-- Recorders with positions or radio cells in an interval. $1 from, $2 to.
SELECT recorder_id FROM location WHERE at >= $1 AND at < $2
UNION
SELECT recorder_id FROM recorder_state WHERE location_at >= $1 AND location_at < $2 AND lat IS NOT NULL
UNION
SELECT recorder_id FROM recorder_state WHERE heartbeat_at >= $1 AND heartbeat_at < $2 AND cell IS NOT NULL
UNION
SELECT recorder_id FROM silence WHERE since >= $1 AND since < $2 AND cell IS NOT NULL
UNION
-- One look into the index for each recorder, instead of reading all heartbeats of that time.
SELECT s.recorder_id FROM recorder_state s CROSS JOIN LATERAL (
    SELECT FROM heartbeat h WHERE h.recorder_id = s.recorder_id AND h.at >= $1 AND h.at < $2 AND h.cell IS NOT NULL LIMIT 1
) AS k
ORDER BY recorder_id;

-- name: protected
-- Intervals in which off-duty positions are kept: an open SOS, and a recorder reported lost.
-- $1 recorder_id[], $2 from, $3 to, $4 known_at.
SELECT recorder_id, GREATEST(starts_at, $2), LEAST(ends_at, $3) FROM (
    SELECT recorder_id, starts_at,
        CASE WHEN status IN ('open', 'acknowledged') THEN 'infinity' ELSE GREATEST(ends_at, changed_at) END AS ends_at
    FROM incident WHERE rule = 'sos'
    UNION ALL
    SELECT recorder_id, reported_at, COALESCE(resolved_at, 'infinity') FROM fault_reports_known_at($4) WHERE kind = 'lost'
) AS kept
WHERE recorder_id = ANY ($1::text[]) AND starts_at < $3 AND ends_at > $2;

-- name: delete_positions
-- Parallel arrays: $1 recorder_id[], $2 from_at[], $3 to_at[].
DELETE FROM location l
USING unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS o (recorder_id, from_at, to_at)
WHERE l.recorder_id = o.recorder_id AND l.at >= o.from_at AND l.at < o.to_at;

-- name: blank_states
-- Blank the latest position too, but keep its time, so that no older position replaces it.
-- $1 recorder_id[], $2 from_at[], $3 to_at[].
UPDATE recorder_state s
SET lat = NULL, lon = NULL, accuracy_m = NULL, speed_mps = NULL, heading_deg = NULL, fix = NULL
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS o (recorder_id, from_at, to_at)
WHERE s.recorder_id = o.recorder_id AND s.location_at >= o.from_at AND s.location_at < o.to_at AND s.lat IS NOT NULL;

-- name: stretches_with_cells
-- Those of some stretches in which a recorder told of a cell: most have none, and an update decompresses what it looks at.
-- $1 recorder_id[], $2 from_at[], $3 to_at[].
SELECT o.recorder_id, o.from_at, o.to_at
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS o (recorder_id, from_at, to_at)
CROSS JOIN LATERAL (
    SELECT FROM heartbeat h
    WHERE h.recorder_id = o.recorder_id AND h.at >= o.from_at AND h.at < o.to_at AND h.cell IS NOT NULL LIMIT 1
) AS k;

-- name: blank_cells
-- A cell is a position, only coarser; what else a heartbeat says is kept. The arrays as before, $4-$5 span them.
UPDATE heartbeat h SET cell = NULL
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS o (recorder_id, from_at, to_at)
WHERE h.recorder_id = o.recorder_id AND h.at >= o.from_at AND h.at < o.to_at AND h.cell IS NOT NULL AND h.at >= $4 AND h.at < $5;

-- name: blank_state_cells
UPDATE recorder_state s SET cell = NULL
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS o (recorder_id, from_at, to_at)
WHERE s.recorder_id = o.recorder_id AND s.heartbeat_at >= o.from_at AND s.heartbeat_at < o.to_at AND s.cell IS NOT NULL;

-- name: blank_silence_cells
-- A silence's cell is that of its last reading.
UPDATE silence s SET cell = NULL
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS o (recorder_id, from_at, to_at)
WHERE s.recorder_id = o.recorder_id AND s.since >= o.from_at AND s.since < o.to_at AND s.cell IS NOT NULL;

-- name: drop_old_cells
-- Cells on duty are kept as long as tracks, longer only under an open incident. $1 from, $2 to, $3 margin around an incident.
UPDATE heartbeat h SET cell = NULL
WHERE h.at >= $1 AND h.at < $2 AND h.cell IS NOT NULL AND NOT EXISTS (
    SELECT FROM incident i
    WHERE i.recorder_id = h.recorder_id
        AND i.status IN ('open', 'acknowledged', 'statement', 'verifying', 'reopened')
        AND h.at >= i.starts_at - $3::interval AND h.at < COALESCE(i.ends_at, i.starts_at + INTERVAL '1 day') + $3::interval
);

-- name: drop_old_silence_cells
-- $1 from, $2 to.
UPDATE silence SET cell = NULL WHERE since >= $1 AND since < $2 AND cell IS NOT NULL;

-- name: keep_tracks
-- Copy the track points of open incidents before they expire. $1 older than, $2 margin around the incident.
INSERT INTO location_kept
SELECT DISTINCT l.*
FROM incident i
JOIN location l ON l.recorder_id = i.recorder_id
    AND l.at >= i.starts_at - $2::interval AND l.at < COALESCE(i.ends_at, i.starts_at + INTERVAL '1 day') + $2::interval
WHERE i.status IN ('open', 'acknowledged', 'statement', 'verifying', 'reopened')
    AND i.starts_at < $1 AND l.at < $1
ON CONFLICT DO NOTHING;

-- name: drop_kept
-- Delete copies that no open incident needs. $1 margin around the incident.
DELETE FROM location_kept k
WHERE NOT EXISTS (
    SELECT FROM incident i
    WHERE i.recorder_id = k.recorder_id
        AND i.status IN ('open', 'acknowledged', 'statement', 'verifying', 'reopened')
        AND k.at >= i.starts_at - $1::interval AND k.at < COALESCE(i.ends_at, i.starts_at + INTERVAL '1 day') + $1::interval
);

-- name: unlabelled
-- Imports whose latest version has not been scanned for labels. $1 known_at, $2 limit.
SELECT f.fact_id, f.version, f.content
FROM fact_version f
JOIN dock_imports_known_at($1) d ON d.dock_import_id = f.fact_id AND d.version = f.version
WHERE f.collection = 'dock_imports'
    AND NOT EXISTS (SELECT FROM footage_retention r WHERE r.dock_import_id = f.fact_id AND r.version = f.version)
ORDER BY f.loaded_at
LIMIT $2;

-- name: drop_labels
-- $1 dock_import_id[].
DELETE FROM footage_retention WHERE dock_import_id = ANY ($1::text[]);

-- name: add_labels
-- $1 rows as JSON.
INSERT INTO footage_retention SELECT * FROM jsonb_populate_recordset(NULL::footage_retention, $1::jsonb);

-- name: labels
-- $1 class (null: all), $2 recorder_id (null: all), $3 limit, $4 unit_id[] (null: all), $5 known_at.
SELECT * FROM footage_retention
WHERE ($1::text IS NULL OR class = $1) AND ($2::text IS NULL OR recorder_id = $2)
    AND ($4::text[] IS NULL
        OR recorder_id IN (SELECT r.recorder_id FROM recorders_known_at($5) r WHERE r.unit_id = ANY ($4::text[])))
ORDER BY recorded_from DESC, dock_import_id, segment
LIMIT $3;
