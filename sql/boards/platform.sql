-- What 平台运行 asks: ingest, lag, rejections, ticks, jobs, notices.
-- Grafana expands $__… and ${…}; the views are those of 0060_boards.sql.

-- name: now
SELECT (SELECT min(age_s) FROM board.worker) AS worker_age_s, (SELECT max(lag_s) FROM board.worker WHERE age_s < 60) AS lag_s,
    e.age_s AS tick_age_s, e.changes_waiting, e.facts_waiting, e.untold,
    n.queued, n.dead, (pg_database_size(current_database()) / 1e6)::double precision AS database_mb
FROM board.evaluation e
CROSS JOIN (
    SELECT count(*) FILTER (WHERE state = 'queued') AS queued, count(*) FILTER (WHERE state = 'dead' AND created_at > now() - INTERVAL '7 days') AS dead
    FROM board.notice
) AS n;

-- name: stored
SELECT bucket AS time, sum(readings) FILTER (WHERE kind = 'heartbeat')::bigint AS heartbeat,
    sum(readings) FILTER (WHERE kind = 'battery')::bigint AS battery, sum(readings) FILTER (WHERE kind = 'storage')::bigint AS storage,
    sum(readings) FILTER (WHERE kind = 'recording')::bigint AS recording
FROM board.stored WHERE bucket >= GREATEST($__timeFrom(), $__timeTo()::timestamptz - INTERVAL '3 days') AND bucket <= $__timeTo()
GROUP BY bucket ORDER BY bucket;

-- name: arrival
SELECT $__timeGroupAlias(at,'30s'), percentile_cont(0.5) WITHIN GROUP (ORDER BY lag_s) AS median_s,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY lag_s) AS p95_s
FROM board.arrival GROUP BY 1 ORDER BY 1;

-- name: workers
SELECT worker, connected::text AS connected, age_s, received, stored, duplicates, rejected, reconnects, lag_s, memory_mb, fault
FROM board.worker ORDER BY worker;

-- name: rejected
SELECT $__timeGroupAlias(at,$__interval), count(*) AS payloads, sum(count)::bigint AS arrivals
FROM board.rejection WHERE $__timeFilter(at) GROUP BY 1 ORDER BY 1;

-- name: rejected_by_code
SELECT code, kind, count(*) AS payloads, sum(count)::bigint AS arrivals, max(at) AS last_at, (array_agg(recorder_id ORDER BY at DESC))[1] AS recorder_id
FROM board.rejection WHERE $__timeFilter(at) GROUP BY code, kind ORDER BY arrivals DESC LIMIT 50;

-- name: notices
SELECT $__timeGroupAlias(created_at,$__interval), count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'queued') AS queued,
    count(*) FILTER (WHERE state = 'dead') AS dead, count(*) FILTER (WHERE state = 'cancelled') AS cancelled
FROM board.notice WHERE $__timeFilter(created_at) GROUP BY 1 ORDER BY 1;

-- name: delay
SELECT $__timeGroupAlias(sent_at,$__interval), percentile_cont(0.5) WITHIN GROUP (ORDER BY delay_s) FILTER (WHERE urgent) AS urgent_s,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY delay_s) FILTER (WHERE NOT urgent) AS other_s
FROM board.notice WHERE state = 'sent' AND $__timeFilter(sent_at) GROUP BY 1 ORDER BY 1;

-- name: channels
SELECT COALESCE(a.channel, c.channel) AS channel, a.sent, a.failed, a.refused, a.unknown, a.took_s, c.failures,
    COALESCE(c.is_shut, false)::text AS is_shut, c.shut_until, c.fault
FROM board.channel c
FULL JOIN (
    SELECT channel, count(*) FILTER (WHERE state = 'sent') AS sent,
        count(*) FILTER (WHERE state IN ('failed', 'limited')) AS failed,
        count(*) FILTER (WHERE state = 'refused') AS refused, count(*) FILTER (WHERE state = 'unknown') AS unknown,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY took_s) AS took_s
    FROM board.notice_attempt WHERE $__timeFilter(started_at) GROUP BY channel
) AS a USING (channel)
ORDER BY 1;

-- name: jobs
SELECT job, started_at, finished_at, took_s, age_s, result, fault FROM board.job ORDER BY job;
