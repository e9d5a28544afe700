-- What the evaluation keeps between two ticks, so that a tick costs what has changed and not what there is.

-- What arrived and may change a conclusion: births and goodbyes, events, readings out of a backlog or late, a SIM that
-- isn't ready. A live heartbeat of a healthy recorder leaves no row. Taken out by the tick that has looked at it; it is
-- written in the transaction of the readings themselves, so that whatever order workers commit in, nothing is missed.
CREATE TABLE reading_change (
    change_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorder_id text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('presence', 'event', 'late', 'sim', 'recording', 'card', 'storage', 'charge')),
    from_at     timestamptz NOT NULL,
    to_at       timestamptz NOT NULL,
    officer_id  text
);
COMMENT ON COLUMN reading_change.officer_id IS 'who logged in, where that is what changed';

-- Late: more than a clock may be off by (domain.md, clock-wrong: 5 min).
CREATE FUNCTION note_heartbeats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
    SELECT recorder_id, CASE WHEN sim <> 'ready' THEN 'sim' ELSE 'late' END AS kind, min(at), max(at)
    FROM fresh
    WHERE backlog OR received_at > at + INTERVAL '5 min' OR sim <> 'ready'
    GROUP BY recorder_id, kind;
    RETURN NULL;
END $$;

CREATE FUNCTION note_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
    SELECT recorder_id, 'late', min(at), max(at)
    FROM fresh
    WHERE backlog OR received_at > at + INTERVAL '5 min'
    GROUP BY recorder_id;
    RETURN NULL;
END $$;

CREATE FUNCTION note_presence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reading_change (recorder_id, kind, from_at, to_at, officer_id)
    SELECT recorder_id, 'presence', min(at), max(at), officer_id FROM fresh GROUP BY recorder_id, officer_id;
    RETURN NULL;
END $$;

CREATE FUNCTION note_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reading_change (recorder_id, kind, from_at, to_at, officer_id)
    SELECT recorder_id, 'event', min(at), max(at), officer_id
    FROM (SELECT recorder_id, at, CASE WHEN type IN ('login', 'logout') THEN detail->>'officer_id' END AS officer_id FROM fresh) AS n
    GROUP BY recorder_id, officer_id;
    RETURN NULL;
END $$;

CREATE TRIGGER heartbeat_noted AFTER INSERT ON heartbeat
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_heartbeats();
CREATE TRIGGER recording_noted AFTER INSERT ON recording
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_late();
CREATE TRIGGER storage_noted AFTER INSERT ON storage
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_late();
CREATE TRIGGER presence_noted AFTER INSERT ON presence
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_presence();
CREATE TRIGGER event_noted AFTER INSERT ON event
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_events();

-- Live values that matter only when they change: noted by row, where the condition holds.
CREATE FUNCTION note_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.iccid IS DISTINCT FROM OLD.iccid THEN
        INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
        VALUES (NEW.recorder_id, 'card', COALESCE(OLD.iccid_at, NEW.iccid_at), NEW.iccid_at);
    END IF;
    IF NEW.files < OLD.files OR NEW.free_mb > OLD.free_mb + 200 OR (NEW.free_mb < 2048) <> (OLD.free_mb < 2048) THEN
        INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
        VALUES (NEW.recorder_id, 'storage', OLD.storage_at, NEW.storage_at);
    END IF;
    IF (NEW.level_pct < 20) IS DISTINCT FROM (OLD.level_pct < 20) OR NEW.charging IS DISTINCT FROM OLD.charging THEN
        INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
        VALUES (NEW.recorder_id, 'charge', COALESCE(OLD.battery_at, NEW.battery_at), NEW.battery_at);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER state_noted AFTER UPDATE ON recorder_state FOR EACH ROW
    WHEN (NEW.iccid IS DISTINCT FROM OLD.iccid
        OR NEW.files < OLD.files OR NEW.free_mb > OLD.free_mb + 200 OR (NEW.free_mb < 2048) <> (OLD.free_mb < 2048)
        OR (NEW.level_pct < 20) IS DISTINCT FROM (OLD.level_pct < 20) OR NEW.charging IS DISTINCT FROM OLD.charging)
    EXECUTE FUNCTION note_state();

CREATE FUNCTION note_recording() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
    VALUES (NEW.recorder_id, 'recording', NEW.since, NEW.last_at);
    RETURN NULL;
END $$;
CREATE TRIGGER recording_state_noted AFTER INSERT ON recording_state
    FOR EACH ROW EXECUTE FUNCTION note_recording();

-- What is to be looked at again at a moment, although nothing arrives.
CREATE TABLE evaluation_due (
    kind   text NOT NULL,
    key    text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (kind, key, due_at)
);
CREATE INDEX evaluation_due_by_time ON evaluation_due (due_at);

-- What a conclusion rested on: a change of these readings, or of facts about this person, asks for it again.
CREATE TABLE evaluation_watch (
    kind       text NOT NULL,
    key        text NOT NULL,
    subject    text NOT NULL CHECK (subject IN ('recorder', 'officer')),
    subject_id text NOT NULL,
    from_at    timestamptz NOT NULL,
    to_at      timestamptz NOT NULL,
    PRIMARY KEY (kind, key, subject, subject_id)
);
CREATE INDEX evaluation_watch_by_subject ON evaluation_watch (subject, subject_id, to_at);

-- What a rule last said under which key and when the conduct was: a period that later evidence moves keeps its key.
CREATE TABLE finding (
    rule        text NOT NULL,
    key         text NOT NULL,
    scope       text NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz,
    standing    text NOT NULL,
    content     jsonb NOT NULL,
    digest      text NOT NULL,
    PRIMARY KEY (rule, key)
);
COMMENT ON COLUMN finding.scope IS 'recorder, activity or shift that the rule looked at';
COMMENT ON COLUMN finding.content IS 'subject, confidence, weight, cause: what withdrawing it must repeat';
CREATE INDEX finding_by_scope ON finding (rule, scope, starts_at);

CREATE TABLE evaluation_clock (
    only_row         boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    ticked_at        timestamptz,
    first_reading_at timestamptz
);
COMMENT ON COLUMN evaluation_clock.first_reading_at IS 'the first reading that the system ever took in: duties before it are not judged';
INSERT INTO evaluation_clock DEFAULT VALUES;

-- Silences: each stretch without live readings beyond 3 heartbeats (90 s at least), and what is thought of it.
CREATE TABLE silence (
    silence_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorder_id  text NOT NULL,
    since        timestamptz NOT NULL,
    until        timestamptz,
    goodbye      text,
    will         boolean NOT NULL DEFAULT false,
    boot_before  text,
    boot_after   text,
    seq_before   bigint,
    seq_after    bigint,
    cell         text,
    gapless      boolean NOT NULL DEFAULT false,
    settled      boolean NOT NULL DEFAULT false,
    noted_at     timestamptz NOT NULL,
    touched_at   timestamptz NOT NULL,
    on_duty      boolean NOT NULL DEFAULT false,
    counts       boolean NOT NULL DEFAULT false,
    unit_id      text,
    cell_online  integer NOT NULL DEFAULT 0,
    cell_silent  integer NOT NULL DEFAULT 0,
    fleet_online integer NOT NULL DEFAULT 0,
    outage_key   text,
    cause        text,
    confidence   text,
    verdict      jsonb
);
COMMENT ON COLUMN silence.since IS 'the last live reading before it';
COMMENT ON COLUMN silence.until IS 'the first live reading after it; null: silent still';
COMMENT ON COLUMN silence.settled IS 'all evidence that will come is in';
COMMENT ON COLUMN silence.touched_at IS 'when a reading of this time last arrived';
COMMENT ON COLUMN silence.counts IS 'on duty, without a goodbye, not within 10 min of its shift''s end: an outage may count it';
CREATE TABLE outage (
    outage_key text PRIMARY KEY,
    scope      text NOT NULL CHECK (scope IN ('fleet', 'unit', 'cell')),
    name       text NOT NULL,
    unit_id    text,
    kind       text NOT NULL CHECK (kind IN ('platform_outage', 'cell_outage')),
    on_duty    integer NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz
);
COMMENT ON TABLE outage IS 'losses that many share; its members are the silences that name it';

CREATE UNIQUE INDEX silence_by_recorder ON silence (recorder_id, since);
CREATE UNIQUE INDEX silence_open ON silence (recorder_id) WHERE until IS NULL;
CREATE INDEX silence_by_time ON silence (since);
CREATE INDEX silence_by_outage ON silence (outage_key) WHERE outage_key IS NOT NULL;

-- Every message that came as it was measured: not out of a backlog, and late by no more than a clock may be off.
CREATE VIEW live_reading AS
SELECT recorder_id, at, boot, seq FROM presence  WHERE NOT backlog AND seq IS NOT NULL AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM heartbeat WHERE NOT backlog AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM battery   WHERE NOT backlog AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM storage   WHERE NOT backlog AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM recording WHERE NOT backlog AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM location  WHERE NOT backlog AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM event     WHERE NOT backlog AND received_at <= at + INTERVAL '5 min';

-- Runs of seq of one boot of which nothing is missing that could have told of a recording: what was rejected as a
-- battery level or a position that can't be was no state of the camera.
CREATE FUNCTION telling_runs(of_recorder text, of_boot text, seen bigint[])
RETURNS TABLE (first_seq bigint, last_seq bigint)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH runs AS (
        SELECT int8range(seen[i], seen[i + 1], '[]') AS run FROM generate_series(1, cardinality(seen), 2) AS i
        UNION ALL
        SELECT int8range(r.seq, r.seq, '[]') FROM rejection r
        WHERE cardinality(seen) > 2 AND r.recorder_id = of_recorder AND r.boot = of_boot AND r.seq IS NOT NULL
            AND split_part(r.topic, '/', 4) IN ('heartbeat', 'battery', 'storage', 'location')
    )
    SELECT lower(run), upper(run) - 1 FROM (SELECT unnest(range_agg(run)) AS run FROM runs) AS merged
$$;

-- How far a device's clock was behind its messages' arrival within a stretch (s): the least lag of its live heartbeats, for
-- transport only ever delays. NULL where none came live. A clock may be off by minutes before it counts as wrong.
CREATE FUNCTION clock_skew_s(of_recorder text, of_boot text, from_at timestamptz, to_at timestamptz) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT extract(epoch FROM min(h.received_at - h.at))::double precision
    FROM heartbeat h
    WHERE h.recorder_id = of_recorder AND h.boot = of_boot AND NOT h.backlog
        AND h.at BETWEEN from_at - INTERVAL '10 min' AND to_at + INTERVAL '10 min'
$$;
