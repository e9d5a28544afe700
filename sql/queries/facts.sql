-- Facts: the journal, what was known when, and the queries of rules.
-- {table} and {id} are those of one collection (alerts.facts.rows, TABLES).

-- name: lock_facts
-- One load or approval at a time, until the transaction ends: versions are numbered in order of writing.
SELECT pg_advisory_xact_lock(hashtext('recorder-fleet facts'));

-- name: stored_ids
-- Those of the ids that are facts. $1 collection, $2 id[].
SELECT n.fact_id
FROM unnest($2::text[]) AS n (fact_id)
WHERE EXISTS (SELECT FROM fact_version v WHERE v.collection = $1 AND v.fact_id = n.fact_id);

-- name: stored_digests
-- The digests of each fact's versions, in order. $1 collection, $2 id[].
SELECT fact_id, array_agg(digest ORDER BY version) AS digests
FROM fact_version
WHERE collection = $1 AND fact_id = ANY ($2::text[])
GROUP BY fact_id;

-- name: counting_contents
-- The latest version of each fact that counts in full: approved, or not in need of approval. $1 collection, $2 id[].
SELECT DISTINCT ON (fact_id) fact_id, content::text
FROM fact_version
WHERE collection = $1 AND fact_id = ANY ($2::text[]) AND (NOT needs_approval OR approved_at IS NOT NULL)
ORDER BY fact_id, version DESC;

-- name: stored_slices
-- The columns of slices that decide until when they count. $1 collection, $2 id[].
SELECT
    f.{id} AS fact_id, f.version, f.slice, f.known_from,
    (v.content ->> 'cancelled_at')::timestamptz AS cancelled_at,
    NULLIF(f.known_to, 'infinity') AS known_to
FROM {table} f
JOIN fact_version v ON v.collection = $1 AND v.fact_id = f.{id} AND v.version = f.version
WHERE f.{id} = ANY ($2::text[]);

-- name: move_ends
-- $1 id[], $2 version[], $3 slice[], $4 known_to[] (null: still).
UPDATE {table} f SET known_to = COALESCE(n.known_to, 'infinity')
FROM unnest($1::text[], $2::integer[], $3::integer[], $4::timestamptz[]) AS n (id, version, slice, known_to)
WHERE f.{id} = n.id AND f.version = n.version AND f.slice = n.slice;

-- name: aliases
-- Aliases with the ids they stand for. $1 collection, $2 id[].
SELECT alias_id, fact_id FROM fact_alias WHERE collection = $1 AND alias_id = ANY ($2::text[]);

-- name: add_aliases
-- $1 collection, $2 alias id[], $3 id[].
INSERT INTO fact_alias (collection, alias_id, fact_id)
SELECT $1, alias_id, fact_id FROM unnest($2::text[], $3::text[]) AS n (alias_id, fact_id)
ON CONFLICT DO NOTHING;

-- name: shifts_alike
-- Current shifts that are the same conduct as a given one, by its index.
-- $1 officer_id[], $2 case_no[] (unused), $3 starts_at[], $4 ends_at[], $5 kind[].
SELECT n.number, f.shift_id
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[])
    WITH ORDINALITY AS n (officer_id, case_no, starts_at, ends_at, kind, number)
JOIN shift_fact f ON f.officer_id = n.officer_id AND f.ends_at = n.ends_at
WHERE f.starts_at = n.starts_at AND f.kind = n.kind AND f.known_to = 'infinity'
ORDER BY n.number, f.shift_id;

-- name: activities_alike
-- The same for activities; two running ones (no end) match. $1 is null if the case number identifies the activity.
SELECT n.number, f.activity_id
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[])
    WITH ORDINALITY AS n (officer_id, case_no, starts_at, ends_at, kind, number)
JOIN activity_fact f ON f.starts_at = n.starts_at AND f.ends_at IS NOT DISTINCT FROM n.ends_at AND f.kind = n.kind
WHERE (n.officer_id = ANY (f.officer_ids) OR n.case_no = f.case_no) AND f.known_to = 'infinity'
ORDER BY n.number, f.activity_id;

-- name: sharing_numbers
-- Current recorders that have one of these numbers. $1 imei[], $2 iccid[].
SELECT f.recorder_id, f.imei, f.iccid, v.content ->> 'override' AS override
FROM recorder_fact f
JOIN fact_version v ON v.collection = 'recorders' AND v.fact_id = f.recorder_id AND v.version = f.version
WHERE f.known_to = 'infinity' AND (f.imei = ANY ($1::text[]) OR f.iccid = ANY ($2::text[]))
ORDER BY f.recorder_id;

-- name: unit_parents
-- Each unit's parent as last written.
SELECT DISTINCT ON (fact_id) fact_id, content ->> 'parent_id' AS parent_id
FROM fact_version WHERE collection = 'units' ORDER BY fact_id, version DESC;

-- name: take_changes
-- Return and delete the facts stored since the last call; only the evaluating process may call it.
WITH taken AS (DELETE FROM fact_change RETURNING collection, fact_id)
SELECT DISTINCT collection, fact_id FROM taken ORDER BY 1, 2;

-- name: changed_between
-- Facts that became known, changed or ended by their own times in ($1, $2].
SELECT collection, fact_id FROM fact_slice
WHERE known_from > $1 AND known_from <= $2 AND known_from < known_to
UNION
SELECT collection, fact_id FROM fact_slice
WHERE known_to > $1 AND known_to <= $2 AND known_to < 'infinity' AND known_from < known_to
ORDER BY 1, 2;

-- name: next_change
-- The next moment at which facts change by their own times: until then a tick finds the same facts. $1 after.
SELECT least(
    (SELECT min(known_from) FROM fact_slice WHERE known_from > $1),
    (SELECT min(known_to) FROM fact_slice WHERE known_to > $1 AND known_to < 'infinity')
);

-- name: refresh_register
-- $1 known_at.
SELECT refresh_register($1);

-- name: version_to_approve
-- $1 collection, $2 id, $3 version.
SELECT
    v.content::text, v.needs_approval AND v.rejected_at IS NULL AS needs_approval,
    v.approved_at IS NOT NULL AS is_approved,
    v.version < (SELECT max(l.version) FROM fact_version l WHERE l.collection = $1 AND l.fact_id = $2) AS is_overtaken
FROM fact_version v
WHERE v.collection = $1 AND v.fact_id = $2 AND v.version = $3;

-- name: mark_approved
-- $1 collection, $2 id, $3 version, $4 by, $5 at.
UPDATE fact_version SET approved_by = $4, approved_at = $5 WHERE collection = $1 AND fact_id = $2 AND version = $3;

-- name: mark_rejected
-- $1 collection, $2 id, $3 version, $4 by, $5 at, $6 why.
UPDATE fact_version SET rejected_by = $4, rejected_at = $5, rejected_reason = $6
WHERE collection = $1 AND fact_id = $2 AND version = $3;

-- name: awaiting_approval
-- Late entries (事后补录) that are neither decided nor superseded, oldest first. $1 limit.
SELECT v.collection, v.fact_id, v.version, v.content::text, v.loaded_at, v.loaded_by
FROM fact_version v
WHERE v.needs_approval AND v.approved_at IS NULL AND v.rejected_at IS NULL AND NOT EXISTS (
    SELECT FROM fact_version l
    WHERE l.collection = v.collection AND l.fact_id = v.fact_id AND l.version > v.version)
ORDER BY v.loaded_at, v.collection, v.fact_id
LIMIT $1;

-- name: history
-- Every version of one fact. $1 collection, $2 id.
SELECT version, content::text, loaded_at, loaded_by, late, needs_approval, approved_at, approved_by
FROM fact_version WHERE collection = $1 AND fact_id = $2 ORDER BY version;

-- name: officer_standings
-- Unit and roles of officers. $1 id[], $2 known_at.
SELECT officer_id, unit_id, roles FROM officers_known_at($2) WHERE officer_id = ANY ($1::text[]);

-- name: recorder_standing
-- Unit and holder of a recorder. $1 id, $2 known_at.
SELECT unit_id, holder_id FROM recorders_known_at($2) WHERE recorder_id = $1;

-- name: unit_ancestors
-- A unit and its ancestors. $1 unit, $2 known_at.
SELECT ancestor_id FROM unit_ancestors_known_at($2) WHERE unit_id = $1;

-- name: related
-- The recorders and officers needed to judge recorders $4 and officers $5 over [$2, $3], as known at $1: the officers
-- linked to the recorders, all recorders linked to those officers, and all officers linked to those recorders.
-- Each step looks up by id, so the cost depends on the result. $6 and $7 are the logins: recorder_id[], officer_id[].
WITH links AS NOT MATERIALIZED (
    SELECT recorder_id, officer_id FROM assignments_known_at($1)
        WHERE starts_at < $3 AND COALESCE(ends_at, 'infinity') > $2
    UNION ALL SELECT recorder_id, officer_id FROM shifts_known_at($1)
        WHERE recorder_id IS NOT NULL AND starts_at < $3 AND ends_at > $2
    UNION ALL SELECT a.recorder_id, o.officer_id FROM activity_officer o JOIN activity_fact a USING (activity_id, version, slice)
        WHERE a.recorder_id IS NOT NULL AND a.starts_at < $3 AND COALESCE(a.ends_at, 'infinity') > $2 AND o.ends_at > $2
            AND a.known_from <= $1 AND a.known_to > $1
    UNION ALL SELECT recorder_id, holder_id FROM recorder_fact
        WHERE holder_id IS NOT NULL AND known_from <= $1 AND known_from < known_to
    UNION ALL SELECT recorder_id, officer_id FROM unnest($6::text[], $7::text[]) AS logins (recorder_id, officer_id)
), people AS (
    SELECT ARRAY (SELECT officer_id FROM links WHERE recorder_id = ANY ($4::text[])) || $5::text[] AS ids
), things AS (
    SELECT ARRAY (SELECT recorder_id FROM links WHERE officer_id = ANY ((SELECT ids FROM people)::text[])) || $4 AS ids
)
SELECT
    ARRAY (SELECT DISTINCT unnest(ids) FROM things ORDER BY 1) AS recorder_ids,
    ARRAY (
        SELECT unnest(ids) FROM people
        UNION SELECT officer_id FROM links WHERE recorder_id = ANY ((SELECT ids FROM things)::text[])
        ORDER BY 1
    ) AS officer_ids;

-- name: known_units
-- $1 now.
SELECT unit_id, name, parent_id, kind FROM units_known_at($1) ORDER BY unit_id;

-- name: known_officers
-- Register entries of officers up to $1 (now). $2 officer_id[] (null: all).
SELECT officer_id, name, unit_id, roles, known_from, CASE WHEN known_to <= $1 THEN known_to END AS known_to
FROM officer_fact
WHERE known_from <= $1 AND known_from < known_to AND officer_id = ANY (COALESCE($2::text[], ARRAY (SELECT officer_id FROM officer_fact)))
ORDER BY officer_id, known_from;

-- name: known_recorders
-- Register entries of recorders up to $1 (now). $2 recorder_id[] (null: all).
SELECT
    recorder_id, known_from, unit_id, model, holder_id, iccid, heartbeat_s, senses_sim, status,
    CASE WHEN known_to <= $1 THEN known_to END AS known_to
FROM recorder_fact
WHERE known_from <= $1 AND known_from < known_to
    AND recorder_id = ANY (COALESCE($2::text[], ARRAY (SELECT recorder_id FROM recorder_fact)))
ORDER BY recorder_id, known_from;

-- name: known_assignments
-- $1 now, $2-$3 the interval.
WITH wanted AS MATERIALIZED (
    SELECT assignment_id, recorder_id, officer_id, starts_at, ends_at, reason, late
    FROM assignments_known_at($1)
    WHERE starts_at < $3 AND COALESCE(ends_at, 'infinity') > $2
)
SELECT w.*, u.unconfirmed_to
FROM wanted w
LEFT JOIN unconfirmed_handouts($1, ARRAY (SELECT assignment_id FROM wanted)) u USING (assignment_id)
ORDER BY w.assignment_id;

-- name: known_assignments_of
-- A union here and below, since each half uses its own index; OR would read all rows.
-- $1 now, $2-$3 the interval, $4 recorder_id[], $5 officer_id[].
WITH wanted AS MATERIALIZED (
    SELECT assignment_id, recorder_id, officer_id, starts_at, ends_at, reason, late
    FROM assignments_known_at($1)
    WHERE recorder_id = ANY ($4::text[]) AND starts_at < $3 AND COALESCE(ends_at, 'infinity') > $2
    UNION
    SELECT assignment_id, recorder_id, officer_id, starts_at, ends_at, reason, late
    FROM assignments_known_at($1)
    WHERE officer_id = ANY ($5::text[]) AND starts_at < $3 AND COALESCE(ends_at, 'infinity') > $2
)
SELECT w.*, u.unconfirmed_to
FROM wanted w
LEFT JOIN unconfirmed_handouts($1, ARRAY (SELECT assignment_id FROM wanted)) u USING (assignment_id)
ORDER BY w.assignment_id;

-- name: known_shifts
-- $1 now, $2-$3 the interval.
SELECT * FROM shifts_known_at($1) WHERE starts_at < $3 AND ends_at > $2 ORDER BY shift_id;

-- name: known_shifts_of
-- $1 now, $2-$3 the interval, $4 recorder_id[], $5 officer_id[].
SELECT * FROM shifts_known_at($1) WHERE recorder_id = ANY ($4::text[]) AND starts_at < $3 AND ends_at > $2
UNION
SELECT * FROM shifts_known_at($1) WHERE officer_id = ANY ($5::text[]) AND starts_at < $3 AND ends_at > $2
ORDER BY shift_id;

-- name: known_activities
-- $1 now, $2-$3 the interval.
SELECT * FROM activities_known_at($1)
WHERE starts_at < $3 AND COALESCE(ends_at, 'infinity') > $2
ORDER BY activity_id;

-- name: known_activities_of
-- $1 now, $2-$3 the interval, $4 recorder_id[], $5 officer_id[].
SELECT * FROM activities_known_at($1)
WHERE recorder_id = ANY ($4::text[]) AND starts_at < $3 AND COALESCE(ends_at, 'infinity') > $2
UNION
SELECT * FROM activities_of_officers_known_at($1, $5::text[], $2)
WHERE starts_at < $3
ORDER BY 1;

-- name: known_exemptions
-- $1 now, $2-$3 the interval.
SELECT exemption_id, officer_id, unit_id, starts_at, ends_at, reason, approved_by, late
FROM exemptions_known_at($1)
WHERE starts_at < $3 AND ends_at > $2
ORDER BY exemption_id;

-- name: known_reports
-- Fault reports that may excuse something in the interval. They may be up to eight days later, as the failure precedes
-- its report. $1 now, $2-$3 the interval.
SELECT fault_report_id, officer_id, recorder_id, kind, reported_at, repair_at, resolved_at, late
FROM fault_reports_known_at($1)
WHERE COALESCE(resolved_at, 'infinity') > $2 AND reported_at < $3::timestamptz + INTERVAL '8 days'
ORDER BY fault_report_id;

-- name: known_reports_of
-- $1 now, $2-$3 the interval, $4 recorder_id[], $5 officer_id[].
SELECT fault_report_id, officer_id, recorder_id, kind, reported_at, repair_at, resolved_at, late
FROM fault_reports_known_at($1)
WHERE recorder_id = ANY ($4::text[])
    AND COALESCE(resolved_at, 'infinity') > $2 AND reported_at < $3::timestamptz + INTERVAL '8 days'
UNION
SELECT fault_report_id, officer_id, recorder_id, kind, reported_at, repair_at, resolved_at, late
FROM fault_reports_known_at($1)
WHERE officer_id = ANY ($5::text[])
    AND COALESCE(resolved_at, 'infinity') > $2 AND reported_at < $3::timestamptz + INTERVAL '8 days'
ORDER BY fault_report_id;

-- name: logins_between
-- $1 now, $2-$3 the interval, $4 recorder_id[] (null: all that were ever heard).
SELECT recorder_id, officer_id, starts_at, ends_at, heard_to
FROM logins_between($2, $3, COALESCE($4::text[], ARRAY (SELECT recorder_id FROM recorder_state)), $1)
ORDER BY recorder_id, starts_at;

-- name: recorded_between
-- When recorders recorded. $1-$2 the interval, $3 recorder_id[].
SELECT s.recorder_id, s.since, GREATEST(s.since, CASE WHEN s.next_state = 'standby' THEN s.next_since ELSE s.last_at END) AS until
FROM (
    SELECT t.recorder_id, t.state, t.since, t.last_at, lead(t.state) OVER w AS next_state, lead(t.since) OVER w AS next_since
    FROM own_recording_state t
    WHERE t.recorder_id = ANY ($3::text[]) AND t.since > $1::timestamptz - INTERVAL '1 day' AND t.since < $2
    WINDOW w AS (PARTITION BY t.recorder_id, t.boot ORDER BY t.since, t.since_ts)
) AS s
WHERE s.state = 'recording'
ORDER BY s.recorder_id, s.since;

-- name: used_between
-- When recorders were on, over a mobile network in that boot and off the dock. $1-$2 the interval, $3 recorder_id[].
SELECT u.recorder_id, u.since, u.until
FROM (
    SELECT s.recorder_id, s.at AS since, COALESCE(lead(s.at) OVER (PARTITION BY s.recorder_id, s.boot ORDER BY s.at), s.last_at) AS until,
        s.off_dock
    FROM recorder_boot b
    CROSS JOIN LATERAL (
        SELECT b.recorder_id, b.boot, b.first_at, b.last_at, true
        UNION ALL
        SELECT b.recorder_id, b.boot, e.at, b.last_at, e.type = 'undocked'
        FROM event e
        WHERE e.recorder_id = b.recorder_id AND e.boot = b.boot AND e.type IN ('docked', 'undocked')
            AND e.at BETWEEN b.first_at AND b.last_at
    ) AS s (recorder_id, boot, at, last_at, off_dock)
    WHERE b.recorder_id = ANY ($3::text[]) AND b.first_at < $2 AND b.last_at > $1 AND b.first_at > $1::timestamptz - INTERVAL '31 days'
        AND EXISTS (
            SELECT FROM heartbeat h
            WHERE h.recorder_id = b.recorder_id AND h.boot = b.boot AND h.network IN ('2g', '3g', '4g', '5g')
                AND h.at BETWEEN GREATEST(b.first_at, $1::timestamptz - INTERVAL '1 day') AND LEAST(b.last_at, $2)
        )
) AS u
WHERE u.off_dock AND u.since < $2 AND u.until > $1
ORDER BY u.recorder_id, u.since;

-- name: login_recorders
-- Recorders on which officers may have been logged in. $1-$2 the interval, $3 officer_id[].
SELECT recorder_id FROM login_recorders_between($1, $2, $3) ORDER BY 1;
