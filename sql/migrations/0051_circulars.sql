-- Circulars (通报): a month's figures as they were when it was closed. Later changes appear in the next as corrections.

CREATE TABLE circular (
    period    text PRIMARY KEY CHECK (period ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$'),
    closed_at timestamptz NOT NULL,
    closed_by text NOT NULL,
    figures   jsonb NOT NULL
);
COMMENT ON COLUMN circular.figures IS 'counts, denominators and the incidents behind each: alerts.paperwork.circulars.figures.Figures';
CREATE TRIGGER circular_is_kept BEFORE UPDATE OR DELETE ON circular
    FOR EACH ROW EXECUTE FUNCTION refuse_edit();
CREATE INDEX incident_transition_upheld ON incident_transition (at) WHERE action = 'uphold';
