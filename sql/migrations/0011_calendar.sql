-- Working days that the bureau imported, over what the calendar library knows: one row a day that differs from the
-- plain week, or a whole year of them.

CREATE TABLE calendar_day (
    day     date PRIMARY KEY,
    working boolean NOT NULL,
    name    text NOT NULL DEFAULT ''
);
COMMENT ON TABLE calendar_day IS 'a year with at least one row here is known; its other days follow the plain week';
