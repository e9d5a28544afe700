-- How long readings are kept: the server's own job deletes rows older than that.

CREATE FUNCTION keep_readings(kind regclass, keep interval, as_of timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    dropped bigint;
BEGIN
    EXECUTE format('DELETE FROM %s WHERE at < $1', kind) USING as_of - keep;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    RETURN dropped;
END $$;
