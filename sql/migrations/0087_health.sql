-- The parts of each server, as its watchdog last saw them: so that another server, and `recorder-fleet check`, can tell
-- when one stands still. A server replaces its own rows; one that stops in order deletes them.
CREATE TABLE part_beat (
    server     text NOT NULL,
    part       text NOT NULL,
    written_at timestamptz NOT NULL,
    silent_s   double precision NOT NULL,
    due_in_s   double precision NOT NULL,
    fault      text,
    PRIMARY KEY (server, part)
);
COMMENT ON COLUMN part_beat.server IS 'ingest.name';
COMMENT ON COLUMN part_beat.silent_s IS 'seconds since the part last worked, at written_at';
COMMENT ON COLUMN part_beat.due_in_s IS 'seconds until it must show again that it works, at written_at';

-- The faults that the engineers have been told of and that still stand, so that of several servers one tells them.
CREATE TABLE fault_told (
    place   text NOT NULL,
    code    text NOT NULL,
    told_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (place, code)
);
COMMENT ON COLUMN fault_told.seen_at IS 'when a server last saw it stand';

-- While a worker that shares the load is silent, its share waits at the broker; one of several that each take in
-- everything is not missed.
ALTER TABLE ingest_worker ADD COLUMN shared boolean NOT NULL DEFAULT false;
