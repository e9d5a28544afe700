-- Slips, the official forms, and their register.

-- name: draw_serial
-- Next serial number of an annex in a year. The row stays locked until the commit, so that numbers have no gaps.
-- $1 annex, $2 year.
INSERT INTO slip_serial AS s (annex, year, serial) VALUES ($1, $2, 1)
ON CONFLICT (annex, year) DO UPDATE SET serial = s.serial + 1
RETURNING serial;

-- name: add
INSERT INTO slip (slip_id, incident_id, annex, year, serial, number, issued_at, issued_by, unit_id, officer_id, content,
    evidence_sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, $12);

-- name: lock
-- $1 slip_id.
SELECT * FROM slip WHERE slip_id = $1 FOR UPDATE;

-- name: one
-- $1 slip_id.
SELECT * FROM slip WHERE slip_id = $1;

-- name: standing
-- The incident's slip that isn't void. $1 incident_id.
SELECT slip_id FROM slip WHERE incident_id = $1 AND NOT is_void;

-- name: add_step
INSERT INTO slip_step (slip_id, version, at, account, step, opinion) VALUES ($1, $2, $3, $4, $5, $6);

-- name: steps
-- $1 slip_id[].
SELECT slip_id, version, at, account, step, opinion FROM slip_step WHERE slip_id = ANY ($1::text[])
ORDER BY slip_id, version;

-- name: search
-- A page of the register, newest first; null matches all.
-- $1 unit_id[], $2 annex, $3 year, $4 text (number, unit, person, incident), $5 whether void, $6 issued before, $7
-- slip_id before (at the same time), $8 limit, $9 officer_id, $10 incident_id.
SELECT * FROM slip
WHERE ($1::text[] IS NULL OR unit_id = ANY ($1::text[]))
    AND ($2::smallint IS NULL OR annex = $2)
    AND ($3::integer IS NULL OR year = $3)
    AND ($4::text IS NULL OR strpos(concat_ws(' ', number, slip_id, incident_id, officer_id, unit_id,
        content ->> 'unit', content ->> 'officer', content ->> 'department'), $4) > 0)
    AND ($5::boolean IS NULL OR is_void = $5)
    AND ($6::timestamptz IS NULL OR (issued_at, slip_id) < ($6, $7::text))
    AND ($9::text IS NULL OR officer_id = $9)
    AND ($10::text IS NULL OR incident_id = $10)
ORDER BY issued_at DESC, slip_id DESC
LIMIT $8;

-- name: names
-- Names of a unit and an officer. $1 unit_id, $2 officer_id, $3 known_at.
SELECT
    (SELECT name FROM units_known_at($3) WHERE unit_id = $1) AS unit,
    (SELECT name FROM officers_known_at($3) WHERE officer_id = $2) AS officer;
