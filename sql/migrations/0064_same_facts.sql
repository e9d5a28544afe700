-- One conduct is one fact (domain.md): a shift or an activity that came again under another id is taken as the first, and
-- so is whatever is written under that id later.

CREATE TABLE fact_alias (
    collection text NOT NULL CHECK (collection IN ('shifts', 'activities')),
    alias_id   text NOT NULL,
    fact_id    text NOT NULL,
    PRIMARY KEY (collection, alias_id),
    CHECK (alias_id <> fact_id)
);
