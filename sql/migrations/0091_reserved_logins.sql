-- No recorder has a login that is the client id of a session of the server (broker/access.py): it would end that session.
DELETE FROM recorder_credential WHERE kind = 'recorder' AND starts_with(username, 'recorder-fleet-server-');

-- The server's own login at the database owns nothing (telemetry/store/server_login.py). A function that runs with its
-- owner's rights must not take the caller's temporary table for ours: its triggers would run with these rights.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION drop_old_audit(interval, timestamptz) SET search_path = %I, pg_temp', current_schema());
END $$;
