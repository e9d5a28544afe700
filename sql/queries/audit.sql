-- The audit log: written by every recorded action, read by the auditor.

-- name: add
INSERT INTO audit_entry (account, address, action, target_kind, target_id, officer_ids, why, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb);

-- name: search
-- Newest first; a null parameter matches everything.
-- $1 before entry_id, $2 account, $3 action (prefix), $4 target_kind, $5 target_id, $6 from, $7 to, $8 text, $9 limit.
SELECT entry_id, at, account, address, action, target_kind, target_id, officer_ids, why, detail::text AS detail
FROM audit_entry
WHERE ($1::bigint IS NULL OR entry_id < $1)
    AND ($2::text IS NULL OR account = $2)
    AND ($3::text IS NULL OR starts_with(action, $3))
    AND ($4::text IS NULL OR target_kind = $4)
    AND ($5::text IS NULL OR target_id = $5)
    AND ($6::timestamptz IS NULL OR at >= $6)
    AND ($7::timestamptz IS NULL OR at < $7)
    AND ($8::text IS NULL OR strpos(why, $8) > 0 OR strpos(target_id, $8) > 0 OR strpos(account, $8) > 0)
ORDER BY entry_id DESC
LIMIT $9;

-- name: views_of_officer
-- Who viewed data about an officer, newest first. $1 officer_id, $2 before entry_id, $3 limit.
SELECT e.entry_id, e.at, e.account, a.name AS account_name, e.action, e.target_kind, e.target_id, e.why
FROM audit_entry e
LEFT JOIN account a ON a.username = e.account
WHERE e.officer_ids @> ARRAY[$1::text] AND ($2::bigint IS NULL OR e.entry_id < $2) AND (e.action LIKE 'view.%' OR e.action LIKE 'export.%')
    AND a.officer_id IS DISTINCT FROM $1
ORDER BY e.entry_id DESC
LIMIT $3;

-- name: drop_old
-- $1 days.
SELECT drop_old_audit(make_interval(days => $1), clock_timestamp());
