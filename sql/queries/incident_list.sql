-- The incident list of the console.

-- name: page
-- A page of incidents, newest first.
-- $1 unit_id[] that may be shown (null: all), $2 the officer who may always see himself, $3 whether suspicions are
-- shown, $4 status[], $5 rule[], $6 weight[], $7 confidence[], $8 unit_id[] searched, $9 officer_id, $10 recorder_id,
-- $11 only those that wait for somebody, $12 text, $13 since, $14 until, $15-$16 detected_at and id of the last one of
-- the previous page, $17 limit, $18 the text as a pattern.
SELECT i.* FROM incident i
WHERE ($1::text[] IS NULL OR i.unit_id = ANY ($1) OR i.officer_id = $2)
    AND ($3 OR i.confidence <> 'suspected')
    AND ($4::text[] IS NULL OR i.status = ANY ($4))
    AND ($5::text[] IS NULL OR i.rule = ANY ($5))
    AND ($6::text[] IS NULL OR i.weight = ANY ($6) OR (i.raised AND i.weight = 'check' AND 'transfer' = ANY ($6)))
    AND ($7::text[] IS NULL OR i.confidence = ANY ($7))
    -- A cleared incident no longer has a confidence or a weight.
    AND (($6::text[] IS NULL AND $7::text[] IS NULL) OR i.status NOT IN ('dismissed', 'revoked', 'excused', 'withdrawn'))
    AND ($8::text[] IS NULL OR i.unit_id = ANY ($8))
    AND ($9::text IS NULL OR i.officer_id = $9)
    AND ($10::text IS NULL OR i.recorder_id = $10)
    AND (NOT $11 OR (i.status IN ('open', 'acknowledged', 'statement', 'verifying', 'reopened') AND i.outage_id IS NULL)
        OR i.review IS NOT NULL)
    AND ($12::text IS NULL OR i.incident_id = $12 OR i.recorder_id ILIKE $18 OR i.officer_id ILIKE $18
        OR i.officer_id IN (SELECT o.officer_id FROM officer_fact o WHERE o.name ILIKE $18))
    AND ($13::timestamptz IS NULL OR i.starts_at >= $13)
    AND ($14::timestamptz IS NULL OR i.starts_at < $14)
    AND ($15::timestamptz IS NULL OR (i.detected_at, i.incident_id) < ($15, $16))
ORDER BY i.detected_at DESC, i.incident_id DESC
LIMIT $17;

-- name: members
-- Incidents that an outage absorbed. $1 incident_id.
SELECT * FROM incident WHERE outage_id = $1 ORDER BY starts_at, incident_id LIMIT 2000;

-- name: notices_of
-- Who was told what about an incident, and the state of delivery. $1 incident_id.
SELECT i.item_id, i.person, i.capacity, i.kind, i.created_at, i.dropped, n.state, n.sent_at, n.sent_by, n.reason, n.message ->> 'text' AS text
FROM notice_item i LEFT JOIN notice n USING (notice_id)
WHERE i.incident_id = $1 ORDER BY i.item_id;

-- name: officer_names
-- Last known names and units of officers. $1 officer_id[].
SELECT DISTINCT ON (officer_id) officer_id, name, unit_id FROM officer_fact
WHERE officer_id = ANY ($1::text[]) ORDER BY officer_id, version DESC, slice DESC;

-- name: unit_names
-- Last known names of units. $1 unit_id[].
SELECT DISTINCT ON (unit_id) unit_id, name FROM unit_fact
WHERE unit_id = ANY ($1::text[]) ORDER BY unit_id, version DESC, slice DESC;

-- name: account_names
-- $1 username[].
SELECT username, name FROM account WHERE username = ANY ($1::text[]);
