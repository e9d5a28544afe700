-- sim-removed: the SIM in the slot, the SIMs that belong there, and what other recorders on the cell did.

-- name: sightings
-- SIMs seen in the slot: every birth with an ICCID in the last 30 days, and the first and last heartbeat of each SIM in
-- each boot. $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper.
SELECT k.key, s.at, s.iccid, s.boot, s.kind
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
CROSS JOIN LATERAL (
    SELECT at, iccid, boot, seq, 'presence' AS kind FROM presence
    WHERE recorder_id = k.recorder_id AND at BETWEEN k.from_at - INTERVAL '30 days' AND k.to_at
        AND at BETWEEN $5::timestamptz - INTERVAL '30 days' AND $6 AND iccid IS NOT NULL
    UNION ALL
    SELECT at, iccid, boot, seq, 'heartbeat'
    FROM (
        SELECT h.*, lag(h.iccid) OVER (PARTITION BY h.boot ORDER BY h.seq) AS iccid_before,
            lead(h.iccid) OVER (PARTITION BY h.boot ORDER BY h.seq) AS iccid_after
        FROM heartbeat h
        WHERE h.recorder_id = k.recorder_id AND h.at BETWEEN k.from_at AND k.to_at AND h.at BETWEEN $5 AND $6 AND h.iccid IS NOT NULL
    ) AS changes
    WHERE iccid IS DISTINCT FROM iccid_before OR iccid IS DISTINCT FROM iccid_after
) AS s
ORDER BY k.key, s.at, s.seq;

-- name: online_to
-- When recorders last had mobile service in periods. $1 key[], $2 recorder_id[],
-- $3 from_at[], $4 to_at[], $5 lower, $6 upper.
SELECT k.key, h.at
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
CROSS JOIN LATERAL (
    SELECT at FROM heartbeat
    WHERE recorder_id = k.recorder_id AND at BETWEEN k.from_at AND k.to_at AND at BETWEEN $5 AND $6
        AND NOT backlog AND network IN ('2g', '3g', '4g', '5g')
    ORDER BY at DESC LIMIT 1
) AS h;

-- name: bindings
-- SIMs bound to recorders, as known at $2. $1 recorder_id[].
SELECT recorder_id, iccid, valid_from FROM sim_bindings_known_at($2) WHERE recorder_id = ANY($1::text[])
ORDER BY recorder_id, valid_from, sim_binding_id;

-- name: shared_cards
-- Recorders whose SIM is also entered for another recorder, as known at $2: one of the entries is wrong.
-- $1 recorder_id[].
WITH told AS (
    SELECT recorder_id, rtrim(upper(iccid), 'F') AS iccid, NULL::timestamptz AS valid_from FROM recorder
    WHERE iccid IS NOT NULL AND status <> 'retired'
    UNION ALL
    SELECT recorder_id, rtrim(upper(iccid), 'F'), valid_from FROM sim_bindings_known_at($2) WHERE valid_from <= $2
), present AS (
    SELECT DISTINCT ON (recorder_id) recorder_id, iccid FROM told ORDER BY recorder_id, valid_from DESC NULLS LAST
)
SELECT DISTINCT own.recorder_id
FROM present own
JOIN present other ON other.recorder_id <> own.recorder_id
    AND (other.iccid = own.iccid OR starts_with(other.iccid, own.iccid) OR starts_with(own.iccid, other.iccid))
WHERE own.recorder_id = ANY($1::text[]);

-- name: cell_neighbours
-- For the cell of each lost recorder: how many others were heard on it since, how many fell silent within 2 min of the
-- loss, and how many recorders have service anywhere. $1 silence_id[], $2 recorder_id[], $3 cell[], $4 since[].
WITH k AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) AS k (silence_id, recorder_id, cell, since)
), online AS (
    SELECT k.silence_id, count(*) AS number
    FROM k JOIN recorder_state s ON s.cell = k.cell AND s.recorder_id <> k.recorder_id
    WHERE s.last_heard_at > k.since + INTERVAL '30 s' AND s.network <> 'none' AND NOT EXISTS (
        SELECT FROM silence o WHERE o.recorder_id = s.recorder_id AND o.until IS NULL
    )
    GROUP BY k.silence_id
), silent AS (
    SELECT k.silence_id, count(DISTINCT o.recorder_id) AS number
    FROM k JOIN silence o ON o.since BETWEEN k.since - INTERVAL '2 min' AND k.since + INTERVAL '2 min'
        AND o.cell = k.cell AND o.recorder_id <> k.recorder_id AND o.goodbye IS NULL
    GROUP BY k.silence_id
), fleet AS (
    SELECT count(*) AS number FROM recorder_state s
    WHERE s.last_heard_at > (SELECT min(since) FROM k) + INTERVAL '30 s' AND s.network <> 'none'
)
SELECT k.silence_id, COALESCE(online.number, 0)::integer, COALESCE(silent.number, 0)::integer, fleet.number::integer
FROM k LEFT JOIN online USING (silence_id) LEFT JOIN silent USING (silence_id) CROSS JOIN fleet;

-- name: back_together
-- For finished silences: how many others on the same cell were cut off at that time and came back within 90 s of it.
-- A cell that fails sector by sector loses its recorders minutes apart.
-- $1 silence_id[], $2 recorder_id[], $3 cell[], $4 since[], $5 until[].
SELECT k.silence_id, count(DISTINCT o.recorder_id)::integer
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) AS k (silence_id, recorder_id, cell, since, until)
JOIN silence o ON o.since BETWEEN k.since - INTERVAL '30 min' AND k.until - INTERVAL '90 s'
    AND o.cell = k.cell AND o.recorder_id <> k.recorder_id AND o.goodbye IS NULL
    AND o.until BETWEEN k.until - INTERVAL '90 s' AND k.until + INTERVAL '90 s'
GROUP BY k.silence_id;
