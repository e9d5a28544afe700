-- The platform's own standstills, and the broker's drop counter.

-- name: put_standstill
-- Begin a standstill. $1 part, $2 starts_at, $3 reason.
INSERT INTO standstill (part, starts_at, reason) VALUES ($1, $2, $3)
ON CONFLICT (part, starts_at) DO UPDATE SET ends_at = NULL, reason = EXCLUDED.reason;

-- name: begin_for_silent
-- Begin the standstill of each worker that is silent, if it shares the load or nobody else takes anything in. It ends as
-- its others do: by its next report, or when it is forgotten. $1 seconds, $2 reason.
WITH w AS (
    SELECT worker, updated_at, shared, updated_at > now() - make_interval(secs => $1) AS is_alive
    FROM ingest_worker WHERE updated_at > now() - INTERVAL '7 days'
)
INSERT INTO standstill (part, starts_at, reason)
SELECT 'ingest/' || worker, updated_at, $2
FROM w
WHERE NOT is_alive AND (shared OR NOT EXISTS (SELECT FROM w WHERE is_alive))
    AND NOT EXISTS (SELECT FROM standstill s WHERE s.part = 'ingest/' || w.worker AND s.ends_at IS NULL)
ON CONFLICT (part, starts_at) DO UPDATE SET ends_at = NULL, reason = EXCLUDED.reason;

-- name: end_for_forgotten
-- The broker has dropped the session of a worker that was silent for a week: nothing waits for it any more.
UPDATE standstill s SET ends_at = GREATEST(s.starts_at, now())
WHERE s.ends_at IS NULL AND EXISTS (
    SELECT FROM ingest_worker w WHERE s.part = 'ingest/' || w.worker AND w.updated_at <= now() - INTERVAL '7 days'
);

-- name: end_standstills
-- $1 part, $2 ends_at.
UPDATE standstill SET ends_at = GREATEST(starts_at, $2) WHERE part = $1 AND ends_at IS NULL;

-- name: put_past_standstill
-- Store a finished standstill; a later call may extend it. $1 part, $2 starts_at, $3 ends_at, $4 reason.
INSERT INTO standstill (part, starts_at, ends_at, reason) VALUES ($1, $2, $3, $4)
ON CONFLICT (part, starts_at) DO UPDATE SET ends_at = EXCLUDED.ends_at, reason = EXCLUDED.reason;

-- name: list_standstills
-- Standstills of the broker and our clocks that last or ended within $1 seconds, latest first; `age_s` since the end.
SELECT part, starts_at, ends_at, reason, COALESCE(extract(epoch FROM now() - ends_at)::float, 0) AS age_s
FROM standstill
WHERE (part IN ('broker', 'clock') OR starts_with(part, 'clock/'))
    AND (ends_at IS NULL OR ends_at > now() - make_interval(secs => $1))
ORDER BY starts_at DESC, part;

-- name: has_clock_apart
-- $1 machine: its workers are called so, with a number.
SELECT EXISTS (SELECT FROM standstill WHERE starts_with(part, 'clock/' || $1 || '-') AND ends_at IS NULL);

-- name: last_count
SELECT dropped, held_at FROM broker_count WHERE broker = $1;

-- name: last_counts
SELECT broker, dropped FROM broker_count ORDER BY broker;

-- name: put_count
-- $1 broker, $2 dropped, $3 held_at.
INSERT INTO broker_count (broker, dropped, held_at) VALUES ($1, $2, $3)
ON CONFLICT (broker) DO UPDATE SET dropped = EXCLUDED.dropped, held_at = EXCLUDED.held_at;

-- name: database_now
SELECT clock_timestamp();
