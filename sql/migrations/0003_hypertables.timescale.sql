-- Readings as hypertables. A day of 5,000 recorders is some 10 M rows a kind at most, and a chunk of its own; what a
-- recorder says a few times a day shares a week's, for each chunk costs every query of the whole history some planning.
-- The default index over time alone is left out: 0003_time_indexes has a smaller one.

CREATE EXTENSION IF NOT EXISTS timescaledb;

SELECT create_hypertable(kind::regclass, by_range('at', span), create_default_indexes => false)
FROM (
    VALUES
        ('heartbeat', INTERVAL '1 day'),
        ('battery', INTERVAL '1 day'),
        ('storage', INTERVAL '1 day'),
        ('recording', INTERVAL '1 day'),
        ('location', INTERVAL '1 day'),
        ('presence', INTERVAL '7 days'),
        ('event', INTERVAL '7 days')
) AS kinds (kind, span);
