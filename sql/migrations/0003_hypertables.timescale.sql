-- Readings as hypertables, one chunk a day: a day of 5,000 recorders is some 10 M rows a kind at most.
-- The index over time alone is left out: every hot query names a recorder or is answered by chunk exclusion.

CREATE EXTENSION IF NOT EXISTS timescaledb;

SELECT create_hypertable(kind::regclass, by_range('at', INTERVAL '1 day'), create_default_indexes => false)
FROM unnest(ARRAY['presence', 'heartbeat', 'battery', 'storage', 'recording', 'location', 'event']) AS kind;
