-- Incidents: the current row, transitions and revisions.

-- name: digests
-- Digests of the rules' last conclusions. $1 incident_id[].
SELECT incident_id, digest FROM incident WHERE incident_id = ANY($1::text[]);

-- name: lock
-- Lock incidents in id order, for rules and people alike, to avoid deadlocks. $1 incident_id[].
SELECT * FROM incident WHERE incident_id = ANY($1::text[]) ORDER BY incident_id FOR UPDATE;

-- name: by_id
-- $1 incident_id[].
SELECT * FROM incident WHERE incident_id = ANY($1::text[]) ORDER BY incident_id;

-- name: put
-- Insert or update incidents. $1 array of rows as JSON.
INSERT INTO incident AS i
SELECT * FROM jsonb_populate_recordset(NULL::incident, $1::jsonb)
ON CONFLICT (incident_id) DO UPDATE SET
    status = EXCLUDED.status, standing = EXCLUDED.standing, confidence = EXCLUDED.confidence,
    weight = EXCLUDED.weight, raised = EXCLUDED.raised, cause = EXCLUDED.cause, excuse = EXCLUDED.excuse,
    recorder_id = EXCLUDED.recorder_id, officer_id = EXCLUDED.officer_id, unit_id = EXCLUDED.unit_id,
    shift_id = EXCLUDED.shift_id, activity_id = EXCLUDED.activity_id,
    starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at, confirmed_at = EXCLUDED.confirmed_at,
    evidence = EXCLUDED.evidence, parameters = EXCLUDED.parameters, outage_id = EXCLUDED.outage_id,
    flaps = EXCLUDED.flaps, decided_by = EXCLUDED.decided_by, review = EXCLUDED.review,
    digest = EXCLUDED.digest, revision = EXCLUDED.revision, version = EXCLUDED.version,
    changed_at = EXCLUDED.changed_at;

-- name: add_transitions
-- $1 array of rows as JSON. Of two concurrent writers of a version, the second fails on the primary key.
INSERT INTO incident_transition SELECT * FROM jsonb_populate_recordset(NULL::incident_transition, $1::jsonb);

-- name: add_revisions
-- $1 array of rows as JSON.
INSERT INTO incident_revision SELECT * FROM jsonb_populate_recordset(NULL::incident_revision, $1::jsonb);

-- name: mark_untold
-- $1 incident_id[], sorted.
INSERT INTO incident_untold SELECT unnest($1::text[]) ON CONFLICT DO NOTHING;

-- name: all_incidents
SELECT * FROM incident ORDER BY starts_at, rule, incident_id;

-- name: history
-- $1 incident_id.
SELECT * FROM incident_transition WHERE incident_id = $1 ORDER BY version;

-- name: revisions
-- $1 incident_id.
SELECT * FROM incident_revision WHERE incident_id = $1 ORDER BY revision;

-- name: once_known
-- Those of the incidents that once were more than suspected. $1 incident_id[].
SELECT DISTINCT incident_id FROM incident_revision
WHERE incident_id = ANY ($1::text[]) AND adopted AND content ->> 'confidence' IS DISTINCT FROM 'suspected';

-- name: one_revision
-- $1 incident_id, $2 revision.
SELECT content FROM incident_revision WHERE incident_id = $1 AND revision = $2;
