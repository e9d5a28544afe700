-- Our own standstills: while one lasts, a recorder that isn't heard says nothing about anybody (domain.md, "Nothing
-- convicts on one sight"). Written by the part itself once it works again; read by the rules like an outage.

CREATE TABLE standstill (
    part      text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz,
    reason    text NOT NULL,
    PRIMARY KEY (part, starts_at),
    CHECK (ends_at >= starts_at)
);
COMMENT ON COLUMN standstill.part IS 'what stood still: ingest/NAME, broker, database or clock';
COMMENT ON COLUMN standstill.starts_at IS 'when it last worked for certain';
COMMENT ON COLUMN standstill.ends_at IS 'when it worked again; null: it stands still';
CREATE INDEX standstill_by_time ON standstill (starts_at, ends_at);
