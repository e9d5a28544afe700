-- Since when whoever a birth message names was logged in: since power-on, where every message of the boot before it is
-- in and none of them was a login or a logout (switched on in a garage it says so only once it is out); else since then.
CREATE FUNCTION logged_in_since(who text, in_boot text, told_at timestamptz, told_seq bigint)
RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT COALESCE((
        SELECT LEAST(b.first_at, told_at)
        FROM recorder_boot b
        WHERE b.recorder_id = who AND b.boot = in_boot AND b.seen[1] <= 1 AND b.seen[2] >= told_seq
            AND NOT EXISTS (
                SELECT FROM event e
                WHERE e.recorder_id = who AND e.boot = in_boot AND e.seq < told_seq AND e.type IN ('login', 'logout')
                    AND e.at >= b.first_at AND e.at <= told_at
            )
            AND NOT EXISTS (
                SELECT FROM presence p
                WHERE p.recorder_id = who AND p.boot = in_boot AND p.seq < told_seq AND p.state = 'online'
                    AND p.at >= b.first_at AND p.at <= told_at
            )
    ), told_at)
$$;

-- Who was logged in on some recorders over a stretch of time: a birth message says it, a login or logout changes it,
-- and it holds until the recorder next says otherwise. What a recorder has not repeated for a week holds no longer;
-- ends_at NULL: it holds to the end of the stretch.
CREATE FUNCTION logins_between(since timestamptz, until timestamptz, recorder_ids text[])
RETURNS TABLE (recorder_id text, officer_id text, starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT h.recorder_id, h.officer_id, h.at, h.next_at
    FROM (
        SELECT
            n.recorder_id, said.at, said.officer_id,
            lead(said.at) OVER (PARTITION BY n.recorder_id ORDER BY said.at, said.seq) AS next_at
        FROM unnest(recorder_ids) AS n (recorder_id)
        CROSS JOIN LATERAL (
            SELECT logged_in_since(p.recorder_id, p.boot, p.at, p.seq), p.seq, p.officer_id
            FROM presence p
            WHERE p.recorder_id = n.recorder_id AND p.state = 'online' AND p.at > since AND p.at < until
            UNION ALL (
                SELECT p.at, p.seq, p.officer_id
                FROM presence p
                WHERE p.recorder_id = n.recorder_id AND p.state = 'online' AND p.at <= since AND p.at > since - INTERVAL '7 days'
                ORDER BY p.at DESC, p.seq DESC
                LIMIT 1
            )
            UNION ALL
            SELECT e.at, e.seq, CASE WHEN e.type = 'login' THEN e.detail ->> 'officer_id' END
            FROM event e
            WHERE e.recorder_id = n.recorder_id AND e.type IN ('login', 'logout') AND e.at > since AND e.at < until
            UNION ALL (
                SELECT e.at, e.seq, CASE WHEN e.type = 'login' THEN e.detail ->> 'officer_id' END
                FROM event e
                WHERE e.recorder_id = n.recorder_id AND e.type IN ('login', 'logout') AND e.at <= since AND e.at > since - INTERVAL '7 days'
                ORDER BY e.at DESC, e.seq DESC
                LIMIT 1
            )
        ) AS said (at, seq, officer_id)
    ) AS h
    WHERE h.officer_id ~ '^[A-Za-z0-9_-]{1,32}$' AND (h.next_at IS NULL OR h.next_at > since)
$$;

-- The recorders on which some officers logged in within a stretch of time or the week before it.
CREATE FUNCTION login_recorders_between(since timestamptz, until timestamptz, officer_ids text[])
RETURNS TABLE (recorder_id text)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT p.recorder_id FROM presence p
    WHERE p.officer_id = ANY (officer_ids) AND p.at > since - INTERVAL '7 days' AND p.at < until
    UNION
    SELECT e.recorder_id FROM event e
    WHERE e.type = 'login' AND e.detail ->> 'officer_id' = ANY (officer_ids)
        AND e.at > since - INTERVAL '7 days' AND e.at < until
$$;
CREATE INDEX presence_by_officer ON presence (officer_id, at DESC) WHERE officer_id IS NOT NULL;
CREATE INDEX event_login ON event (at DESC) WHERE type = 'login';
