-- Judging never stops: what can't be judged is set aside with its reason, and tried again when something changes about it.

CREATE TABLE judgement_aside (
    kind     text NOT NULL,
    key      text NOT NULL,
    stage    text NOT NULL,
    reason   text NOT NULL,
    since    timestamptz NOT NULL,
    tried_at timestamptz,
    tries    integer NOT NULL DEFAULT 1,
    changes  jsonb NOT NULL DEFAULT '[]',
    is_told  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (kind, key)
);
COMMENT ON COLUMN judgement_aside.kind IS 'recorder, a collection of facts, or the kind of evaluation_due that key belongs to';
COMMENT ON COLUMN judgement_aside.stage IS 'step of the tick that failed';
COMMENT ON COLUMN judgement_aside.tried_at IS 'last time that it was tried and failed by itself; null: it was only among others that failed';
COMMENT ON COLUMN judgement_aside.is_told IS 'the engineers have a notice of it';
COMMENT ON COLUMN judgement_aside.changes IS 'readings of it that are still to be judged';

-- Edges of neighbouring silences may move at once, each to where the other was.
DROP INDEX silence_by_recorder;
ALTER TABLE silence ADD CONSTRAINT silence_by_recorder UNIQUE (recorder_id, since) DEFERRABLE;

-- What proves nothing about anybody's absence becomes known late: it is a change like another.
ALTER TABLE reading_change DROP CONSTRAINT reading_change_kind_check;
ALTER TABLE reading_change ADD CONSTRAINT reading_change_kind_check CHECK (kind IN (
    'presence', 'event', 'late', 'sim', 'recording', 'card', 'storage', 'charge', 'rejected', 'reused', 'standstill'
));
COMMENT ON COLUMN reading_change.recorder_id IS 'empty: of all recorders (a standstill of ours)';

CREATE FUNCTION note_rejections() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One that came again is news of its latest arrival only.
    INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
    SELECT recorder_id, 'rejected', min(CASE WHEN TG_OP = 'INSERT' THEN first_received_at ELSE last_received_at END), max(last_received_at)
    FROM fresh WHERE recorder_id IS NOT NULL
    GROUP BY recorder_id;
    RETURN NULL;
END $$;
CREATE TRIGGER rejection_noted AFTER INSERT ON rejection
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_rejections();
CREATE TRIGGER rejection_again_noted AFTER UPDATE ON rejection
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_rejections();

CREATE FUNCTION note_standstill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
    VALUES ('', 'standstill', NEW.starts_at, GREATEST(NEW.starts_at, COALESCE(NEW.ends_at, now())));
    RETURN NULL;
END $$;
CREATE TRIGGER standstill_noted AFTER INSERT ON standstill FOR EACH ROW EXECUTE FUNCTION note_standstill();
CREATE TRIGGER standstill_ended_noted AFTER UPDATE ON standstill FOR EACH ROW
    WHEN (OLD.ends_at IS DISTINCT FROM NEW.ends_at) EXECUTE FUNCTION note_standstill();

CREATE FUNCTION note_reused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
    VALUES (NEW.recorder_id, 'reused', COALESCE(NEW.first_at, NEW.first_received_at), COALESCE(NEW.last_at, NEW.last_received_at));
    RETURN NULL;
END $$;
CREATE TRIGGER boot_reused_noted AFTER UPDATE ON recorder_boot FOR EACH ROW
    WHEN (NEW.reused AND NOT OLD.reused) EXECUTE FUNCTION note_reused();
CREATE TRIGGER boot_begun_reused_noted AFTER INSERT ON recorder_boot FOR EACH ROW
    WHEN (NEW.reused) EXECUTE FUNCTION note_reused();

-- Times in which it isn't sure whose readings a recorder's are; kept up by the rule identity-conflict.
CREATE TABLE identity_conflict (
    recorder_id text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('imei', 'two_boots', 'reused')),
    boot        text NOT NULL,
    from_at     timestamptz NOT NULL,
    to_at       timestamptz NOT NULL,
    detail      text,
    PRIMARY KEY (recorder_id, kind, boot)
);
COMMENT ON COLUMN identity_conflict.boot IS 'the boot in doubt; of two that were alive at once the later one';
COMMENT ON COLUMN identity_conflict.detail IS 'the foreign IMEI, or the other boot';

-- What a recorder recorded by its own word: a device that names another IMEI than the register is a stranger, and what it says
-- under the recorder's id counts for nobody and against nobody.
CREATE VIEW own_recording_state AS
SELECT s.* FROM recording_state s
WHERE NOT EXISTS (
    SELECT FROM identity_conflict c WHERE c.recorder_id = s.recorder_id AND c.kind = 'imei' AND c.boot = s.boot
);

-- When, in a stretch of time, a boot had begun and none of its births is stored: who was logged in on the recorder isn't known.
CREATE FUNCTION times_without_birth(of_recorder text, since timestamptz, until timestamptz)
RETURNS TABLE (from_at timestamptz, to_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT b.first_at, n.to_at
    FROM recorder_boot b
    CROSS JOIN LATERAL (
        SELECT COALESCE(min(p.at), b.last_at) AS to_at FROM presence p
        WHERE p.recorder_id = of_recorder AND p.at BETWEEN b.first_at AND b.last_at AND p.boot = b.boot AND p.state = 'online'
    ) AS n
    WHERE b.recorder_id = of_recorder AND b.first_at <= until AND b.last_at >= since AND NOT starts_with(b.boot, '~')
        AND n.to_at > b.first_at AND n.to_at >= since
$$;

-- When it proves nothing about anybody that something of a recorder is missing, within a stretch of time: we stood still, we
-- rejected what it said, it isn't sure which device speaks, or what it said could not be judged. A partial rejection lost
-- nothing that could be missed. Of one that came again and again, with long breaks, only the first and the last time count. Between
-- two generations of a reused boot (a boot id drawn again, a seq that wraps) nothing tells whether the recorder was off or its
-- backlog is still to come: that time is in doubt as well, as long as a backlog is waited for (24 h).
CREATE FUNCTION doubts_between(of_recorder text, since timestamptz, until timestamptz)
RETURNS TABLE (reason text, from_at timestamptz, to_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT d.reason, GREATEST(d.from_at, since), LEAST(d.to_at, until)
    FROM (
        SELECT 'standstill' AS reason, s.starts_at AS from_at, COALESCE(s.ends_at, until) AS to_at
        FROM standstill s WHERE s.starts_at <= until AND (s.ends_at IS NULL OR s.ends_at >= since)
        UNION ALL
        SELECT 'rejected', m.first_at - INTERVAL '2 min', m.last_at + INTERVAL '2 min'
        FROM rejection r
        CROSS JOIN LATERAL (
            SELECT r.last_received_at - r.first_received_at <= r.count * INTERVAL '10 min' AS is_dense
        ) AS n
        CROSS JOIN LATERAL (
            SELECT r.first_received_at, r.last_received_at WHERE n.is_dense
            UNION ALL
            SELECT moment, moment FROM unnest(ARRAY[r.first_received_at, r.last_received_at]) AS moment WHERE NOT n.is_dense
        ) AS m (first_at, last_at)
        WHERE r.recorder_id = of_recorder AND r.code <> 'partial'
            AND r.last_received_at >= since - INTERVAL '2 min' AND r.first_received_at <= until + INTERVAL '2 min'
            AND split_part(r.topic, '/', 4) IN
                ('presence', 'heartbeat', 'battery', 'storage', 'recording', 'location', 'event', 'backlog')
        UNION ALL
        -- What was measured in a silence comes with its end: a backlog that was rejected told of all of it.
        SELECT 'rejected', s.since, COALESCE(s.until, until)
        FROM silence s
        WHERE s.recorder_id = of_recorder AND s.since <= until AND (s.until IS NULL OR s.until >= since) AND EXISTS (
            SELECT FROM rejection r
            WHERE r.recorder_id = of_recorder AND r.code <> 'partial' AND split_part(r.topic, '/', 4) = 'backlog'
                AND r.last_received_at >= s.since
                AND (s.until IS NULL OR r.first_received_at <= s.until + INTERVAL '10 min')
        )
        UNION ALL
        -- So may a message that the broker dropped in it, or soon after it.
        SELECT 'standstill', s.since, COALESCE(s.until, until)
        FROM silence s
        WHERE s.recorder_id = of_recorder AND s.since <= until AND (s.until IS NULL OR s.until >= since) AND EXISTS (
            SELECT FROM standstill b
            WHERE b.part = 'broker' AND COALESCE(b.ends_at, 'infinity') >= s.since
                AND (s.until IS NULL OR b.starts_at <= s.until + INTERVAL '10 min')
        )
        UNION ALL
        SELECT c.kind, c.from_at, GREATEST(c.to_at, (
            SELECT min(n.from_at) FROM identity_conflict n
            WHERE c.kind = 'reused' AND n.recorder_id = c.recorder_id AND n.kind = c.kind AND n.from_at > c.from_at
                AND split_part(n.boot, '~', 1) = split_part(c.boot, '~', 1) AND n.from_at <= c.to_at + INTERVAL '24 h'
        ))
        FROM identity_conflict c WHERE c.recorder_id = of_recorder AND c.from_at <= until
        UNION ALL
        SELECT 'no_birth', b.from_at, b.to_at FROM times_without_birth(of_recorder, since, until) b
        UNION ALL
        SELECT 'aside', COALESCE((SELECT min((told ->> 2)::timestamptz) FROM jsonb_array_elements(a.changes) AS told), a.since), until
        FROM judgement_aside a WHERE a.kind = 'recorder' AND a.key = of_recorder
    ) AS d
    WHERE d.from_at <= until AND d.to_at >= since
$$;

-- What concerns a device or the platform is told to the engineers' desk.
ALTER TABLE notice_item DROP CONSTRAINT notice_item_capacity_check;
ALTER TABLE notice_item ADD CONSTRAINT notice_item_capacity_check CHECK (capacity IN
    ('subject', 'wearer', 'leader', 'deputy', 'head', 'custodian', 'command_centre', 'engineer'));

ALTER TABLE evaluation_clock ADD COLUMN written_at timestamptz;
COMMENT ON COLUMN evaluation_clock.written_at IS 'when that was by the database''s clock';
