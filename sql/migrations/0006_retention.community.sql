-- How long readings are kept: a policy of the database drops whole chunks older than that, also while no server of ours
-- runs. The period is a setting of the server, whose job hands it over; what is dropped is counted by the database.

CREATE FUNCTION keep_readings(kind regclass, keep interval, as_of timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM timescaledb_information.jobs j
        WHERE j.proc_name = 'policy_retention' AND format('%I.%I', j.hypertable_schema, j.hypertable_name)::regclass = kind
            AND (j.config ->> 'drop_after')::interval = keep
    ) THEN
        PERFORM remove_retention_policy(kind, if_exists => true);
        PERFORM add_retention_policy(kind, drop_after => keep);
    END IF;
    RETURN 0;
END $$;
