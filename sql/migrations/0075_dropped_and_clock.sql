-- Two more standstills of our own (domain.md, "Nothing convicts on one sight"): the broker dropped what it had acknowledged,
-- and a clock of ours was wrong.

COMMENT ON COLUMN standstill.part IS
    'what stood still: ingest/NAME, database, broker (it dropped messages), clock (the server''s) or clock/NAME (a worker''s)';

CREATE TABLE broker_count (
    broker  text PRIMARY KEY,
    dropped bigint NOT NULL CHECK (dropped >= 0),
    held_at timestamptz NOT NULL
);
COMMENT ON TABLE broker_count IS 'what each broker last told of the messages that it dropped, for the next process that watches it';
COMMENT ON COLUMN broker_count.broker IS 'host:port, as ingest is told it';
COMMENT ON COLUMN broker_count.dropped IS 'messages dropped since the broker''s start';
COMMENT ON COLUMN broker_count.held_at IS 'when the broker had certainly dropped no more than these';

-- A standstill that goes on in steps is news of its latest step only: what rested on the others is judged already.
CREATE OR REPLACE FUNCTION note_standstill() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    known_to timestamptz;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        known_to := OLD.ends_at;
    END IF;
    INSERT INTO reading_change (recorder_id, kind, from_at, to_at)
    VALUES (
        '', 'standstill', GREATEST(NEW.starts_at, CASE WHEN NEW.ends_at > known_to THEN known_to END),
        GREATEST(NEW.starts_at, COALESCE(NEW.ends_at, now()))
    );
    RETURN NULL;
END $$;

-- What was measured in a silence comes with its end: a message that the broker dropped then may have told of all of it. (The
-- rest of the function is as 0071 made it.)
CREATE OR REPLACE FUNCTION doubts_between(of_recorder text, since timestamptz, until timestamptz)
RETURNS TABLE (reason text, from_at timestamptz, to_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT d.reason, GREATEST(d.from_at, since), LEAST(d.to_at, until)
    FROM (
        SELECT 'standstill' AS reason, s.starts_at AS from_at, COALESCE(s.ends_at, until) AS to_at
        FROM standstill s WHERE s.starts_at <= until AND (s.ends_at IS NULL OR s.ends_at >= since)
        UNION ALL
        SELECT 'rejected', m.first_at - INTERVAL '2 min', m.last_at + INTERVAL '2 min'
        FROM rejection r
        CROSS JOIN LATERAL (
            SELECT r.last_received_at - r.first_received_at <= r.count * INTERVAL '10 min' AS is_dense
        ) AS n
        CROSS JOIN LATERAL (
            SELECT r.first_received_at, r.last_received_at WHERE n.is_dense
            UNION ALL
            SELECT moment, moment FROM unnest(ARRAY[r.first_received_at, r.last_received_at]) AS moment WHERE NOT n.is_dense
        ) AS m (first_at, last_at)
        WHERE r.recorder_id = of_recorder AND r.code <> 'partial'
            AND r.last_received_at >= since - INTERVAL '2 min' AND r.first_received_at <= until + INTERVAL '2 min'
            AND split_part(r.topic, '/', 4) IN
                ('presence', 'heartbeat', 'battery', 'storage', 'recording', 'location', 'event', 'backlog')
        UNION ALL
        -- What was measured in a silence comes with its end: a backlog that was rejected told of all of it.
        SELECT 'rejected', s.since, COALESCE(s.until, until)
        FROM silence s
        WHERE s.recorder_id = of_recorder AND s.since <= until AND (s.until IS NULL OR s.until >= since) AND EXISTS (
            SELECT FROM rejection r
            WHERE r.recorder_id = of_recorder AND r.code <> 'partial' AND split_part(r.topic, '/', 4) = 'backlog'
                AND r.last_received_at >= s.since
                AND (s.until IS NULL OR r.first_received_at <= s.until + INTERVAL '10 min')
        )
        UNION ALL
        SELECT 'standstill', s.since, COALESCE(s.until, until)
        FROM silence s
        WHERE s.recorder_id = of_recorder AND s.since <= until AND (s.until IS NULL OR s.until >= since) AND EXISTS (
            SELECT FROM standstill b
            WHERE b.part = 'broker' AND COALESCE(b.ends_at, 'infinity') >= s.since
                AND (s.until IS NULL OR b.starts_at <= s.until + INTERVAL '10 min')
        )
        UNION ALL
        SELECT c.kind, c.from_at, GREATEST(c.to_at, (
            SELECT min(n.from_at) FROM identity_conflict n
            WHERE c.kind = 'reused' AND n.recorder_id = c.recorder_id AND n.kind = c.kind AND n.from_at > c.from_at
                AND split_part(n.boot, '~', 1) = split_part(c.boot, '~', 1) AND n.from_at <= c.to_at + INTERVAL '24 h'
        ))
        FROM identity_conflict c WHERE c.recorder_id = of_recorder AND c.from_at <= until
        UNION ALL
        SELECT 'no_birth', b.from_at, b.to_at FROM times_without_birth(of_recorder, since, until) b
        UNION ALL
        SELECT 'aside', COALESCE((SELECT min((told ->> 2)::timestamptz) FROM jsonb_array_elements(a.changes) AS told), a.since), until
        FROM judgement_aside a WHERE a.kind = 'recorder' AND a.key = of_recorder
    ) AS d
    WHERE d.from_at <= until AND d.to_at >= since
$$;
