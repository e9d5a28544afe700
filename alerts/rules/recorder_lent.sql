-- name: heard_until
-- When recorders were last heard in periods: a login without a logout ends with its last reading.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper.
SELECT k.key, max(h.at)
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
JOIN heartbeat h ON h.recorder_id = k.recorder_id AND h.at BETWEEN k.from_at AND k.to_at AND h.at BETWEEN $5 AND $6
GROUP BY k.key;

-- name: begun
-- Since when the officer logged in at to_at has been logged in: his first message after the last that named somebody
-- else or nobody. A birth that repeats a login starts no new one.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper.
WITH said AS (
    SELECT k.key, w.at, w.seq, w.officer_id
    FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
    CROSS JOIN LATERAL (
        SELECT p.at, p.seq, p.officer_id FROM presence p
        WHERE p.recorder_id = k.recorder_id AND p.state = 'online' AND p.at BETWEEN k.from_at AND k.to_at
            AND p.at BETWEEN $5 AND $6
        UNION ALL
        SELECT e.at, e.seq, CASE WHEN e.type = 'login' THEN e.detail ->> 'officer_id' END FROM event e
        WHERE e.recorder_id = k.recorder_id AND e.type IN ('login', 'login_unread', 'logout')
            AND e.at BETWEEN k.from_at AND k.to_at AND e.at BETWEEN $5 AND $6
    ) AS w
), latest AS (
    SELECT DISTINCT ON (key) key, officer_id FROM said ORDER BY key, at DESC, seq DESC
)
SELECT l.key, min(s.at)
FROM latest l JOIN said s USING (key)
WHERE (s.at, s.seq) > ALL (SELECT o.at, o.seq FROM said o WHERE o.key = l.key AND o.officer_id IS DISTINCT FROM l.officer_id)
GROUP BY l.key;
