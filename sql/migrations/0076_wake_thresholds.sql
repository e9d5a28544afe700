-- At which values a reading wakes the rules is the rules' own parameter: the evaluation writes them here at each start.

CREATE TABLE wake_threshold (
    rule    text NOT NULL,
    reading text NOT NULL,
    how     text NOT NULL CHECK (how IN ('crosses', 'grows_by')),
    value   double precision NOT NULL,
    PRIMARY KEY (rule, reading, how)
);
COMMENT ON COLUMN wake_threshold.reading IS 'a column of recorder_state';
COMMENT ON COLUMN wake_threshold.how IS 'crosses: from one side of the value to the other; grows_by: by more than it from one reading to the next';

-- Before the evaluation has said what it wants, every change is noted.
CREATE FUNCTION wakes(which text, before double precision, after double precision) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT after IS DISTINCT FROM before AND (
        NOT EXISTS (SELECT FROM wake_threshold)
        OR EXISTS (
            SELECT FROM wake_threshold w
            WHERE w.reading = which AND CASE w.how
                WHEN 'crosses' THEN (after < w.value) IS DISTINCT FROM (before < w.value)
                ELSE after > before + w.value
            END
        )
    )
$$;

CREATE OR REPLACE FUNCTION note_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.iccid IS DISTINCT FROM OLD.iccid THEN
        INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
        VALUES (NEW.recorder_id, 'card', COALESCE(OLD.iccid_at, NEW.iccid_at), NEW.iccid_at);
    END IF;
    IF NEW.files < OLD.files OR wakes('free_mb', OLD.free_mb, NEW.free_mb) THEN
        INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
        VALUES (NEW.recorder_id, 'storage', COALESCE(OLD.storage_at, NEW.storage_at), NEW.storage_at);
    END IF;
    IF NEW.charging IS DISTINCT FROM OLD.charging OR wakes('level_pct', OLD.level_pct, NEW.level_pct) THEN
        INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
        VALUES (NEW.recorder_id, 'charge', COALESCE(OLD.battery_at, NEW.battery_at), NEW.battery_at);
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER state_noted ON recorder_state;
CREATE TRIGGER state_noted AFTER UPDATE ON recorder_state FOR EACH ROW
    WHEN (NEW.iccid IS DISTINCT FROM OLD.iccid OR NEW.files < OLD.files OR NEW.free_mb IS DISTINCT FROM OLD.free_mb
        OR NEW.level_pct IS DISTINCT FROM OLD.level_pct OR NEW.charging IS DISTINCT FROM OLD.charging)
    EXECUTE FUNCTION note_state();
