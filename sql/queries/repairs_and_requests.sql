-- Registers of repairs (维修台账) and of footage requests (调取审批).

-- name: add
INSERT INTO register_entry (entry_id, register, state, unit_id, begun_at, begun_by, changed_at, content)
VALUES ($1, $2, $3, $4, $5, $6, $5, $7::jsonb)
ON CONFLICT (entry_id) DO NOTHING;

-- name: lock
-- $1 entry_id.
SELECT * FROM register_entry WHERE entry_id = $1 FOR UPDATE;

-- name: one
-- $1 entry_id.
SELECT * FROM register_entry WHERE entry_id = $1;

-- name: move
-- $1 entry_id, $2 state, $3 now.
UPDATE register_entry SET state = $2, changed_at = $3, version = version + 1 WHERE entry_id = $1;

-- name: add_step
INSERT INTO register_step (entry_id, version, at, account, step, note) VALUES ($1, $2, $3, $4, $5, $6);

-- name: steps
-- $1 entry_id[].
SELECT entry_id, version, at, account, step, note FROM register_step WHERE entry_id = ANY ($1::text[])
ORDER BY entry_id, version;

-- name: search
-- Newest first; null matches all.
-- $1 register, $2 unit_id[], $3 account whose own entries are always included, $4 state, $5 text, $6 begun before, $7
-- entry_id before (at the same time), $8 limit.
SELECT * FROM register_entry
WHERE register = $1
    AND ($2::text[] IS NULL OR unit_id = ANY ($2::text[]) OR begun_by = $3)
    AND ($4::text IS NULL OR state = $4)
    AND ($5::text IS NULL OR strpos(concat_ws(' ', entry_id, unit_id, begun_by, content::text), $5) > 0)
    AND ($6::timestamptz IS NULL OR (begun_at, entry_id) < ($6, $7::text))
ORDER BY begun_at DESC, entry_id DESC
LIMIT $8;
