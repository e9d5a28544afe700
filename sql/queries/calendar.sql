-- Working days that the bureau imported.

-- name: calendar_days
SELECT day, working FROM calendar_day ORDER BY day;

-- name: put_calendar_days
-- $1 day[], $2 working[], $3 name[].
INSERT INTO calendar_day (day, working, name)
SELECT * FROM unnest($1::date[], $2::boolean[], $3::text[])
ON CONFLICT (day) DO UPDATE SET working = EXCLUDED.working, name = EXCLUDED.name;
