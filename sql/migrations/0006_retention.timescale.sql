-- How long readings are kept: whole chunks older than that are dropped.
-- On the Community edition a policy could do the same, but the period is a setting of the server, and one job for all
-- editions is one place to look; dropping a chunk costs the same either way.

CREATE FUNCTION keep_readings(kind regclass, keep interval, as_of timestamptz) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM drop_chunks(kind, older_than => as_of - keep)
$$;
