-- How long what is kept, beyond what 0006 does by age alone (domain.md, "Who may see what"; regulation 二(二)3).

-- How far a job that goes along a time line has come.
CREATE TABLE keeping_mark (
    job   text PRIMARY KEY,
    until timestamptz NOT NULL
);

-- Tracks that an open incident still needs when their time is over; out again once it is closed.
CREATE TABLE location_kept (LIKE location);
ALTER TABLE location_kept ADD PRIMARY KEY (recorder_id, at, boot, seq);

-- Footage lies in another system; what its label says about how long it must be kept is told here.
CREATE TABLE footage_retention (
    dock_import_id text NOT NULL,
    version        integer NOT NULL,
    segment        integer NOT NULL,
    recorder_id    text NOT NULL,
    recorded_from  timestamptz NOT NULL,
    recorded_to    timestamptz NOT NULL,
    label          text,
    class          text NOT NULL CHECK (class IN ('important', 'case', 'ordinary')),
    case_no        text,
    keep_until     date,
    PRIMARY KEY (dock_import_id, segment)
);
COMMENT ON COLUMN footage_retention.version IS 'the version of the import that the label is from';
COMMENT ON COLUMN footage_retention.segment IS '1, 2, ... as the station told them; 0: the import as a whole, where it told none';
COMMENT ON COLUMN footage_retention.keep_until IS 'last day; null: as long as the case file (case), or the bureau''s own rule (ordinary)';
CREATE INDEX footage_retention_by_date ON footage_retention (keep_until);
CREATE INDEX footage_retention_by_recorder ON footage_retention (recorder_id, recorded_from);
CREATE INDEX fact_version_imports ON fact_version (loaded_at) WHERE collection = 'dock_imports';
