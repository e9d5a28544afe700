-- Two more standstills of our own (domain.md, "Nothing convicts on one sight"): the broker dropped what it had acknowledged,
-- and a clock of ours was wrong.

COMMENT ON COLUMN standstill.part IS
    'what stood still: ingest/NAME, database, broker (it dropped messages), clock (the server''s) or clock/NAME (a worker''s)';

CREATE TABLE broker_count (
    broker  text PRIMARY KEY,
    dropped bigint NOT NULL CHECK (dropped >= 0),
    held_at timestamptz NOT NULL
);
COMMENT ON TABLE broker_count IS 'what each broker last told of the messages that it dropped, for the next process that watches it';
COMMENT ON COLUMN broker_count.broker IS 'host:port, as ingest is told it';
COMMENT ON COLUMN broker_count.dropped IS 'messages dropped since the broker''s start';
COMMENT ON COLUMN broker_count.held_at IS 'when the broker had certainly dropped no more than these';

-- A standstill that goes on in steps is news of its latest step only: what rested on the others is judged already.
CREATE OR REPLACE FUNCTION note_standstill() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    known_to timestamptz;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        known_to := OLD.ends_at;
    END IF;
    INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
    VALUES (
        '', 'standstill', GREATEST(NEW.starts_at, CASE WHEN NEW.ends_at > known_to THEN known_to END),
        GREATEST(NEW.starts_at, COALESCE(NEW.ends_at, now()))
    );
    RETURN NULL;
END $$;
