-- Incidents: a finding's life. The row is how it stands now; every change of it is a row of incident_transition, every
-- version of what the rule concluded a row of incident_revision, and neither is ever edited.

CREATE TABLE incident (
    incident_id  text PRIMARY KEY,
    rule         text NOT NULL,
    key          text NOT NULL,
    status       text NOT NULL CHECK (status IN ('open', 'acknowledged', 'statement', 'verifying', 'upheld', 'dismissed',
                                                 'reopened', 'revoked', 'excused', 'withdrawn', 'resolved')),
    standing     text NOT NULL CHECK (standing IN ('holds', 'excused', 'withdrawn', 'resolved')),
    confidence   text NOT NULL CHECK (confidence IN ('suspected', 'probable', 'confirmed')),
    weight       text NOT NULL CHECK (weight IN ('operational', 'reminder', 'check', 'transfer')),
    raised       boolean NOT NULL DEFAULT false,
    cause        text,
    excuse       text,
    recorder_id  text,
    officer_id   text,
    unit_id      text,
    shift_id     text,
    activity_id  text,
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz,
    detected_at  timestamptz NOT NULL,
    confirmed_at timestamptz,
    evidence     jsonb NOT NULL,
    parameters   jsonb NOT NULL,
    outage_id    text,
    flaps        integer NOT NULL DEFAULT 0,
    decided_by   text,
    review       text,
    digest       text NOT NULL,
    revision     integer NOT NULL,
    version      integer NOT NULL,
    changed_at   timestamptz NOT NULL,
    UNIQUE (rule, key)
) WITH (fillfactor = 80);
COMMENT ON COLUMN incident.key IS 'subject and beginning of the period: with the rule it names the incident';
COMMENT ON COLUMN incident.standing IS 'what the rule last said of it';
COMMENT ON COLUMN incident.weight IS 'what the rule gave it; operational is the dash of domain.md''s table';
COMMENT ON COLUMN incident.raised IS 'a verifier raised a check to transfer';
COMMENT ON COLUMN incident.confirmed_at IS 'since when it is confirmed; null while it is not';
COMMENT ON COLUMN incident.outage_id IS 'the outage that swallowed it';
COMMENT ON COLUMN incident.flaps IS 'how often it began again after it had ended';
COMMENT ON COLUMN incident.decided_by IS 'the account whose decision the status is; rules leave such a status alone';
COMMENT ON COLUMN incident.review IS 'why a decided one should be looked at again (复核)';
COMMENT ON COLUMN incident.digest IS 'over what the rule last concluded: the same conclusion again changes nothing';
COMMENT ON COLUMN incident.revision IS 'latest row of incident_revision, adopted or not';
COMMENT ON COLUMN incident.version IS 'latest row of incident_transition';

CREATE INDEX incident_by_unit     ON incident (unit_id, starts_at DESC);
CREATE INDEX incident_by_officer  ON incident (officer_id, starts_at DESC);
CREATE INDEX incident_by_recorder ON incident (recorder_id, starts_at DESC);
CREATE INDEX incident_by_outage   ON incident (outage_id) WHERE outage_id IS NOT NULL;
CREATE INDEX incident_live        ON incident (rule)
    WHERE status IN ('open', 'acknowledged', 'statement', 'verifying', 'reopened');

CREATE TABLE incident_transition (
    incident_id text NOT NULL REFERENCES incident,
    version     integer NOT NULL,
    at          timestamptz NOT NULL,
    actor       text NOT NULL,
    action      text NOT NULL,
    from_status text,
    to_status   text NOT NULL,
    reason      text NOT NULL,
    detail      jsonb,
    PRIMARY KEY (incident_id, version)
);
COMMENT ON COLUMN incident_transition.actor IS 'rule:<id>, or an account';
COMMENT ON COLUMN incident_transition.from_status IS 'null: it began with this row';
COMMENT ON COLUMN incident_transition.detail IS 'fields that changed as {field: [before, after]}, or what the action carried';
CREATE INDEX incident_transition_by_time ON incident_transition (at);

CREATE TABLE incident_revision (
    incident_id text NOT NULL REFERENCES incident,
    revision    integer NOT NULL,
    at          timestamptz NOT NULL,
    adopted     boolean NOT NULL,
    content     jsonb NOT NULL,
    PRIMARY KEY (incident_id, revision)
);
COMMENT ON COLUMN incident_revision.adopted IS 'false: people had decided, so the row was left as they decided on it';

CREATE FUNCTION refuse_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never edited', TG_TABLE_NAME;
END $$;
CREATE TRIGGER incident_transition_is_kept BEFORE UPDATE OR DELETE ON incident_transition
    FOR EACH ROW EXECUTE FUNCTION refuse_edit();
CREATE TRIGGER incident_revision_is_kept BEFORE UPDATE OR DELETE ON incident_revision
    FOR EACH ROW EXECUTE FUNCTION refuse_edit();

-- Incidents that changed since the notices were last planned. A row goes in with the change and out with the plan.
CREATE TABLE incident_untold (
    incident_id text PRIMARY KEY
);
