-- The timeline of one recorder. Unless stated otherwise: $1 recorder_id, $2-$3 the interval.

-- name: recording
SELECT GREATEST(started_at, $2) AS "from", LEAST(ended_at, $3) AS "to", cut FROM recording_span
WHERE recorder_id = $1 AND started_at >= $2::timestamptz - INTERVAL '1 day' AND started_at < $3 AND ended_at > $2
ORDER BY started_at;

-- name: connection
SELECT online_at, offline_at, reason FROM presence_history
WHERE recorder_id = $1 AND online_at < $3 AND (offline_at IS NULL OR offline_at > $2)
ORDER BY online_at;

-- name: sim
-- Intervals in which heartbeats reported the same SIM state and card.
SELECT min(at) AS "from", max(at) AS "to", sim AS state, iccid
FROM (
    SELECT at, sim, iccid, count(*) FILTER (WHERE is_other) OVER (ORDER BY at, seq) AS run
    FROM (
        SELECT at, seq, sim, iccid, (sim, iccid) IS DISTINCT FROM (lag(sim) OVER w, lag(iccid) OVER w) AS is_other
        FROM heartbeat WHERE recorder_id = $1 AND at >= $2 AND at < $3
        WINDOW w AS (ORDER BY at, seq)
    ) AS beats
) AS runs
GROUP BY run, sim, iccid
ORDER BY 1;

-- name: backlog
-- Intervals measured while offline; more than three minutes without a heartbeat end one.
SELECT min(at) AS "from", max(at) AS "to", count(*) AS heartbeats
FROM (
    SELECT at, count(*) FILTER (WHERE is_apart) OVER (ORDER BY at) AS run
    FROM (
        SELECT at, at > lag(at) OVER (ORDER BY at) + INTERVAL '3 min' AS is_apart
        FROM heartbeat WHERE recorder_id = $1 AND at >= $2 AND at < $3 AND backlog
    ) AS beats
) AS runs
GROUP BY run
ORDER BY 1;

-- name: battery
-- The lowest level in each of some hundred equal parts. $4 length of a part.
SELECT min(at) AS at, min(level_pct) AS level_pct, bool_or(charging) AS charging
FROM battery WHERE recorder_id = $1 AND at >= $2 AND at < $3
GROUP BY date_bin($4::interval, at, $2)
ORDER BY 1;

-- name: signal
-- The mean level in each part; null where nothing was measured. $4 length of a part.
SELECT min(at) AS at, avg(rsrp_dbm) AS rsrp_dbm
FROM heartbeat WHERE recorder_id = $1 AND at >= $2 AND at < $3
GROUP BY date_bin($4::interval, at, $2)
ORDER BY 1;

-- name: boots
SELECT boot, COALESCE(powered_on_at, first_at) AS "from" FROM recorder_boot
WHERE recorder_id = $1 AND first_at < $3 AND last_at > $2
ORDER BY first_at;

-- name: events
SELECT at, type, detail::text FROM event WHERE recorder_id = $1 AND at >= $2 AND at < $3 ORDER BY at, seq LIMIT 500;

-- name: docked
-- From the docked event, or the goodbye for docking, to the next undocked event or birth.
SELECT GREATEST(d.at, $2) AS "from", LEAST(u.at, $3) AS "to"
FROM (
    SELECT at, true AS is_event FROM event WHERE recorder_id = $1 AND type = 'docked' AND at >= $2::timestamptz - INTERVAL '1 day' AND at < $3
    UNION ALL
    SELECT at, false FROM presence
    WHERE recorder_id = $1 AND state = 'offline' AND reason = 'docked' AND at >= $2::timestamptz - INTERVAL '1 day' AND at < $3
) AS d CROSS JOIN LATERAL (
    SELECT min(n.at) AS at FROM (
        SELECT e.at FROM event e WHERE e.recorder_id = $1 AND e.type = 'undocked' AND e.at > d.at AND e.at < $3
        UNION ALL
        SELECT p.at FROM presence p
        WHERE p.recorder_id = $1 AND p.state = 'online' AND p.at > d.at AND p.at < $3 AND NOT d.is_event
    ) AS n
) AS u
WHERE u.at IS NULL OR u.at > $2
ORDER BY d.at;

-- name: imports
-- As known at $4.
SELECT docked_at, imported_at, recorded_from AS "from", recorded_to AS "to", files FROM dock_imports_known_at($4)
WHERE recorder_id = $1 AND recorded_to > $2 AND recorded_from < $3
ORDER BY docked_at;

-- name: track
-- Positions, including older ones kept for open incidents. $4-$5 from[] and to[] of the intervals that may be shown, $6
-- limit.
SELECT l.at, l.lat, l.lon, l.accuracy_m, l.speed_mps, l.heading_deg, l.fix
FROM unnest($4::timestamptz[], $5::timestamptz[]) AS k (from_at, to_at)
JOIN (
    SELECT at, boot, seq, lat, lon, accuracy_m, speed_mps, heading_deg, fix FROM location
    WHERE recorder_id = $1 AND at >= $2 AND at < $3 AND fix <> 'none'
    UNION
    SELECT at, boot, seq, lat, lon, accuracy_m, speed_mps, heading_deg, fix FROM location_kept
    WHERE recorder_id = $1 AND at >= $2 AND at < $3 AND fix <> 'none'
) AS l ON l.at >= k.from_at AND l.at < k.to_at
ORDER BY l.at, l.boot, l.seq
LIMIT $6;

-- name: history_battery
-- $1 recorder_id, $2-$3 the interval, $4-$5 (at, seq) of the last row of the previous page, $6 limit.
SELECT at, ts, received_at, boot, seq, backlog, clock_ok, level_pct, charging, voltage_mv, temperature_c FROM battery
WHERE recorder_id = $1 AND at >= $2 AND at < $3 AND (at, seq) > ($4::timestamptz, $5::bigint)
ORDER BY at, seq LIMIT $6;

-- name: history_storage
SELECT at, ts, received_at, boot, seq, backlog, clock_ok, total_mb, free_mb, files FROM storage
WHERE recorder_id = $1 AND at >= $2 AND at < $3 AND (at, seq) > ($4::timestamptz, $5::bigint)
ORDER BY at, seq LIMIT $6;

-- name: history_heartbeat
SELECT at, ts, received_at, boot, seq, backlog, clock_ok, uptime_s, network, rsrp_dbm, cell, sim, iccid FROM heartbeat
WHERE recorder_id = $1 AND at >= $2 AND at < $3 AND (at, seq) > ($4::timestamptz, $5::bigint)
ORDER BY at, seq LIMIT $6;

-- name: history_recording
SELECT at, ts, received_at, boot, seq, backlog, clock_ok, state, since, file_id, "trigger" FROM recording
WHERE recorder_id = $1 AND at >= $2 AND at < $3 AND (at, seq) > ($4::timestamptz, $5::bigint)
ORDER BY at, seq LIMIT $6;

-- name: history_presence
SELECT at, ts, received_at, boot, COALESCE(seq, -1) AS seq, backlog, clock_ok, state, reason, session, model, firmware,
    imei, iccid, uptime_s, officer_id, last_end, dropped
FROM presence
WHERE recorder_id = $1 AND at >= $2 AND at < $3 AND (at, COALESCE(seq, -1)) > ($4::timestamptz, $5::bigint)
ORDER BY at, COALESCE(seq, -1) LIMIT $6;

-- name: history_event
SELECT at, ts, received_at, boot, seq, backlog, clock_ok, type, detail::text FROM event
WHERE recorder_id = $1 AND at >= $2 AND at < $3 AND (at, seq) > ($4::timestamptz, $5::bigint)
ORDER BY at, seq LIMIT $6;
