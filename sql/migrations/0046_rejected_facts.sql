-- 事后补录 that somebody has looked at and not approved: it stays in the journal, counts no further than it did, and waits
-- no longer.

ALTER TABLE fact_version
    ADD COLUMN rejected_at timestamptz,
    ADD COLUMN rejected_by text,
    ADD COLUMN rejected_reason text,
    ADD CHECK ((rejected_at IS NULL) = (rejected_by IS NULL)),
    ADD CHECK (rejected_at IS NULL OR approved_at IS NULL);
DROP INDEX fact_version_awaiting;
CREATE INDEX fact_version_awaiting ON fact_version (loaded_at)
    WHERE needs_approval AND approved_at IS NULL AND rejected_at IS NULL;
