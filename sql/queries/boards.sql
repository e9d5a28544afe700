-- Grafana's database role, and the areas on its map.

-- name: role_rights
-- Whether role $1 has more rights than a login; no row if it doesn't exist.
SELECT r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
    OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
    OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relpersistence <> 't')
    OR EXISTS (SELECT FROM pg_database d WHERE d.datdba = r.oid) AS is_more
FROM pg_roles r WHERE r.rolname = $1;

-- name: grants
-- The statements that make $1 a login that reads only the boards' views, later ones included.
-- $1 role, $2 SCRAM verifier, $3 whether the role is new.
SELECT format(statement, $1::text, $2::text, current_database(), current_schema())
FROM unnest(ARRAY[
    CASE WHEN $3::boolean THEN 'CREATE ROLE %1$I' END,
    'ALTER ROLE %1$I LOGIN PASSWORD %2$L CONNECTION LIMIT 30',
    'ALTER ROLE %1$I SET default_transaction_read_only = on',
    'ALTER ROLE %1$I SET statement_timeout = ''10s''',
    -- Grafana's macros call TimescaleDB's functions, which are in the schema of the tables.
    'ALTER ROLE %1$I SET search_path = board, %4$I',
    'GRANT CONNECT ON DATABASE %3$I TO %1$I',
    'GRANT USAGE ON SCHEMA board TO %1$I',
    'GRANT SELECT ON ALL TABLES IN SCHEMA board TO %1$I',
    'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA board TO %1$I',
    'ALTER DEFAULT PRIVILEGES IN SCHEMA board GRANT SELECT ON TABLES TO %1$I',
    'ALTER DEFAULT PRIVILEGES IN SCHEMA board GRANT EXECUTE ON FUNCTIONS TO %1$I'
]) WITH ORDINALITY AS s (statement, n)
WHERE statement IS NOT NULL
ORDER BY n;

-- name: areas
-- Units with an area.
SELECT unit_id, name, area::text FROM unit WHERE area IS NOT NULL ORDER BY unit_id;
