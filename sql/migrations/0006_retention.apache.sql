-- How long readings are kept: the server's own job drops whole chunks older than that.

CREATE FUNCTION keep_readings(kind regclass, keep interval, as_of timestamptz) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM drop_chunks(kind, older_than => as_of - keep)
$$;
