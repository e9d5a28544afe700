-- identity-conflict: boots whose readings may come from another device.

-- name: seen
-- Conflicts of three kinds:
-- imei: births with another IMEI than the register's. 14 digits count; the last one is a check digit or a version.
-- two_boots: two boots alive at once. The earlier one was measured and heard live after the later one began, at least
-- $4 times and for longer than $3 s, which no delayed message explains; the later one was heard live as often.
-- reused: a boot id that was used again, which `seq` shows too: a birth alone may have misread its uptime.
-- The recorders are joined, not compared with ANY: an index scan prepares an array again for each outer row.
-- $1 recorder_id[] (distinct), $2 since, $3 over_s, $4 times.
SELECT p.recorder_id, 'imei' AS kind, p.boot, LEAST(min(b.first_at), min(p.at)), GREATEST(max(b.last_at), max(p.at)), min(p.imei)
FROM unnest($1::text[]) AS k (recorder_id)
JOIN recorder r USING (recorder_id)
JOIN presence p ON p.recorder_id = r.recorder_id AND p.at >= $2 AND p.state = 'online' AND p.imei IS NOT NULL
JOIN recorder_boot b ON b.recorder_id = p.recorder_id AND b.boot = p.boot
WHERE r.status <> 'test' AND length(r.imei) >= 14 AND left(p.imei, 14) <> left(r.imei, 14)
GROUP BY p.recorder_id, p.boot
UNION ALL
SELECT r.recorder_id, 'two_boots', later.boot, begun.at, max(l.at), earlier.boot
FROM unnest($1::text[]) AS k (recorder_id)
JOIN recorder r USING (recorder_id)
JOIN recorder_boot later ON later.recorder_id = r.recorder_id AND later.last_received_at >= $2
JOIN recorder_boot earlier ON earlier.recorder_id = r.recorder_id AND earlier.boot <> later.boot
    AND (earlier.first_received_at, earlier.boot) < (later.first_received_at, later.boot)
    AND earlier.last_received_at > later.first_received_at + make_interval(secs => $3::float8)
CROSS JOIN LATERAL (
    SELECT min(h.at) AS at, min(h.received_at) AS received_at, count(*) AS times FROM (
        SELECT at, received_at FROM heartbeat
        WHERE recorder_id = r.recorder_id AND boot = later.boot AND at >= $2 AND NOT backlog AND received_at <= at + INTERVAL '5 min'
        UNION ALL
        SELECT at, received_at FROM presence
        WHERE recorder_id = r.recorder_id AND boot = later.boot AND at >= $2 AND NOT backlog AND seq IS NOT NULL
            AND received_at <= at + INTERVAL '5 min'
    ) AS h
) AS begun
CROSS JOIN LATERAL (
    SELECT at, received_at FROM heartbeat
    WHERE recorder_id = r.recorder_id AND boot = earlier.boot AND at > begun.at AND NOT backlog AND received_at <= at + INTERVAL '5 min'
    UNION ALL
    SELECT at, received_at FROM presence
    WHERE recorder_id = r.recorder_id AND boot = earlier.boot AND at > begun.at AND NOT backlog AND seq IS NOT NULL
        AND received_at <= at + INTERVAL '5 min'
) AS l
WHERE r.status <> 'test' AND begun.times >= $4::integer
    AND l.received_at > begun.received_at + make_interval(secs => $3::float8)
GROUP BY r.recorder_id, later.boot, begun.at, earlier.boot
HAVING count(*) >= $4::integer
UNION ALL
SELECT b.recorder_id, 'reused', b.boot, COALESCE(b.first_at, b.first_received_at), COALESCE(b.last_at, b.last_received_at), NULL
FROM unnest($1::text[]) AS k (recorder_id)
JOIN recorder r ON r.recorder_id = k.recorder_id AND r.status <> 'test'
JOIN recorder_boot b ON b.recorder_id = k.recorder_id
WHERE b.reused AND b.last_received_at >= $2 AND EXISTS (
    SELECT FROM recorder_boot o
    WHERE o.recorder_id = b.recorder_id AND o.boot <> b.boot AND split_part(o.boot, '~', 1) = split_part(b.boot, '~', 1)
        AND CASE WHEN (length(o.boot), o.boot) < (length(b.boot), b.boot) THEN b.seen[1] <= o.seen[cardinality(o.seen)]
            ELSE o.seen[1] <= b.seen[cardinality(b.seen)] END
);

-- name: kept
-- Stored conflicts since a moment, and whether they still hold: the register may have been corrected.
-- $1 recorder_id[], $2 since.
SELECT c.recorder_id, c.kind, c.boot, c.from_at, c.to_at, c.detail,
    c.kind <> 'imei' OR (length(r.imei) >= 14 AND left(c.detail, 14) <> left(r.imei, 14)) AS holds
FROM identity_conflict c JOIN recorder r USING (recorder_id)
WHERE c.recorder_id = ANY($1::text[]) AND c.to_at >= $2;

-- name: drop
-- Delete conflicts that no longer hold. $1 recorder_id[], $2 kind[], $3 boot[].
DELETE FROM identity_conflict c USING unnest($1::text[], $2::text[], $3::text[]) AS k (recorder_id, kind, boot)
WHERE c.recorder_id = k.recorder_id AND c.kind = k.kind AND c.boot = k.boot
RETURNING c.boot;

-- name: put
-- Store conflicts. $1 recorder_id[], $2 kind[], $3 boot[], then the columns in order.
INSERT INTO identity_conflict (recorder_id, kind, boot, from_at, to_at, detail)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[])
ON CONFLICT (recorder_id, kind, boot) DO UPDATE SET
    from_at = EXCLUDED.from_at, to_at = EXCLUDED.to_at, detail = EXCLUDED.detail
RETURNING boot;
