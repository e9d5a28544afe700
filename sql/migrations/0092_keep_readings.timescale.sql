-- Only a hypertable's owner may drop its chunks and set its policy, which the server's own login isn't.
DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION keep_readings(regclass, interval, timestamptz) SECURITY DEFINER SET search_path = %I, pg_temp',
        current_schema()
    );
END $$;
REVOKE ALL ON FUNCTION keep_readings(regclass, interval, timestamptz) FROM PUBLIC;
