-- A clock is wrong once two messages tell of it (domain.md, "Nothing convicts on one sight"): one may only have been late.

ALTER TABLE recorder_boot ADD COLUMN clock_told_ts timestamptz, ADD COLUMN clock_told_twice boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN recorder_boot.clock_told_ts IS 'ts of the live message that told of the offset first';
COMMENT ON COLUMN recorder_boot.clock_told_twice IS 'another message bore the offset out';
UPDATE recorder_boot SET clock_told_twice = true WHERE clock_offset_s IS NOT NULL;

-- When, in a stretch of time, a boot had begun and none of its births is stored: who was logged in on the recorder isn't known.
CREATE FUNCTION times_without_birth(of_recorder text, since timestamptz, until timestamptz)
RETURNS TABLE (from_at timestamptz, to_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT b.first_at, n.to_at
    FROM recorder_boot b
    CROSS JOIN LATERAL (
        SELECT COALESCE(min(p.at), b.last_at) AS to_at FROM presence p
        WHERE p.recorder_id = of_recorder AND p.at BETWEEN b.first_at AND b.last_at AND p.boot = b.boot AND p.state = 'online'
    ) AS n
    WHERE b.recorder_id = of_recorder AND b.first_at <= until AND b.last_at >= since AND NOT starts_with(b.boot, '~')
        AND n.to_at > b.first_at AND n.to_at >= since
$$;

-- Between two generations of a reused boot (a boot id drawn again, a seq that wraps) nothing tells whether the recorder was
-- off or its backlog is still to come: that time is in doubt as well, as long as a backlog is waited for (24 h).

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
