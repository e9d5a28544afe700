-- The server's own login at the database: it reads and writes rows, and owns nothing.

-- name: is_owner
-- Whether our own login may alter the audit log, being its owner or a superuser.
SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'audit_entry'::regclass;

-- name: grants
-- The statements that make $1 that login. They are run again after each migration, for what it made.
-- $1 role, $2 SCRAM verifier, $3 whether the role is new.
SELECT format(statement, $1::text, $2::text, current_database(), current_schema())
FROM unnest(ARRAY[
    CASE WHEN $3::boolean THEN 'CREATE ROLE %1$I' END,
    'ALTER ROLE %1$I LOGIN PASSWORD %2$L',
    -- The stages of ingest are temporary tables.
    'GRANT CONNECT, TEMPORARY ON DATABASE %3$I TO %1$I',
    'REVOKE CREATE ON SCHEMA %4$I FROM PUBLIC',
    'GRANT USAGE ON SCHEMA %4$I, board TO %1$I',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %4$I TO %1$I',
    'GRANT USAGE ON ALL SEQUENCES IN SCHEMA %4$I TO %1$I',
    'GRANT SELECT ON ALL TABLES IN SCHEMA board TO %1$I',
    'REVOKE UPDATE, DELETE ON audit_entry FROM %1$I',
    'REVOKE INSERT, UPDATE, DELETE ON schema_migration FROM %1$I',
    'GRANT EXECUTE ON FUNCTION drop_old_audit, keep_readings, board.live_now TO %1$I'
]) WITH ORDINALITY AS s (statement, n)
WHERE statement IS NOT NULL
ORDER BY n;
