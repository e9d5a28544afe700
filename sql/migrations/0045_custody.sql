-- What a custodian ticked when he handed a recorder out, and who took it back. The hand-out itself is a fact.

CREATE TABLE handout_check (
    assignment_id text PRIMARY KEY,
    recorder_id   text NOT NULL,
    officer_id    text NOT NULL,
    handed_at     timestamptz NOT NULL,
    handed_by     text NOT NULL,
    checks        jsonb NOT NULL,
    returned_at   timestamptz,
    returned_by   text
);
COMMENT ON COLUMN handout_check.checks IS '{battery, space, sim, clock, import}: true where he looked and found it right';
CREATE INDEX handout_check_by_recorder ON handout_check (recorder_id, handed_at DESC);

-- The command centre's log of hand-overs (交接班): entries are added and never edited.
CREATE TABLE handover (
    handover_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    account     text NOT NULL,
    shift       text NOT NULL,
    text        text NOT NULL,
    open_items  jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX handover_by_time ON handover (at DESC, handover_id DESC);
CREATE TRIGGER handover_is_kept BEFORE UPDATE OR DELETE ON handover FOR EACH ROW EXECUTE FUNCTION refuse_edit();
