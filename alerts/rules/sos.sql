-- sos: which calls an alarm counts.

-- name: uncounted
-- Recorders with calls that no alarm counts yet, and their earliest one.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper.
SELECT k.key, k.recorder_id, min(e.at) AS first_at
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
JOIN event e ON e.recorder_id = k.recorder_id AND e.type = 'sos'
    AND e.at BETWEEN k.from_at AND k.to_at AND e.at BETWEEN $5 AND $6
WHERE NOT EXISTS (
    SELECT FROM sos_call c
    WHERE c.recorder_id = e.recorder_id AND c.boot = e.boot AND c.seq = e.seq AND c.ts = e.ts
)
GROUP BY k.key, k.recorder_id;

-- name: unanswered
-- Alarms that nobody has answered yet, with a call within half a day of a recorder's new ones; locked, so that nobody answers
-- one while calls are added to it. The latest of a recorder comes last. $1 recorder_id[], $2 first_at[] of the new calls.
SELECT i.recorder_id, i.key, i.starts_at
FROM unnest($1::text[], $2::timestamptz[]) AS k (recorder_id, first_at)
JOIN incident i ON i.recorder_id = k.recorder_id AND i.rule = 'sos' AND i.status = 'open'
WHERE EXISTS (
    SELECT FROM sos_call c
    WHERE c.key = i.key AND c.at BETWEEN k.first_at - INTERVAL '12 hours' AND k.first_at + INTERVAL '12 hours'
)
ORDER BY i.starts_at, i.incident_id
FOR UPDATE OF i;

-- name: count_calls
-- Count calls that no alarm counts yet: to the alarm that is given, else to a new one that is named after its first
-- call. Returns the alarms. $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper, $7 now,
-- $8 recorder_id[] with an alarm, $9 its key[].
WITH counted AS (
    INSERT INTO sos_call
    SELECT e.recorder_id, e.boot, e.seq, e.ts, e.at, e.received_at,
        e.backlog OR e.received_at > e.at + INTERVAL '5 min', e.clock_ok, $7::timestamptz,
        COALESCE(a.key, first_value(concat_ws('|', e.recorder_id, to_char(e.ts AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.boot, e.seq))
            OVER (PARTITION BY e.recorder_id ORDER BY e.at, e.boot, e.seq, e.ts))
    FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
    JOIN event e ON e.recorder_id = k.recorder_id AND e.type = 'sos'
        AND e.at BETWEEN k.from_at AND k.to_at AND e.at BETWEEN $5 AND $6
    LEFT JOIN unnest($8::text[], $9::text[]) AS a (recorder_id, key) ON a.recorder_id = e.recorder_id
    WHERE NOT EXISTS (
        SELECT FROM sos_call c
        WHERE c.recorder_id = e.recorder_id AND c.boot = e.boot AND c.seq = e.seq AND c.ts = e.ts
    )
    ON CONFLICT DO NOTHING
    RETURNING key
)
SELECT DISTINCT key FROM counted;

-- name: alarms
-- What alarms count. $1 key[].
SELECT key, recorder_id, count(*) AS calls, min(at) AS first_at, max(at) AS last_at,
    count(*) FILTER (WHERE is_late) AS late, max(received_at) FILTER (WHERE is_late) AS late_received_at,
    bool_and(clock_ok) AS is_clock_ok, max(counted_at) AS counted_at
FROM sos_call WHERE key = ANY($1::text[])
GROUP BY key, recorder_id
ORDER BY key;
