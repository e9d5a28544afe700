-- The platform's own state.

-- name: report_worker
-- Counters of an ingest worker since it started.
INSERT INTO ingest_worker AS w (
    worker, updated_at, connected, received, stored, duplicates, rejected, batches, reconnects, lag_s, memory_mb, fault,
    held_s, shared
)
VALUES ($1, now(), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (worker) DO UPDATE SET
    updated_at = EXCLUDED.updated_at, connected = EXCLUDED.connected, received = EXCLUDED.received,
    stored = EXCLUDED.stored, duplicates = EXCLUDED.duplicates, rejected = EXCLUDED.rejected,
    batches = EXCLUDED.batches, reconnects = EXCLUDED.reconnects, lag_s = EXCLUDED.lag_s,
    memory_mb = EXCLUDED.memory_mb, fault = EXCLUDED.fault, held_s = EXCLUDED.held_s,
    shared = EXCLUDED.shared;

-- name: last_report
SELECT updated_at FROM ingest_worker WHERE worker = $1;

-- name: list_workers
-- Workers that reported within the last week, the time a broker keeps their sessions (by default).
SELECT worker, extract(epoch FROM now() - updated_at)::float AS age_s, connected, received, stored, duplicates,
    rejected, batches, reconnects, lag_s, memory_mb, fault, held_s
FROM ingest_worker
WHERE updated_at > now() - INTERVAL '7 days'
ORDER BY worker;

-- name: surplus_workers
-- Workers named after machine $1 other than $2.
SELECT worker FROM ingest_worker
WHERE starts_with(worker, $1 || '-') AND substr(worker, length($1) + 2) ~ '^[0-9]{1,4}$' AND worker <> ALL ($2::text[])
ORDER BY worker;

-- name: gone_workers
-- Workers silent for $1 seconds.
SELECT worker FROM ingest_worker WHERE updated_at < now() - make_interval(secs => $1) ORDER BY worker;

-- name: forget_worker
DELETE FROM ingest_worker WHERE worker = $1;

-- name: heard_since
-- Recorders heard since their time. Tolerates a difference between the clock of the arrivals and that of $2.
-- $1 recorder_id[], $2 since[].
SELECT recorder_id
FROM unnest($1::text[], $2::timestamptz[]) AS n (recorder_id, since)
WHERE EXISTS (
    SELECT FROM recorder_state s
    WHERE s.recorder_id = n.recorder_id AND s.last_received_at > n.since - INTERVAL '30 s'
) OR EXISTS (
    SELECT FROM rejection r
    WHERE r.recorder_id = n.recorder_id AND r.last_received_at > n.since - INTERVAL '30 s' AND r.code <> 'unheard'
);

-- name: list_unheard
-- $1 now, by the clock that stamps arrivals.
SELECT u.recorder_id, u.count, u.first_received_at, u.last_received_at
FROM rejection u
WHERE u.code = 'unheard' AND u.last_received_at > $1::timestamptz - INTERVAL '1 day'
  AND NOT EXISTS (
    SELECT FROM recorder_state s WHERE s.recorder_id = u.recorder_id AND s.last_received_at > u.last_received_at
  ) AND NOT EXISTS (
    SELECT FROM rejection r
    WHERE r.recorder_id = u.recorder_id AND r.last_received_at > u.last_received_at AND r.code <> 'unheard'
  )
ORDER BY u.last_received_at DESC;

-- name: count_fleet
-- Numbers of recorders by state.
SELECT
    count(*) AS heard,
    count(*) FILTER (WHERE connected) AS connected,
    count(*) FILTER (WHERE connected AND recording_state = 'recording') AS recording
FROM recorder_state;

-- name: draw_secret
-- Return the secret $1, set to $2 if there is none. The row is updated rather than read, because a statement doesn't
-- see what another transaction committed after it began.
INSERT INTO platform_secret AS s (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = s.value
RETURNING value;

-- name: begin_job
INSERT INTO job_run (job, started_at) VALUES ($1, now())
ON CONFLICT (job) DO UPDATE SET started_at = now(), finished_at = NULL, result = NULL, fault = NULL;

-- name: end_job
UPDATE job_run SET finished_at = now(), result = $2, fault = $3 WHERE job = $1;

-- name: list_jobs
SELECT job, started_at, finished_at, result, fault FROM job_run ORDER BY job;

-- name: prune_rejections
-- $1 days, $2 now by the clock that stamps arrivals.
DELETE FROM rejection WHERE last_received_at < $2::timestamptz - make_interval(days => $1);

-- name: pull_back_states
-- Values that lie ahead of $2 become of $1, so that the next ones are newer. $1 now, $2 the latest that may be.
UPDATE recorder_state SET
    presence_at = CASE WHEN presence_at > $2 THEN $1 ELSE presence_at END,
    iccid_at = CASE WHEN iccid_at > $2 THEN $1 ELSE iccid_at END,
    officer_at = CASE WHEN officer_at > $2 THEN $1 ELSE officer_at END,
    heartbeat_at = CASE WHEN heartbeat_at > $2 THEN $1 ELSE heartbeat_at END,
    battery_at = CASE WHEN battery_at > $2 THEN $1 ELSE battery_at END,
    storage_at = CASE WHEN storage_at > $2 THEN $1 ELSE storage_at END,
    recording_at = CASE WHEN recording_at > $2 THEN $1 ELSE recording_at END,
    location_at = CASE WHEN location_at > $2 THEN $1 ELSE location_at END,
    event_at = CASE WHEN event_at > $2 THEN $1 ELSE event_at END,
    last_heard_at = CASE WHEN last_heard_at > $2 THEN $1 ELSE last_heard_at END,
    last_received_at = CASE WHEN last_received_at > $2 THEN $1 ELSE last_received_at END,
    connection_at = CASE WHEN connection_at > $2 THEN $1 ELSE connection_at END
WHERE GREATEST(
    presence_at, iccid_at, officer_at, heartbeat_at, battery_at, storage_at, recording_at, location_at, event_at, last_heard_at,
    last_received_at, connection_at
) > $2;

-- name: live_fleet
-- The latest state of every recorder, registered or only heard, for a terminal table.
SELECT s.recorder_id, r.unit_id, s.connected, s.connection_reason, s.recording_state, s.level_pct, s.charging,
    s.free_mb, s.total_mb, s.rsrp_dbm, s.network, s.sim, s.officer_id,
    extract(epoch FROM now() - s.last_received_at)::float AS age_s, s.last_received_at
FROM recorder_state s
LEFT JOIN recorder r USING (recorder_id)
ORDER BY s.recorder_id
LIMIT $1;

-- name: measured_to
-- Measurement time of the latest stored heartbeat: the delay of the whole path from the recorders to here.
SELECT max(heartbeat_at) FROM recorder_state;

-- name: judging
-- Seconds since the last tick (null: never), and the number of subjects set aside.
SELECT extract(epoch FROM clock_timestamp() - c.written_at)::float AS tick_age_s,
    (SELECT count(*) FROM judgement_aside WHERE tried_at IS NOT NULL)::integer AS aside
FROM evaluation_clock c;

-- name: not_judged
-- Subjects set aside, latest first. $1 limit.
SELECT kind, key, stage, reason, since, tried_at, tries FROM judgement_aside WHERE tried_at IS NOT NULL
ORDER BY since DESC, kind, key LIMIT $1;
