-- Registers: repairs (维修台账) and requests for footage (调取审批). The entry is how it stands; each step is a row of
-- register_step, and neither it nor what the entry began with is edited.

CREATE TABLE register_entry (
    entry_id   text PRIMARY KEY,
    register   text NOT NULL CHECK (register IN ('repair', 'request')),
    state      text NOT NULL,
    unit_id    text NOT NULL,
    begun_at   timestamptz NOT NULL,
    begun_by   text NOT NULL,
    changed_at timestamptz NOT NULL,
    version    integer NOT NULL DEFAULT 1,
    content    jsonb NOT NULL,
    CHECK (CASE register
        WHEN 'repair' THEN state IN ('reported', 'sent', 'returned', 'scrapped', 'cancelled')
        ELSE state IN ('requested', 'approved', 'refused', 'retrieved', 'returned', 'withdrawn') END)
);
COMMENT ON COLUMN register_entry.unit_id IS 'whose recorder, or whose footage';
CREATE INDEX register_entry_by_time ON register_entry (register, begun_at DESC, entry_id DESC);
CREATE INDEX register_entry_by_unit ON register_entry (unit_id, begun_at DESC);

CREATE TABLE register_step (
    entry_id text NOT NULL REFERENCES register_entry,
    version  integer NOT NULL,
    at       timestamptz NOT NULL,
    account  text NOT NULL,
    step     text NOT NULL,
    note     text NOT NULL,
    PRIMARY KEY (entry_id, version)
);
CREATE TRIGGER register_step_is_kept BEFORE UPDATE OR DELETE ON register_step
    FOR EACH ROW EXECUTE FUNCTION refuse_edit();
CREATE TRIGGER register_entry_is_not_deleted BEFORE DELETE ON register_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_edit();
