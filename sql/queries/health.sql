-- Health: parts of servers, and what else a look at the platform asks the database.

-- name: put_beats
-- Replace the rows of a server. $1 server, $2 part[], $3 silent_s[], $4 due_in_s[], $5 fault[].
WITH n AS (
    SELECT * FROM unnest($2::text[], $3::float8[], $4::float8[], $5::text[]) AS n (part, silent_s, due_in_s, fault)
), gone AS (
    DELETE FROM part_beat b WHERE b.server = $1 AND b.part <> ALL ($2::text[])
)
INSERT INTO part_beat (server, part, written_at, silent_s, due_in_s, fault)
SELECT $1, part, clock_timestamp(), silent_s, due_in_s, fault FROM n
ON CONFLICT (server, part) DO UPDATE SET
    written_at = EXCLUDED.written_at, silent_s = EXCLUDED.silent_s, due_in_s = EXCLUDED.due_in_s, fault = EXCLUDED.fault;

-- name: list_beats
-- Parts of the other servers that were seen within the last day, as they stand now. $1 this server.
SELECT server, part, silent_s + age_s AS silent_s, due_in_s - age_s AS due_in_s, fault
FROM part_beat b
CROSS JOIN LATERAL (SELECT extract(epoch FROM clock_timestamp() - b.written_at)::float8 AS age_s) AS a
WHERE b.server <> $1 AND b.written_at > clock_timestamp() - INTERVAL '1 day'
ORDER BY server, part;

-- name: forget_beats
DELETE FROM part_beat WHERE server = $1;

-- name: unsent_s
-- For how long (s) the oldest notice that is due and that no sender works on has waited. $1 now, of the senders' clock.
SELECT extract(epoch FROM $1::timestamptz - min(GREATEST(next_at, claimed_until)))::float8
FROM notice
WHERE state = 'queued' AND next_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1);

-- name: data_directory
-- Where the database keeps its files; no row if this login may not know.
SELECT setting FROM pg_settings WHERE name = 'data_directory';

-- name: archive
-- The archive of the write-ahead log.
SELECT
    COALESCE((SELECT setting <> 'off' FROM pg_settings WHERE name = 'archive_mode'), false) AS is_on,
    extract(epoch FROM clock_timestamp() - last_archived_time)::float8 AS age_s,
    extract(epoch FROM clock_timestamp() - last_failed_time)::float8 AS failed_s
FROM pg_stat_archiver;

-- name: see_faults
-- Note that faults stand; `is_new`: nobody has told of it yet, and this call is to. $1 place[], $2 code[].
INSERT INTO fault_told AS f (place, code, told_at, seen_at)
SELECT place, code, clock_timestamp(), clock_timestamp() FROM unnest($1::text[], $2::text[]) AS n (place, code)
ON CONFLICT (place, code) DO UPDATE SET seen_at = EXCLUDED.seen_at
RETURNING place, code, xmax = 0 AS is_new;

-- name: take_past_faults
-- Faults that were told of and that no server has seen for $1 seconds; nobody else tells of their end.
DELETE FROM fault_told WHERE seen_at < clock_timestamp() - make_interval(secs => $1) RETURNING place, code;
