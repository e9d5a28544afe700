-- Working days imported by the bureau.

-- name: calendar_days
SELECT day, working FROM calendar_day ORDER BY day;

-- name: named_days
-- $1 first day, $2 last day.
SELECT day, working, name FROM calendar_day WHERE day BETWEEN $1 AND $2 ORDER BY day;

-- name: lock_calendar
-- One import at a time; readers are not blocked.
LOCK TABLE calendar_day IN SHARE ROW EXCLUSIVE MODE;

-- name: put_calendar_days
-- $1 day[], $2 working[], $3 name[].
INSERT INTO calendar_day (day, working, name)
SELECT * FROM unnest($1::date[], $2::boolean[], $3::text[])
ON CONFLICT (day) DO UPDATE SET working = EXCLUDED.working, name = EXCLUDED.name;

-- name: note_deadlines
-- Re-evaluate everything with a deadline in working days from $1 to $2.
INSERT INTO fact_change (collection, fact_id)
SELECT DISTINCT 'phone_footage', phone_footage_id FROM phone_footage_fact WHERE recorded_at BETWEEN $1 AND $2
UNION ALL
SELECT DISTINCT 'fault_reports', fault_report_id FROM fault_report_fact WHERE reported_at BETWEEN $1 AND $2;

-- name: take_untold_years
-- Return those of the years that nobody has been notified of since $3, and mark them. $1 year[], $2 now, $3 since.
INSERT INTO calendar_notice (year, told_at)
SELECT year, $2::timestamptz FROM unnest($1::integer[]) AS y (year)
WHERE NOT EXISTS (SELECT FROM calendar_notice c WHERE c.year = y.year AND c.told_at > $3::timestamptz)
ON CONFLICT (year) DO UPDATE SET told_at = EXCLUDED.told_at
RETURNING year;
