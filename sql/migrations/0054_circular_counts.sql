-- What the activities of an open month come to, as counted last: at a thousand recorders that takes a minute.

CREATE TABLE circular_count (
    period     text PRIMARY KEY CHECK (period ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$'),
    counted_at timestamptz NOT NULL,
    took_s     double precision NOT NULL,
    tallies    jsonb NOT NULL
);
COMMENT ON COLUMN circular_count.tallies IS 'one alerts.paperwork.circulars.figures.Tally a unit';
