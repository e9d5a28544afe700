-- The login that EMQX uses; run by psql after emqx_views.sql, with the secret as `-v password=…`.
SELECT 'CREATE ROLE emqx LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'emqx') \gexec
ALTER ROLE emqx PASSWORD :'password';
GRANT recorder_fleet_emqx TO emqx;
