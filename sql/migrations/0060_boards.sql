-- What Grafana's boards read: views of a schema of their own, made for them and for nothing else.
--
-- The role that Grafana logs in with (`recorder-fleet dashboards grant`) may read these and nothing beside them, so what
-- isn't here can't be shown: no person, no card number, no cell, no track. Test devices are left out. A view's tables are
-- read with its owner's rights; a function's would be read with the caller's, hence one that is SECURITY DEFINER.

CREATE SCHEMA board;

-- Units, and where their area has its middle (mean of its corners, WGS-84 degrees).
CREATE VIEW board.unit AS
SELECT u.unit_id, u.name AS unit_name, u.parent_id, u.kind, c.lat, c.lon
FROM unit u
LEFT JOIN LATERAL (
    SELECT avg((corner ->> 1)::double precision) AS lat, avg((corner ->> 0)::double precision) AS lon
    FROM jsonb_array_elements(u.area #> '{coordinates,0}') AS corner
) AS c ON true;

-- Every unit with itself and each unit above it: choosing a unit chooses those below it.
CREATE VIEW board.unit_below AS
WITH RECURSIVE below (ancestor_id, unit_id, distance) AS (
    SELECT unit_id, unit_id, 0 FROM unit
    UNION ALL
    SELECT b.ancestor_id, u.unit_id, b.distance + 1 FROM below b JOIN unit u ON u.parent_id = b.unit_id WHERE b.distance < 20
)
SELECT ancestor_id, unit_id FROM below;

-- Some units and all below them.
CREATE FUNCTION board.below(chosen text[]) RETURNS SETOF text LANGUAGE sql STABLE
AS $$ SELECT b.unit_id FROM board.unit_below b WHERE b.ancestor_id = ANY (chosen) $$;

-- Which rollup a time range asks for (ms since 1970, as Grafana has them): hours up to two days, days beyond.
CREATE FUNCTION board.span(from_ms bigint, to_ms bigint) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT CASE WHEN to_ms - from_ms <= 172800000 THEN 'hour' ELSE 'day' END $$;

-- The live picture without persons. Positions are those of recorders on duty, in distress or lost (live_recorders).
CREATE FUNCTION board.live_now()
RETURNS TABLE (
    recorder_id text, unit_id text, model text, state text, on_duty boolean, since timestamptz, last_at timestamptz,
    lat double precision, lon double precision, fix_at timestamptz, battery_pct real, charging boolean,
    free_mb integer, total_mb integer, rsrp_dbm real, network text, sim text, incidents integer, suspected integer
)
LANGUAGE sql STABLE SECURITY DEFINER
AS $$
    SELECT recorder_id, unit_id, model, state, on_duty, since, last_at, lat, lon, fix_at, battery_pct, charging,
        free_mb, total_mb, rsrp_dbm, network, sim, incidents, suspected
    FROM live_recorders(now())
    WHERE status <> 'retired'
$$;
REVOKE ALL ON FUNCTION board.live_now() FROM PUBLIC;
-- Nor is the other one that runs with its owner's rights everybody's, now that others log in.
REVOKE ALL ON FUNCTION drop_old_audit(interval, timestamptz) FROM PUBLIC;
-- The caller's temporary tables come last, or they could stand in for ours.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION board.live_now() SET search_path = %I, pg_temp', current_schema());
END $$;

CREATE VIEW board.live AS
SELECT l.*, u.name AS unit_name, extract(epoch FROM now() - l.last_at)::double precision AS age_s
FROM board.live_now() l JOIN unit u USING (unit_id);

-- The register beside the latest of each recorder, without positions.
CREATE VIEW board.recorder AS
SELECT r.recorder_id, r.unit_id, u.name AS unit_name, r.model, r.status, s.firmware, s.last_end, s.connected,
    s.last_heard_at, extract(epoch FROM now() - s.last_heard_at)::double precision AS age_s,
    s.level_pct, s.charging, s.temperature_c, s.total_mb, s.free_mb, s.files, s.rsrp_dbm, s.network, s.sim, s.uptime_s
FROM recorder r
JOIN unit u USING (unit_id)
LEFT JOIN recorder_state s USING (recorder_id)
WHERE r.status <> 'test';

-- Rollups by unit. `span` says which: a board that asks for one reads one. Only hours and days that are over and rolled up:
-- the current ones would be counted from the readings themselves on the Community edition.
CREATE VIEW board.signal AS
SELECT 'hour' AS span, r.unit_id, h.bucket, count(*) AS recorders, sum(h.heartbeats)::bigint AS heartbeats,
    sum(h.without_network)::bigint AS without_network, sum(h.without_sim)::bigint AS without_sim,
    sum(h.rsrp_dbm_sum) AS rsrp_dbm_sum, sum(h.rsrp_dbm_count)::bigint AS rsrp_dbm_count
FROM heartbeat_hourly h JOIN recorder r USING (recorder_id)
WHERE r.status <> 'test' AND h.bucket < date_trunc('hour', now()) - INTERVAL '1 hour'
GROUP BY r.unit_id, h.bucket
UNION ALL
SELECT 'day', r.unit_id, h.bucket, count(*), sum(h.heartbeats)::bigint, sum(h.without_network)::bigint,
    sum(h.without_sim)::bigint, sum(h.rsrp_dbm_sum), sum(h.rsrp_dbm_count)::bigint
FROM heartbeat_daily h JOIN recorder r USING (recorder_id)
WHERE r.status <> 'test' AND h.bucket < date_trunc('day', now(), 'Asia/Shanghai')
GROUP BY r.unit_id, h.bucket;

CREATE VIEW board.battery AS
SELECT 'hour' AS span, r.unit_id, h.bucket, count(*) AS recorders, sum(h.batteries)::bigint AS batteries,
    avg(h.level_pct_min)::double precision AS level_pct_min_avg,
    count(*) FILTER (WHERE h.level_pct_min < 20) AS low, count(*) FILTER (WHERE h.charging > 0) AS charging,
    max(h.temperature_c_max) AS temperature_c_max
FROM battery_hourly h JOIN recorder r USING (recorder_id)
WHERE r.status <> 'test' AND h.bucket < date_trunc('hour', now()) - INTERVAL '1 hour'
GROUP BY r.unit_id, h.bucket
UNION ALL
SELECT 'day', r.unit_id, h.bucket, count(*), sum(h.batteries)::bigint, avg(h.level_pct_min)::double precision,
    count(*) FILTER (WHERE h.level_pct_min < 20), count(*) FILTER (WHERE h.charging > 0), max(h.temperature_c_max)
FROM battery_daily h JOIN recorder r USING (recorder_id)
WHERE r.status <> 'test' AND h.bucket < date_trunc('day', now(), 'Asia/Shanghai')
GROUP BY r.unit_id, h.bucket;

CREATE VIEW board.storage AS
SELECT 'hour' AS span, r.unit_id, h.bucket, count(*) AS recorders, sum(h.storages)::bigint AS storages,
    avg(h.free_mb_min)::double precision AS free_mb_min_avg, count(*) FILTER (WHERE h.free_mb_min < 2048) AS low,
    sum(h.files_max)::bigint AS files
FROM storage_hourly h JOIN recorder r USING (recorder_id)
WHERE r.status <> 'test' AND h.bucket < date_trunc('hour', now()) - INTERVAL '1 hour'
GROUP BY r.unit_id, h.bucket
UNION ALL
SELECT 'day', r.unit_id, h.bucket, count(*), sum(h.storages)::bigint, avg(h.free_mb_min)::double precision,
    count(*) FILTER (WHERE h.free_mb_min < 2048), sum(h.files_max)::bigint
FROM storage_daily h JOIN recorder r USING (recorder_id)
WHERE r.status <> 'test' AND h.bucket < date_trunc('day', now(), 'Asia/Shanghai')
GROUP BY r.unit_id, h.bucket;

-- A recorder says each minute whether it records (wire contract, usual cadence): the readings that say so are its minutes,
-- nearly. What a rule concludes rests on the spans, never on this.
CREATE VIEW board.recording AS
SELECT 'hour' AS span, r.unit_id, h.bucket, count(*) AS recorders, sum(h.recordings)::bigint AS readings,
    count(*) FILTER (WHERE h.while_recording > 0) AS recorded, sum(LEAST(h.while_recording, 60))::bigint AS recording_min
FROM recording_hourly h JOIN recorder r USING (recorder_id)
WHERE r.status <> 'test' AND h.bucket < date_trunc('hour', now()) - INTERVAL '1 hour'
GROUP BY r.unit_id, h.bucket
UNION ALL
SELECT 'day', r.unit_id, h.bucket, count(*), sum(h.recordings)::bigint,
    count(*) FILTER (WHERE h.while_recording > 0), sum(LEAST(h.while_recording, 1440))::bigint
FROM recording_daily h JOIN recorder r USING (recorder_id)
WHERE r.status <> 'test' AND h.bucket < date_trunc('day', now(), 'Asia/Shanghai')
GROUP BY r.unit_id, h.bucket;

-- What recorders said of themselves within the last day, events that somebody should look into only.
CREATE VIEW board.device_event AS
SELECT e.at, e.type, e.recorder_id, r.unit_id, u.name AS unit_name
FROM event e JOIN recorder r USING (recorder_id) JOIN unit u USING (unit_id)
WHERE e.at > now() - INTERVAL '1 day' AND r.status <> 'test'
    AND e.type IN ('sim_removed', 'storage_full', 'fault', 'tamper', 'sos', 'recording_deleted');

CREATE VIEW board.silence AS
SELECT s.recorder_id, r.unit_id, s.since, s.until, s.on_duty, s.outage_key IS NOT NULL AS in_outage, s.cause, s.confidence
FROM silence s JOIN recorder r USING (recorder_id)
WHERE r.status <> 'test';

CREATE VIEW board.outage AS
SELECT outage_key, scope, name, unit_id, kind, on_duty, starts_at, ends_at FROM outage;

-- Duties as they are known now, counted to the unit of the officer they are entered for.
CREATE VIEW board.shift AS
SELECT s.shift_id, o.unit_id, s.kind, s.starts_at, s.ends_at
FROM shift_fact s JOIN officer_fact o USING (officer_id)
WHERE s.known_from <= now() AND now() < s.known_to AND o.known_from <= now() AND now() < o.known_to;

CREATE VIEW board.activity AS
SELECT a.activity_id, o.unit_id, a.kind, a.starts_at, a.ends_at, cardinality(a.officer_ids) AS officers
FROM activity_fact a JOIN officer_fact o USING (officer_id)
WHERE a.known_from <= now() AND now() < a.known_to AND o.known_from <= now() AND now() < o.known_to;

CREATE VIEW board.dock_import AS
SELECT d.dock_import_id, r.unit_id, d.recorder_id, d.station_id, d.imported_at, d.files, d.megabytes,
    extract(epoch FROM d.imported_at - d.recorded_to)::double precision AS delay_s
FROM dock_import_fact d JOIN recorder r USING (recorder_id)
WHERE d.known_from <= now() AND now() < d.known_to AND r.status <> 'test';

-- Incidents without the person, the evidence and the reasons. An outage's members are listed in it, not beside it.
CREATE VIEW board.incident AS
SELECT i.incident_id, i.rule, i.status, i.confidence,
    CASE WHEN i.raised THEN 'transfer' ELSE i.weight END AS weight, i.cause, i.recorder_id, i.unit_id, u.name AS unit_name,
    i.activity_id, i.starts_at, i.ends_at, i.detected_at, i.changed_at,
    i.status IN ('open', 'acknowledged', 'statement', 'verifying', 'reopened') AS is_live
FROM incident i LEFT JOIN unit u USING (unit_id)
WHERE i.outage_id IS NULL AND i.confidence <> 'suspected';

-- Every step of an incident's life: when, what, to which status.
CREATE VIEW board.incident_step AS
SELECT t.incident_id, t.version, t.at, t.action, t.from_status, t.to_status, i.rule, i.unit_id,
    extract(epoch FROM t.at - i.detected_at)::double precision AS after_s
FROM incident_transition t JOIN incident i USING (incident_id)
WHERE i.outage_id IS NULL AND i.confidence <> 'suspected';

CREATE VIEW board.slip AS
SELECT s.number, s.annex, s.issued_at, s.unit_id, u.name AS unit_name, s.is_void, p.step, p.at AS step_at
FROM slip s
LEFT JOIN unit u USING (unit_id)
LEFT JOIN LATERAL (SELECT step, at FROM slip_step WHERE slip_id = s.slip_id ORDER BY version DESC LIMIT 1) AS p ON true;

-- Closed months: what each counted, corrections of earlier ones apart.
CREATE VIEW board.circular AS
SELECT c.period, c.closed_at, t.activities, t.recorded_s, t.activity_s, t.imports_due, t.imports_in_time, e.upheld, e.corrected
FROM circular c
CROSS JOIN LATERAL (
    SELECT sum((x ->> 'activities')::bigint)::bigint AS activities, sum((x ->> 'recorded_s')::double precision) AS recorded_s,
        sum((x ->> 'activity_s')::double precision) AS activity_s, sum((x ->> 'imports_due')::bigint)::bigint AS imports_due,
        sum((x ->> 'imports_in_time')::bigint)::bigint AS imports_in_time
    FROM jsonb_array_elements(c.figures -> 'tallies') AS x
) AS t
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE x ->> 'kind' = 'counted') AS upheld, count(*) FILTER (WHERE x ->> 'kind' <> 'counted') AS corrected
    FROM jsonb_array_elements(c.figures -> 'entries') AS x
) AS e;

-- The platform about itself; load is load, so test devices are counted here.
CREATE VIEW board.worker AS
SELECT worker, extract(epoch FROM now() - updated_at)::double precision AS age_s, connected, received, stored, duplicates,
    rejected, batches, reconnects, lag_s, memory_mb, fault
FROM ingest_worker WHERE updated_at > now() - INTERVAL '7 days';

CREATE VIEW board.job AS
SELECT job, started_at, finished_at, extract(epoch FROM finished_at - started_at)::double precision AS took_s,
    extract(epoch FROM now() - finished_at)::double precision AS age_s, result, fault
FROM job_run;

CREATE VIEW board.stored AS
SELECT 'heartbeat' AS kind, bucket, sum(heartbeats)::bigint AS readings FROM heartbeat_hourly
WHERE bucket < date_trunc('hour', now()) - INTERVAL '1 hour' GROUP BY bucket
UNION ALL
SELECT 'battery', bucket, sum(batteries)::bigint FROM battery_hourly
WHERE bucket < date_trunc('hour', now()) - INTERVAL '1 hour' GROUP BY bucket
UNION ALL
SELECT 'storage', bucket, sum(storages)::bigint FROM storage_hourly
WHERE bucket < date_trunc('hour', now()) - INTERVAL '1 hour' GROUP BY bucket
UNION ALL
SELECT 'recording', bucket, sum(recordings)::bigint FROM recording_hourly
WHERE bucket < date_trunc('hour', now()) - INTERVAL '1 hour' GROUP BY bucket;

-- How late live messages came within the last five minutes, out of the readings themselves.
CREATE VIEW board.arrival AS
SELECT at, extract(epoch FROM received_at - at)::double precision AS lag_s
FROM heartbeat
WHERE at > now() - INTERVAL '5 minutes' AND NOT backlog;

CREATE VIEW board.rejection AS
SELECT last_received_at AS at, code, split_part(topic, '/', 4) AS kind, recorder_id, count FROM rejection;

CREATE VIEW board.evaluation AS
SELECT ticked_at, extract(epoch FROM now() - ticked_at)::double precision AS age_s,
    (SELECT count(*) FROM reading_change) AS changes_waiting, (SELECT count(*) FROM fact_change) AS facts_waiting,
    (SELECT count(*) FROM incident_untold) AS untold
FROM evaluation_clock;

-- Notices without who is told and what.
CREATE VIEW board.notice AS
SELECT notice_id, created_at, urgent, state, sent_at, sent_by AS channel, next_at,
    extract(epoch FROM sent_at - created_at)::double precision AS delay_s
FROM notice;

CREATE VIEW board.notice_attempt AS
SELECT channel, state, started_at, code, extract(epoch FROM ended_at - started_at)::double precision AS took_s
FROM notice_attempt;

CREATE VIEW board.channel AS
SELECT channel, failures, opened, shut_until, COALESCE(shut_until > now(), false) AS is_shut, fault, changed_at
FROM channel_gate;
