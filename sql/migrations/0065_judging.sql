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
    PRIMARY KEY (kind, key)
);
COMMENT ON COLUMN judgement_aside.kind IS 'recorder, a collection of facts, or the kind of evaluation_due that key belongs to';
COMMENT ON COLUMN judgement_aside.stage IS 'step of the tick that failed';
COMMENT ON COLUMN judgement_aside.tried_at IS 'last time that it was tried and failed by itself; null: it was only among others that failed';
COMMENT ON COLUMN judgement_aside.changes IS 'readings of it that are still to be judged';

-- Edges of neighbouring silences may move at once, each to where the other was.
DROP INDEX silence_by_recorder;
ALTER TABLE silence ADD CONSTRAINT silence_by_recorder UNIQUE (recorder_id, since) DEFERRABLE;
