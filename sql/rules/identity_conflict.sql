-- identity-conflict: whose readings a recorder's are.

-- name: foreign_imeis
-- Boots of some recorders whose births name another device than the register (an IMEI's first 14 digits; the last one is a
-- check digit or a software version). $1 recorder_id[], $2 since.
SELECT p.recorder_id, p.boot, LEAST(min(b.first_at), min(p.at)), GREATEST(max(b.last_at), max(p.at)), min(p.imei)
FROM recorder r
JOIN presence p ON p.recorder_id = r.recorder_id AND p.at >= $2 AND p.state = 'online' AND p.imei IS NOT NULL
JOIN recorder_boot b ON b.recorder_id = p.recorder_id AND b.boot = p.boot
WHERE r.recorder_id = ANY($1::text[]) AND r.status <> 'test' AND length(r.imei) >= 14 AND left(p.imei, 14) <> left(r.imei, 14)
GROUP BY p.recorder_id, p.boot;

-- name: boots_at_once
-- Boots of some recorders that were alive at once: after the later one had begun the earlier one still measured and was
-- heard live, several times and for longer than a message may be on its way. $1 recorder_id[], $2 since, $3 over_s, $4 times.
WITH live AS (
    SELECT r.recorder_id, l.boot, l.at, l.received_at
    FROM recorder r
    CROSS JOIN LATERAL (
        SELECT boot, at, received_at FROM heartbeat
        WHERE recorder_id = r.recorder_id AND at >= $2 AND NOT backlog AND received_at <= at + INTERVAL '5 min'
        UNION ALL
        SELECT boot, at, received_at FROM presence
        WHERE recorder_id = r.recorder_id AND at >= $2 AND NOT backlog AND seq IS NOT NULL
            AND received_at <= at + INTERVAL '5 min'
    ) AS l
    WHERE r.recorder_id = ANY($1::text[]) AND r.status <> 'test'
), begun AS (
    SELECT recorder_id, boot, min(at) AS first_at, min(received_at) AS first_received_at FROM live GROUP BY recorder_id, boot
)
SELECT later.recorder_id, later.boot, later.first_at, max(l.at), l.boot
FROM begun later
JOIN live l ON l.recorder_id = later.recorder_id AND l.boot <> later.boot
    AND l.at > later.first_at AND l.received_at > later.first_received_at + make_interval(secs => $3::float8)
JOIN begun earlier ON earlier.recorder_id = l.recorder_id AND earlier.boot = l.boot
    AND (earlier.first_received_at, earlier.boot) < (later.first_received_at, later.boot)
GROUP BY later.recorder_id, later.boot, later.first_at, l.boot
HAVING count(*) >= $4::integer;

-- name: reused_boots
-- Boot ids that some recorders used again. $1 recorder_id[], $2 since.
SELECT b.recorder_id, b.boot, COALESCE(b.first_at, b.first_received_at), COALESCE(b.last_at, b.last_received_at), NULL::text
FROM recorder_boot b JOIN recorder r ON r.recorder_id = b.recorder_id AND r.status <> 'test'
WHERE b.recorder_id = ANY($1::text[]) AND b.reused AND COALESCE(b.last_at, b.last_received_at) >= $2;

-- name: kept
-- What is kept of some recorders since a moment. $1 recorder_id[], $2 since.
SELECT recorder_id, kind, boot, from_at, to_at, detail FROM identity_conflict
WHERE recorder_id = ANY($1::text[]) AND to_at >= $2;

-- name: drop
-- $1 recorder_id[], $2 kind[], $3 boot[].
DELETE FROM identity_conflict c USING unnest($1::text[], $2::text[], $3::text[]) AS k (recorder_id, kind, boot)
WHERE c.recorder_id = k.recorder_id AND c.kind = k.kind AND c.boot = k.boot
RETURNING c.boot;

-- name: put
-- $1 recorder_id[], $2 kind[], $3 boot[], then the columns in order.
INSERT INTO identity_conflict (recorder_id, kind, boot, from_at, to_at, detail)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[])
ON CONFLICT (recorder_id, kind, boot) DO UPDATE SET
    from_at = EXCLUDED.from_at, to_at = EXCLUDED.to_at, detail = EXCLUDED.detail
RETURNING boot;
