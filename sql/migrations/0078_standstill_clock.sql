-- A standstill that lasts makes everything be judged again that rests on its time. It reached to the database's own now();
-- by the clock that rules are asked by it reaches to their last tick: later ones read the standstill themselves, and when
-- it ends all of it is news again.
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
        GREATEST(NEW.starts_at, COALESCE(NEW.ends_at, (SELECT ticked_at FROM evaluation_clock)))
    );
    RETURN NULL;
END $$;
