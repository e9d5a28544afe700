-- When the administrators were last told that a year's holiday decree should be imported.

CREATE TABLE calendar_notice (
    year    integer PRIMARY KEY,
    told_at timestamptz NOT NULL
);
COMMENT ON TABLE calendar_day IS 'a year is decreed once its statutory holidays are all here (alerts/duty/calendar.py); else its other days are provisional';
