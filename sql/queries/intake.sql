-- Ingest: everything that one batch writes, in one transaction.

-- name: make_stages
-- Run once per connection: the staging table that COPY fills and merge_stage reads. (Array parameters cost the client
-- ten times as much as COPY.) Each row holds records of three unrelated kinds side by side, because one COPY needs
-- fewer round trips than three.
CREATE TEMPORARY TABLE IF NOT EXISTS stage ON COMMIT DELETE ROWS AS
SELECT
    s.*,
    b.recorder_id AS boot_recorder_id, b.boot AS boot_id,
    b.seen[1] AS seen_first, b.seen[2] AS seen_last, b.seen AS seen_runs,
    b.first_at, b.last_at, b.last_received_at AS boot_last_received_at,
    b.powered_on_at, b.clock_offset_s, b.clock_wrong_to, b.clock_right_from,
    b.clock_told_ts, b.clock_told_twice,
    b.uptime_s AS boot_uptime_s, b.began_ts, b.last_ts, b.reused,
    r.recorder_id AS span_recorder_id, r.boot AS span_boot, r.since_ts AS span_since_ts, r.state AS span_state,
    r.since AS span_since, r.last_at AS span_last_at, r.file_id AS span_file_id, r."trigger" AS span_trigger,
    r.since_rank AS span_since_rank
FROM recorder_state s, recorder_boot b, recording_state r
WITH NO DATA;

-- name: lock_boots
-- Lock the boots of a batch, in the same order in all workers. $1 recorder_id[], $2 boot[].
-- A boot without gaps returns two numbers: decoding an array costs the client more than the rest of the row.
SELECT
    b.recorder_id, b.boot, b.seen[1], b.seen[2], CASE WHEN cardinality(b.seen) <> 2 THEN b.seen END,
    b.first_at, b.last_at, b.last_received_at, b.powered_on_at, b.clock_offset_s, b.clock_wrong_to, b.clock_right_from,
    b.clock_told_ts, b.clock_told_twice,
    b.uptime_s, b.began_ts, b.last_ts, b.reused
FROM unnest($1::text[], $2::text[]) AS n (recorder_id, boot)
JOIN recorder_boot b USING (recorder_id, boot)
ORDER BY b.recorder_id, b.boot
FOR UPDATE OF b;

-- name: make_boots
-- The same for a batch with new boots; they are created in the order in which the others are locked.
-- $1 recorder_id[], $2 boot[], $3 received_at[].
INSERT INTO recorder_boot AS b (recorder_id, boot, first_received_at, last_received_at)
SELECT recorder_id, boot, received_at, received_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS n (recorder_id, boot, received_at)
ORDER BY recorder_id, boot
ON CONFLICT (recorder_id, boot) DO UPDATE SET recorder_id = EXCLUDED.recorder_id
RETURNING
    b.recorder_id, b.boot, b.seen[1], b.seen[2], CASE WHEN cardinality(b.seen) <> 2 THEN b.seen END,
    b.first_at, b.last_at, b.last_received_at, b.powered_on_at, b.clock_offset_s, b.clock_wrong_to, b.clock_right_from,
    b.clock_told_ts, b.clock_told_twice,
    b.uptime_s, b.began_ts, b.last_ts, b.reused;

-- name: later_boots
-- The later generations of boots, in order. The lock on the first generation covers them.
-- $1 recorder_id[], $2 boot[] (of the first).
SELECT
    n.recorder_id, n.boot, b.seen[1], b.seen[2], CASE WHEN cardinality(b.seen) <> 2 THEN b.seen END,
    b.first_at, b.last_at, b.last_received_at, b.powered_on_at, b.clock_offset_s, b.clock_wrong_to, b.clock_right_from,
    b.clock_told_ts, b.clock_told_twice,
    b.uptime_s, b.began_ts, b.last_ts, b.reused
FROM unnest($1::text[], $2::text[]) AS n (recorder_id, boot)
JOIN recorder_boot b ON b.recorder_id = n.recorder_id AND starts_with(b.boot, n.boot || '~')
ORDER BY n.recorder_id, n.boot, length(b.boot), b.boot;

-- name: stored_at_ts
-- Those of the messages that are stored at their device time.
-- $1 recorder_id[], $2 boot[], $3 kind[], $4 seq[], $5 ts[], $6-$7 earliest and latest ts, to exclude chunks.
SELECT n.recorder_id, n.boot, n.kind, n.seq, n.ts
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[]) AS n (recorder_id, boot, kind, seq, ts)
WHERE EXISTS (
    SELECT FROM named_reading r
    WHERE r.kind = n.kind AND r.recorder_id = n.recorder_id AND r.at = n.ts AND r.at BETWEEN $6 AND $7
        AND r.boot = n.boot AND r.seq = n.seq AND r.ts = n.ts
);

-- name: stored_in_boot
-- Those of the messages that are stored at any time in their boot.
-- $1 recorder_id[], $2 boot[], $3 kind[], $4 seq[], $5 ts[].
SELECT n.recorder_id, n.boot, n.kind, n.seq, n.ts
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[]) AS n (recorder_id, boot, kind, seq, ts)
JOIN recorder_boot b ON b.recorder_id = n.recorder_id AND b.boot = n.boot
WHERE EXISTS (
    SELECT FROM named_reading r
    WHERE r.kind = n.kind AND r.recorder_id = n.recorder_id AND r.at BETWEEN b.first_at AND b.last_at
        AND r.boot = n.boot AND r.seq = n.seq AND r.ts = n.ts
);

-- name: add_generations
-- Create rows for later generations; merge_stage fills them. $1 recorder_id[], $2 boot[], $3 received_at[].
INSERT INTO recorder_boot (recorder_id, boot, first_received_at, last_received_at)
SELECT recorder_id, boot, received_at, received_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS n (recorder_id, boot, received_at);

-- name: presence_of_boots
-- Presence messages of boots, newest first, at most 2,000 per boot; beyond that only the oldest connections lose their
-- ends. $1 recorder_id[], $2 boot[].
-- Nothing is measured before its boot began, except a will (1.5 keep-alives before its arrival) and within the clock
-- tolerance. Earlier chunks are therefore excluded.
SELECT n.recorder_id, n.boot, p.at, p.ts, p.received_at, p.seq, p.state = 'online' AS online, p.session, p.reason
FROM unnest($1::text[], $2::text[]) AS n (recorder_id, boot)
JOIN recorder_boot b USING (recorder_id, boot)
CROSS JOIN LATERAL (
    SELECT * FROM presence q
    WHERE q.recorder_id = b.recorder_id AND q.boot = b.boot
        AND q.at >= LEAST(b.first_at, b.first_received_at) - INTERVAL '10 minutes'
    ORDER BY q.at DESC
    LIMIT 2000
) AS p;

-- name: put_connections
-- Replace the connections of boots.
-- $1 recorder_id[], $2 boot[], $3 online_at[], $4 seq[], $5 session[], $6 offline_at[], $7 reason[].
INSERT INTO presence_span AS s (recorder_id, boot, online_at, seq, session, offline_at, reason)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::timestamptz[], $4::bigint[], $5::text[], $6::timestamptz[], $7::text[]
)
ON CONFLICT (recorder_id, boot, seq) DO UPDATE SET
    online_at = EXCLUDED.online_at, session = EXCLUDED.session,
    offline_at = EXCLUDED.offline_at, reason = EXCLUDED.reason
WHERE (s.online_at, s.session, s.offline_at, s.reason)
    IS DISTINCT FROM (EXCLUDED.online_at, EXCLUDED.session, EXCLUDED.offline_at, EXCLUDED.reason);

-- name: refresh_connection
-- Set recorders' present connection from their latest one. $1 recorder_id[], $2 the latest moment that one may begin at.
UPDATE recorder_state s SET
    connected = c.offline_at IS NULL,
    connection_at = COALESCE(c.offline_at, c.online_at),
    connection_reason = c.reason,
    boot = c.boot,
    session = c.session
FROM unnest($1::text[]) AS n (recorder_id)
CROSS JOIN LATERAL (
    SELECT * FROM presence_span p
    WHERE p.recorder_id = n.recorder_id AND p.online_at <= $2
    ORDER BY p.online_at DESC, p.boot DESC, p.seq DESC
    LIMIT 1
) AS c
WHERE s.recorder_id = n.recorder_id;

-- name: put_rejections
-- Equal bytes share a row with a count; the reason is that of the present version. A message that arrived later than it
-- was sent (retained or queued) doesn't show when its recorder was heard.
-- $1 topic[], $2 sha256[], $3 code[], $4 reason[], $5 recorder_id[], $6 boot[], $7 seq[], $8 payload[], $9 length[],
-- $10 received_at[], $11 count[], $12 fields[] (each joined by commas), $13 live[].
INSERT INTO rejection AS r (
    topic, sha256, code, reason, recorder_id, boot, seq, payload, length, first_received_at, last_received_at, count,
    fields, live
)
SELECT topic, sha256, code, reason, recorder_id, boot, seq, payload, length, received_at, received_at, count,
    string_to_array(fields, ','), live
FROM unnest(
    $1::text[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bytea[], $9::integer[],
    $10::timestamptz[], $11::bigint[], $12::text[], $13::boolean[]
) AS n (topic, sha256, code, reason, recorder_id, boot, seq, payload, length, received_at, count, fields, live)
ORDER BY topic, sha256
ON CONFLICT (topic, sha256) DO UPDATE SET
    code = EXCLUDED.code, reason = EXCLUDED.reason, fields = EXCLUDED.fields,
    last_received_at = CASE WHEN EXCLUDED.live THEN GREATEST(r.last_received_at, EXCLUDED.last_received_at) ELSE r.last_received_at END,
    count = r.count + EXCLUDED.count * EXCLUDED.live::integer,
    live = r.live OR EXCLUDED.live;

-- name: drop_rejections
-- Delete rejections that were stored on a retry. $1 rejection_id[].
DELETE FROM rejection WHERE rejection_id = ANY ($1::bigint[]);

-- name: put_replies
-- $1 recorder_id[], $2 command_id[], $3 ok[], $4 detail[], $5 received_at[].
INSERT INTO command_reply (recorder_id, command_id, ok, detail, received_at)
SELECT *
FROM unnest($1::text[], $2::text[], $3::boolean[], $4::jsonb[], $5::timestamptz[])
    AS n (recorder_id, command_id, ok, detail, received_at)
ORDER BY recorder_id, command_id
ON CONFLICT DO NOTHING;

-- name: merge_stage
-- Take over what lies in the stage, in one statement: what a batch changed of its boots; the latest readings of each
-- recorder, of which a group of columns whose (at, seq) is not newer stays as it is; and the recording states, which
-- each message that asserts one widens. A storage of another size than the recorder's is of another one, until that one
-- has been away for a day. $1 hour[]: hours whose rollups late readings have made stale; $2, $3 the
-- first and the last arrival, for a batch that had to wait makes the hours stale that it came in; $4 the moment of writing
-- by the clock that stamps arrivals.
WITH saved AS (
    UPDATE recorder_boot b SET
        seen = COALESCE(n.seen_runs, ARRAY[n.seen_first, n.seen_last]),
        first_at = n.first_at,
        last_at = n.last_at,
        last_received_at = n.boot_last_received_at,
        powered_on_at = n.powered_on_at,
        clock_offset_s = n.clock_offset_s,
        clock_wrong_to = n.clock_wrong_to,
        clock_right_from = n.clock_right_from,
        clock_told_ts = n.clock_told_ts,
        clock_told_twice = n.clock_told_twice,
        uptime_s = n.boot_uptime_s,
        began_ts = n.began_ts,
        last_ts = n.last_ts,
        reused = n.reused
    FROM stage n
    WHERE b.recorder_id = n.boot_recorder_id AND b.boot = n.boot_id
),
widened AS (
    INSERT INTO recording_state AS s (recorder_id, boot, since_ts, state, since, last_at, file_id, "trigger", since_rank)
    SELECT
        span_recorder_id, span_boot, span_since_ts, span_state, span_since, span_last_at, span_file_id, span_trigger,
        span_since_rank
    FROM stage
    WHERE span_recorder_id IS NOT NULL
    ORDER BY span_recorder_id, span_boot, span_since_ts
    ON CONFLICT (recorder_id, boot, since_ts) DO UPDATE SET
        state = GREATEST(s.state, EXCLUDED.state),
        since = CASE WHEN EXCLUDED.since_rank < s.since_rank THEN EXCLUDED.since ELSE s.since END,
        since_rank = LEAST(s.since_rank, EXCLUDED.since_rank),
        last_at = GREATEST(s.last_at, EXCLUDED.last_at),
        file_id = COALESCE(GREATEST(s.file_id, EXCLUDED.file_id), s.file_id, EXCLUDED.file_id),
        "trigger" = COALESCE(GREATEST(s."trigger", EXCLUDED."trigger"), s."trigger", EXCLUDED."trigger")
),
dirtied AS (
    INSERT INTO rollup_dirty (hour)
    SELECT unnest($1::timestamptz[])
    UNION
    SELECT hour
    FROM generate_series(date_trunc('hour', $2::timestamptz) - INTERVAL '1 hour', $3, INTERVAL '1 hour') AS hour
    WHERE $2 < $4::timestamptz - INTERVAL '1 minute'
)
INSERT INTO recorder_state AS s (
    recorder_id, first_received_at, last_received_at, last_heard_at,
    presence_at, presence_seq, model, firmware, imei, last_end,
    iccid_at, iccid_seq, iccid,
    officer_at, officer_seq, officer_id,
    heartbeat_at, heartbeat_seq, uptime_s, network, rsrp_dbm, cell, sim,
    battery_at, battery_seq, level_pct, charging, voltage_mv, temperature_c,
    storage_at, storage_seq, total_mb, free_mb, files,
    recording_at, recording_seq, recording_state, recording_since, file_id,
    location_at, location_seq, lat, lon, accuracy_m, speed_mps, heading_deg, fix,
    event_at, event_seq, event_type, event_detail
)
SELECT
    recorder_id, first_received_at, last_received_at, last_heard_at,
    presence_at, presence_seq, model, firmware, imei, last_end,
    iccid_at, iccid_seq, iccid,
    officer_at, officer_seq, officer_id,
    heartbeat_at, heartbeat_seq, uptime_s, network, rsrp_dbm, cell, sim,
    battery_at, battery_seq, level_pct, charging, voltage_mv, temperature_c,
    storage_at, storage_seq, total_mb, free_mb, files,
    recording_at, recording_seq, recording_state, recording_since, file_id,
    location_at, location_seq, lat, lon, accuracy_m, speed_mps, heading_deg, fix,
    event_at, event_seq, event_type, event_detail
FROM stage
WHERE recorder_id IS NOT NULL
ORDER BY recorder_id
ON CONFLICT (recorder_id) DO UPDATE SET
    last_received_at = GREATEST(s.last_received_at, EXCLUDED.last_received_at),
    last_heard_at = GREATEST(s.last_heard_at, EXCLUDED.last_heard_at),
    presence_at = CASE WHEN is_newer(EXCLUDED.presence_at, EXCLUDED.presence_seq, s.presence_at, s.presence_seq) THEN EXCLUDED.presence_at ELSE s.presence_at END,
    presence_seq = CASE WHEN is_newer(EXCLUDED.presence_at, EXCLUDED.presence_seq, s.presence_at, s.presence_seq) THEN EXCLUDED.presence_seq ELSE s.presence_seq END,
    model = CASE WHEN is_newer(EXCLUDED.presence_at, EXCLUDED.presence_seq, s.presence_at, s.presence_seq) THEN EXCLUDED.model ELSE s.model END,
    firmware = CASE WHEN is_newer(EXCLUDED.presence_at, EXCLUDED.presence_seq, s.presence_at, s.presence_seq) THEN EXCLUDED.firmware ELSE s.firmware END,
    imei = CASE WHEN is_newer(EXCLUDED.presence_at, EXCLUDED.presence_seq, s.presence_at, s.presence_seq) THEN EXCLUDED.imei ELSE s.imei END,
    last_end = CASE WHEN is_newer(EXCLUDED.presence_at, EXCLUDED.presence_seq, s.presence_at, s.presence_seq) THEN EXCLUDED.last_end ELSE s.last_end END,
    iccid_at = CASE WHEN is_newer(EXCLUDED.iccid_at, EXCLUDED.iccid_seq, s.iccid_at, s.iccid_seq) THEN EXCLUDED.iccid_at ELSE s.iccid_at END,
    iccid_seq = CASE WHEN is_newer(EXCLUDED.iccid_at, EXCLUDED.iccid_seq, s.iccid_at, s.iccid_seq) THEN EXCLUDED.iccid_seq ELSE s.iccid_seq END,
    iccid = CASE WHEN is_newer(EXCLUDED.iccid_at, EXCLUDED.iccid_seq, s.iccid_at, s.iccid_seq) THEN EXCLUDED.iccid ELSE s.iccid END,
    officer_at = CASE WHEN is_newer(EXCLUDED.officer_at, EXCLUDED.officer_seq, s.officer_at, s.officer_seq) THEN EXCLUDED.officer_at ELSE s.officer_at END,
    officer_seq = CASE WHEN is_newer(EXCLUDED.officer_at, EXCLUDED.officer_seq, s.officer_at, s.officer_seq) THEN EXCLUDED.officer_seq ELSE s.officer_seq END,
    officer_id = CASE WHEN is_newer(EXCLUDED.officer_at, EXCLUDED.officer_seq, s.officer_at, s.officer_seq) THEN EXCLUDED.officer_id ELSE s.officer_id END,
    heartbeat_at = CASE WHEN is_newer(EXCLUDED.heartbeat_at, EXCLUDED.heartbeat_seq, s.heartbeat_at, s.heartbeat_seq) THEN EXCLUDED.heartbeat_at ELSE s.heartbeat_at END,
    heartbeat_seq = CASE WHEN is_newer(EXCLUDED.heartbeat_at, EXCLUDED.heartbeat_seq, s.heartbeat_at, s.heartbeat_seq) THEN EXCLUDED.heartbeat_seq ELSE s.heartbeat_seq END,
    uptime_s = CASE WHEN is_newer(EXCLUDED.heartbeat_at, EXCLUDED.heartbeat_seq, s.heartbeat_at, s.heartbeat_seq) THEN EXCLUDED.uptime_s ELSE s.uptime_s END,
    network = CASE WHEN is_newer(EXCLUDED.heartbeat_at, EXCLUDED.heartbeat_seq, s.heartbeat_at, s.heartbeat_seq) THEN EXCLUDED.network ELSE s.network END,
    rsrp_dbm = CASE WHEN is_newer(EXCLUDED.heartbeat_at, EXCLUDED.heartbeat_seq, s.heartbeat_at, s.heartbeat_seq) THEN EXCLUDED.rsrp_dbm ELSE s.rsrp_dbm END,
    cell = CASE WHEN is_newer(EXCLUDED.heartbeat_at, EXCLUDED.heartbeat_seq, s.heartbeat_at, s.heartbeat_seq) THEN EXCLUDED.cell ELSE s.cell END,
    sim = CASE WHEN is_newer(EXCLUDED.heartbeat_at, EXCLUDED.heartbeat_seq, s.heartbeat_at, s.heartbeat_seq) THEN EXCLUDED.sim ELSE s.sim END,
    battery_at = CASE WHEN is_newer(EXCLUDED.battery_at, EXCLUDED.battery_seq, s.battery_at, s.battery_seq) THEN EXCLUDED.battery_at ELSE s.battery_at END,
    battery_seq = CASE WHEN is_newer(EXCLUDED.battery_at, EXCLUDED.battery_seq, s.battery_at, s.battery_seq) THEN EXCLUDED.battery_seq ELSE s.battery_seq END,
    level_pct = CASE WHEN is_newer(EXCLUDED.battery_at, EXCLUDED.battery_seq, s.battery_at, s.battery_seq) THEN EXCLUDED.level_pct ELSE s.level_pct END,
    charging = CASE WHEN is_newer(EXCLUDED.battery_at, EXCLUDED.battery_seq, s.battery_at, s.battery_seq) THEN EXCLUDED.charging ELSE s.charging END,
    voltage_mv = CASE WHEN is_newer(EXCLUDED.battery_at, EXCLUDED.battery_seq, s.battery_at, s.battery_seq) THEN EXCLUDED.voltage_mv ELSE s.voltage_mv END,
    temperature_c = CASE WHEN is_newer(EXCLUDED.battery_at, EXCLUDED.battery_seq, s.battery_at, s.battery_seq) THEN EXCLUDED.temperature_c ELSE s.temperature_c END,
    storage_at = CASE WHEN is_newer_card(EXCLUDED.storage_at, EXCLUDED.storage_seq, EXCLUDED.total_mb, s.storage_at, s.storage_seq, s.total_mb) THEN EXCLUDED.storage_at ELSE s.storage_at END,
    storage_seq = CASE WHEN is_newer_card(EXCLUDED.storage_at, EXCLUDED.storage_seq, EXCLUDED.total_mb, s.storage_at, s.storage_seq, s.total_mb) THEN EXCLUDED.storage_seq ELSE s.storage_seq END,
    total_mb = CASE WHEN is_newer_card(EXCLUDED.storage_at, EXCLUDED.storage_seq, EXCLUDED.total_mb, s.storage_at, s.storage_seq, s.total_mb) THEN EXCLUDED.total_mb ELSE s.total_mb END,
    free_mb = CASE WHEN is_newer_card(EXCLUDED.storage_at, EXCLUDED.storage_seq, EXCLUDED.total_mb, s.storage_at, s.storage_seq, s.total_mb) THEN EXCLUDED.free_mb ELSE s.free_mb END,
    files = CASE WHEN is_newer_card(EXCLUDED.storage_at, EXCLUDED.storage_seq, EXCLUDED.total_mb, s.storage_at, s.storage_seq, s.total_mb) THEN EXCLUDED.files ELSE s.files END,
    recording_at = CASE WHEN is_newer(EXCLUDED.recording_at, EXCLUDED.recording_seq, s.recording_at, s.recording_seq) THEN EXCLUDED.recording_at ELSE s.recording_at END,
    recording_seq = CASE WHEN is_newer(EXCLUDED.recording_at, EXCLUDED.recording_seq, s.recording_at, s.recording_seq) THEN EXCLUDED.recording_seq ELSE s.recording_seq END,
    recording_state = CASE WHEN is_newer(EXCLUDED.recording_at, EXCLUDED.recording_seq, s.recording_at, s.recording_seq) THEN EXCLUDED.recording_state ELSE s.recording_state END,
    recording_since = CASE WHEN is_newer(EXCLUDED.recording_at, EXCLUDED.recording_seq, s.recording_at, s.recording_seq) THEN EXCLUDED.recording_since ELSE s.recording_since END,
    file_id = CASE WHEN is_newer(EXCLUDED.recording_at, EXCLUDED.recording_seq, s.recording_at, s.recording_seq) THEN EXCLUDED.file_id ELSE s.file_id END,
    location_at = CASE WHEN is_newer(EXCLUDED.location_at, EXCLUDED.location_seq, s.location_at, s.location_seq) THEN EXCLUDED.location_at ELSE s.location_at END,
    location_seq = CASE WHEN is_newer(EXCLUDED.location_at, EXCLUDED.location_seq, s.location_at, s.location_seq) THEN EXCLUDED.location_seq ELSE s.location_seq END,
    lat = CASE WHEN is_newer(EXCLUDED.location_at, EXCLUDED.location_seq, s.location_at, s.location_seq) THEN EXCLUDED.lat ELSE s.lat END,
    lon = CASE WHEN is_newer(EXCLUDED.location_at, EXCLUDED.location_seq, s.location_at, s.location_seq) THEN EXCLUDED.lon ELSE s.lon END,
    accuracy_m = CASE WHEN is_newer(EXCLUDED.location_at, EXCLUDED.location_seq, s.location_at, s.location_seq) THEN EXCLUDED.accuracy_m ELSE s.accuracy_m END,
    speed_mps = CASE WHEN is_newer(EXCLUDED.location_at, EXCLUDED.location_seq, s.location_at, s.location_seq) THEN EXCLUDED.speed_mps ELSE s.speed_mps END,
    heading_deg = CASE WHEN is_newer(EXCLUDED.location_at, EXCLUDED.location_seq, s.location_at, s.location_seq) THEN EXCLUDED.heading_deg ELSE s.heading_deg END,
    fix = CASE WHEN is_newer(EXCLUDED.location_at, EXCLUDED.location_seq, s.location_at, s.location_seq) THEN EXCLUDED.fix ELSE s.fix END,
    event_at = CASE WHEN is_newer(EXCLUDED.event_at, EXCLUDED.event_seq, s.event_at, s.event_seq) THEN EXCLUDED.event_at ELSE s.event_at END,
    event_seq = CASE WHEN is_newer(EXCLUDED.event_at, EXCLUDED.event_seq, s.event_at, s.event_seq) THEN EXCLUDED.event_seq ELSE s.event_seq END,
    event_type = CASE WHEN is_newer(EXCLUDED.event_at, EXCLUDED.event_seq, s.event_at, s.event_seq) THEN EXCLUDED.event_type ELSE s.event_type END,
    event_detail = CASE WHEN is_newer(EXCLUDED.event_at, EXCLUDED.event_seq, s.event_at, s.event_seq) THEN EXCLUDED.event_detail ELSE s.event_detail END;
