-- Slips (移送单): the official form that an upheld incident became. What it states is frozen when it is issued; every
-- opinion is a row of slip_step; a void one keeps its number.

CREATE TABLE slip_serial (
    annex  smallint NOT NULL CHECK (annex IN (1, 2)),
    year   integer NOT NULL,
    serial integer NOT NULL,
    PRIMARY KEY (annex, year)
);
COMMENT ON TABLE slip_serial IS 'the last number drawn; a row rather than a sequence, so that what rolls back leaves no hole';

CREATE TABLE slip (
    slip_id         text PRIMARY KEY,
    incident_id     text NOT NULL REFERENCES incident,
    annex           smallint NOT NULL CHECK (annex IN (1, 2)),
    year            integer NOT NULL,
    serial          integer NOT NULL,
    number          text NOT NULL,
    issued_at       timestamptz NOT NULL,
    issued_by       text NOT NULL,
    unit_id         text,
    officer_id      text NOT NULL,
    content         jsonb NOT NULL,
    evidence_sha256 text NOT NULL CHECK (evidence_sha256 ~ '^[0-9a-f]{64}$'),
    is_void         boolean NOT NULL DEFAULT false,
    UNIQUE (annex, year, serial)
);
COMMENT ON COLUMN slip.content IS 'what it states, frozen; evidence_sha256 is over content -> evidence';
CREATE UNIQUE INDEX slip_of_incident ON slip (incident_id) WHERE NOT is_void;
CREATE INDEX slip_by_incident ON slip (incident_id);
CREATE INDEX slip_by_unit ON slip (unit_id, issued_at DESC);

CREATE TABLE slip_step (
    slip_id text NOT NULL REFERENCES slip,
    version integer NOT NULL,
    at      timestamptz NOT NULL,
    account text NOT NULL,
    step    text NOT NULL CHECK (step IN ('verifier', 'department', 'supervision', 'political', 'return', 'void')),
    opinion text NOT NULL,
    PRIMARY KEY (slip_id, version)
);
CREATE TRIGGER slip_step_is_kept BEFORE UPDATE OR DELETE ON slip_step
    FOR EACH ROW EXECUTE FUNCTION refuse_edit();

CREATE FUNCTION mark_void() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE slip SET is_void = true WHERE slip_id = NEW.slip_id;
    RETURN NULL;
END $$;
CREATE TRIGGER slip_step_voids AFTER INSERT ON slip_step
    FOR EACH ROW WHEN (NEW.step = 'void') EXECUTE FUNCTION mark_void();

-- A revoked incident's slip is void in the same transaction, whoever revokes and by whatever way.
CREATE FUNCTION void_slip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO slip_step (slip_id, version, at, account, step, opinion)
    SELECT s.slip_id, 1 + COALESCE((SELECT max(version) FROM slip_step p WHERE p.slip_id = s.slip_id), 0),
        NEW.changed_at, COALESCE(NEW.decided_by, 'system'), 'void', '事件经复核撤销'
    FROM slip s
    WHERE s.incident_id = NEW.incident_id AND NOT s.is_void;
    RETURN NULL;
END $$;
CREATE TRIGGER incident_voids_slip AFTER UPDATE ON incident
    FOR EACH ROW WHEN (NEW.status = 'revoked' AND OLD.status <> 'revoked') EXECUTE FUNCTION void_slip();

-- What a slip states is never rewritten; only whether it is void changes.
CREATE FUNCTION keep_slip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'is_void' <> to_jsonb(OLD) - 'is_void' OR (OLD.is_void AND NOT NEW.is_void) THEN
        RAISE EXCEPTION 'what slip % states is never edited', OLD.slip_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER slip_is_kept BEFORE UPDATE ON slip FOR EACH ROW EXECUTE FUNCTION keep_slip();
CREATE TRIGGER slip_is_not_deleted BEFORE DELETE ON slip FOR EACH ROW EXECUTE FUNCTION refuse_edit();
