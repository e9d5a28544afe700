-- Queries of an evaluation tick: what changed, what is due, and the evidence around it.
-- No query scans the readings of the whole fleet or a whole history: each starts from given recorders and uses the
-- index (recorder_id, at). $lower and $upper repeat the overall bounds of the keys, so that TimescaleDB excludes chunks
-- when planning.

-- name: set_planner
-- For this transaction, make the planner use (recorder_id, at) and read the nearest row first. It can't estimate a
-- range with non-constant bounds and would otherwise sort a whole day to find its last row.
SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off;

-- name: take_changes
-- Return and delete the changes of at most $1 recorders, by recorder and kind: first those with events, then those that
-- have waited longest.
WITH chosen AS (
    SELECT recorder_id FROM reading_change
    GROUP BY recorder_id
    ORDER BY bool_or(kind = 'event') DESC, min(change_id)
    LIMIT $1
), taken AS (
    DELETE FROM reading_change WHERE recorder_id IN (SELECT recorder_id FROM chosen) RETURNING *
)
SELECT recorder_id, kind, min(from_at) AS from_at, max(to_at) AS to_at,
    array_agg(DISTINCT officer_id) FILTER (WHERE officer_id IS NOT NULL) AS officer_ids
FROM taken
GROUP BY recorder_id, kind;

-- name: read_changes
-- The same without deleting them, of events only: those may be calls for help.
SELECT recorder_id, kind, min(from_at) AS from_at, max(to_at) AS to_at,
    array_agg(DISTINCT officer_id) FILTER (WHERE officer_id IS NOT NULL) AS officer_ids
FROM reading_change
WHERE kind = 'event'
GROUP BY recorder_id, kind;

-- name: take_due
-- Return and delete at most $2 of what is due by $1, the oldest first.
WITH chosen AS (
    SELECT kind, key FROM evaluation_due WHERE due_at <= $1 GROUP BY kind, key ORDER BY min(due_at), kind, key LIMIT $2
), taken AS (
    DELETE FROM evaluation_due d USING chosen c
    WHERE d.kind = c.kind AND d.key = c.key AND d.due_at <= $1
    RETURNING d.kind, d.key
)
SELECT DISTINCT kind, key FROM taken;

-- name: waiting
-- Recorders whose changes wait for a tick.
SELECT DISTINCT recorder_id FROM reading_change;

-- name: next_due
SELECT min(due_at) FROM evaluation_due;

-- name: put_due
-- $1 kind[], $2 key[], $3 due_at[].
INSERT INTO evaluation_due (kind, key, due_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
ON CONFLICT DO NOTHING;

-- name: put_wake_thresholds
-- Replace all thresholds at which readings wake rules. $1 rule[], $2 reading[], $3 how[], $4 value[].
WITH n AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[]) AS n (rule, reading, how, value)
), gone AS (
    DELETE FROM wake_threshold w
    WHERE NOT EXISTS (SELECT FROM n WHERE n.rule = w.rule AND n.reading = w.reading AND n.how = w.how)
)
INSERT INTO wake_threshold AS w (rule, reading, how, value) SELECT * FROM n
ON CONFLICT (rule, reading, how) DO UPDATE SET value = EXCLUDED.value WHERE w.value <> EXCLUDED.value;

-- name: drop_watches
-- $1 kind[], $2 key[].
DELETE FROM evaluation_watch w
USING unnest($1::text[], $2::text[]) AS k (kind, key)
WHERE w.kind = k.kind AND w.key = k.key;

-- name: put_watches
-- $1 kind[], $2 key[], $3 subject[], $4 subject_id[], $5 from_at[], $6 to_at[].
INSERT INTO evaluation_watch (kind, key, subject, subject_id, from_at, to_at)
SELECT kind, key, subject, subject_id, min(from_at), max(to_at)
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
    AS n (kind, key, subject, subject_id, from_at, to_at)
GROUP BY kind, key, subject, subject_id
ON CONFLICT (kind, key, subject, subject_id) DO UPDATE SET from_at = EXCLUDED.from_at, to_at = EXCLUDED.to_at;

-- name: watching
-- Conclusions that rest on these readings or persons. $1 subject[], $2 subject_id[], $3 from_at[], $4 to_at[].
SELECT DISTINCT w.kind, w.key
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS c (subject, subject_id, from_at, to_at)
JOIN evaluation_watch w
    ON w.subject = c.subject AND w.subject_id = c.subject_id AND w.to_at >= c.from_at AND w.from_at <= c.to_at;

-- name: read_asides
SELECT kind, key, stage, reason, since, tried_at, changes FROM judgement_aside ORDER BY kind, key;

-- name: put_asides
-- Insert or update; `since` keeps its first value. $1 kind[], $2 key[], then the columns in order.
INSERT INTO judgement_aside AS a (kind, key, stage, reason, since, tried_at, changes)
SELECT kind, key, stage, reason, since, tried_at, changes::jsonb
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[])
    AS n (kind, key, stage, reason, since, tried_at, changes)
ON CONFLICT (kind, key) DO UPDATE SET
    stage = EXCLUDED.stage, reason = EXCLUDED.reason, tried_at = EXCLUDED.tried_at, changes = EXCLUDED.changes,
    tries = a.tries + 1;

-- name: drop_asides
-- $1 kind[], $2 key[].
DELETE FROM judgement_aside a USING unnest($1::text[], $2::text[]) AS k (kind, key) WHERE a.kind = k.kind AND a.key = k.key;

-- name: watching_at
-- Conclusions that rest on any recorder's readings in an interval. $1 from_at, $2 to_at.
SELECT kind, key FROM evaluation_watch WHERE subject = 'recorder' AND to_at >= $1 AND from_at <= $2;

-- name: standstills
-- The platform's standstills that overlap an interval. $1 from_at, $2 to_at.
SELECT starts_at, ends_at FROM standstill WHERE starts_at <= $2 AND (ends_at IS NULL OR ends_at >= $1) ORDER BY starts_at;

-- name: doubts
-- Intervals in which missing readings prove nothing. For an officer without a recorder, also those in which he may have
-- been logged in on a recorder of his unit that nobody else had.
-- $1 key[], $2 recorder_id[] (empty: none), $3 unit_id[], $4 from_at[], $5 to_at[].
WITH k AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
        AS n (key, recorder_id, unit_id, from_at, to_at)
)
SELECT k.key, d.reason, d.from_at, d.to_at
FROM k CROSS JOIN LATERAL doubts_between(k.recorder_id, k.from_at, k.to_at) AS d
UNION ALL
SELECT k.key, 'no_birth', GREATEST(b.from_at, k.from_at), LEAST(b.to_at, k.to_at)
FROM k
JOIN recorder r ON k.recorder_id = '' AND r.unit_id = k.unit_id AND r.holder_id IS NULL
    AND NOT EXISTS (
        SELECT FROM assignments_known_at(k.to_at) a
        WHERE a.recorder_id = r.recorder_id AND a.starts_at < k.to_at AND (a.ends_at IS NULL OR a.ends_at > k.from_at)
    )
CROSS JOIN LATERAL times_without_birth(r.recorder_id, k.from_at, k.to_at) AS b;

-- name: conflicts
-- Intervals in which it is uncertain which device sent a recorder's readings, or when.
-- $1 key[], $2 recorder_id[], $3 unit_id[], $4 from_at[], $5 to_at[].
SELECT k.key, c.kind, GREATEST(c.from_at, k.from_at), LEAST(c.to_at, k.to_at)
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) AS k (key, recorder_id, unit_id, from_at, to_at)
JOIN identity_conflict c ON c.recorder_id = k.recorder_id AND c.from_at <= k.to_at AND c.to_at >= k.from_at
WHERE c.kind <> 'reused'
UNION ALL
-- What began while a clock of ours was wrong may have been placed at the wrong time.
SELECT k.key, 'clock', s.starts_at, COALESCE(s.ends_at, GREATEST(k.to_at, s.starts_at))
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) AS k (key, recorder_id, unit_id, from_at, to_at)
JOIN standstill s ON (s.part = 'clock' OR starts_with(s.part, 'clock/'))
    AND s.starts_at <= k.from_at AND COALESCE(s.ends_at, 'infinity') >= k.from_at;

-- name: heard_rejected
-- When recorders were heard only through rejected messages, within intervals.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[].
SELECT k.key, r.first_received_at, r.last_received_at, r.count, r.boot
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
JOIN rejection r ON r.recorder_id = k.recorder_id AND r.live
    AND r.last_received_at > k.from_at AND r.first_received_at < k.to_at
ORDER BY k.key, r.first_received_at;

-- name: registered
-- Recorders that rules evaluate, with their heartbeat interval (s).
SELECT recorder_id, heartbeat_s FROM recorder WHERE recorder_id = ANY($1::text[]) AND status <> 'test';

-- name: live_gaps
-- Gaps between live messages of a recorder, around an interval: those longer than the threshold, the open one always,
-- shorter ones in which the SIM was reported absent or removed, and the one before the first live message.
-- $1 recorder_id[], $2 from_at[], $3 to_at[], $4 threshold_s[], $5 lower, $6 upper.
WITH wanted AS MATERIALIZED (
    SELECT
        k.*,
        GREATEST(
            (SELECT h.at FROM heartbeat h
             WHERE h.recorder_id = k.recorder_id AND h.at < k.from_at AND h.at >= $5
                AND NOT h.backlog AND h.received_at <= h.at + INTERVAL '5 min'
             ORDER BY h.at DESC LIMIT 1),
            (SELECT p.at FROM presence p
             WHERE p.recorder_id = k.recorder_id AND p.at < k.from_at AND p.at >= $5
                AND NOT p.backlog AND p.seq IS NOT NULL AND p.received_at <= p.at + INTERVAL '5 min'
             ORDER BY p.at DESC LIMIT 1)
        ) AS before_at,
        LEAST(
            (SELECT h.at FROM heartbeat h
             WHERE h.recorder_id = k.recorder_id AND h.at > k.to_at AND h.at <= $6
                AND NOT h.backlog AND h.received_at <= h.at + INTERVAL '5 min'
             ORDER BY h.at LIMIT 1),
            (SELECT p.at FROM presence p
             WHERE p.recorder_id = k.recorder_id AND p.at > k.to_at AND p.at <= $6
                AND NOT p.backlog AND p.seq IS NOT NULL AND p.received_at <= p.at + INTERVAL '5 min'
             ORDER BY p.at LIMIT 1)
        ) AS after_at
    FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::float8[])
        AS k (recorder_id, from_at, to_at, threshold_s)
)
SELECT w.recorder_id, COALESCE(w.before_at, w.from_at) AS from_at, COALESCE(w.after_at, w.to_at) AS to_at,
    g.at, g.boot, g.seq, g.next_at, g.next_boot, g.next_seq
FROM wanted w
LEFT JOIN LATERAL (
    SELECT p.*
    FROM (
        SELECT l.at, l.boot, l.seq, lead(l.at) OVER o AS next_at, lead(l.boot) OVER o AS next_boot, lead(l.seq) OVER o AS next_seq
        FROM live_reading l
        WHERE l.recorder_id = w.recorder_id AND l.at BETWEEN $5 AND $6
            AND l.at BETWEEN COALESCE(w.before_at, w.from_at) AND COALESCE(w.after_at, w.to_at)
        WINDOW o AS (ORDER BY l.at, l.seq)
    ) AS p
    WHERE p.next_at > p.at + make_interval(secs => w.threshold_s)
        OR (p.next_at IS NULL AND w.after_at IS NULL)
        OR (p.next_at > p.at + INTERVAL '45 s' AND EXISTS (
            SELECT FROM heartbeat h
            WHERE h.recorder_id = w.recorder_id AND h.at > p.at AND h.at < p.next_at AND h.at BETWEEN $5 AND $6
                AND h.backlog AND h.sim = 'absent'
        ))
        OR (p.next_at > p.at + INTERVAL '45 s' AND EXISTS (
            SELECT FROM event e
            WHERE e.recorder_id = w.recorder_id AND e.at > p.at AND e.at < p.next_at AND e.at BETWEEN $5 AND $6
                AND e.backlog AND e.type = 'sim_removed'
        ))
    UNION ALL
    -- The first boot ever heard: the recorder may have started without a SIM, with no live message before.
    SELECT b.at, b.boot, b.seq, n.at, n.boot, n.seq
    FROM (
        SELECT l.at, l.boot, l.seq FROM live_reading l
        WHERE w.before_at IS NULL AND l.recorder_id = w.recorder_id AND l.at BETWEEN $5 AND $6
            AND l.at BETWEEN w.from_at AND COALESCE(w.after_at, w.to_at)
        ORDER BY l.at, l.seq LIMIT 1
    ) AS n
    CROSS JOIN LATERAL (
        SELECT h.at, h.boot, h.seq, bool_or(h.sim = 'absent') OVER () AS was_absent FROM heartbeat h
        WHERE h.recorder_id = w.recorder_id AND h.at BETWEEN $5 AND $6 AND h.at < n.at AND h.boot = n.boot AND h.backlog
        ORDER BY h.at, h.seq LIMIT 1
    ) AS b
    WHERE b.was_absent AND n.at > b.at + INTERVAL '45 s' AND NOT EXISTS (
        SELECT FROM recorder_boot o WHERE o.recorder_id = w.recorder_id AND o.boot <> n.boot AND o.first_at < n.at
    )
) AS g ON true;

-- name: silences_of
-- Stored silences that overlap an interval. $1 recorder_id[], $2 from_at[], $3 to_at[].
SELECT s.*
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS k (recorder_id, from_at, to_at)
JOIN silence s ON s.recorder_id = k.recorder_id AND s.since < k.to_at AND (s.until IS NULL OR s.until > k.from_at);

-- name: silences_named
SELECT * FROM silence WHERE silence_id = ANY($1::bigint[]);

-- name: drop_silences
DELETE FROM silence WHERE silence_id = ANY($1::bigint[]);

-- name: put_silences
-- $1 silence_id[] (null: new), then the columns in order.
INSERT INTO silence (
    recorder_id, since, until, goodbye, will, boot_before, boot_after, seq_before, seq_after, cell, gapless, settled,
    noted_at, touched_at
)
SELECT * FROM unnest(
    $1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::boolean[], $6::text[], $7::text[], $8::bigint[],
    $9::bigint[], $10::text[], $11::boolean[], $12::boolean[], $13::timestamptz[], $14::timestamptz[]
)
RETURNING *;

-- name: move_silences
-- Update stored silences from new readings. A changed start clears the unit, so that the duty is looked up again.
-- $1 silence_id[], then the columns in order.
UPDATE silence s SET
    since = n.since, until = n.until, goodbye = n.goodbye, will = n.will, boot_before = n.boot_before,
    boot_after = n.boot_after, seq_before = n.seq_before, seq_after = n.seq_after, cell = COALESCE(n.cell, s.cell),
    gapless = n.gapless, settled = n.settled, touched_at = n.touched_at,
    unit_id = CASE WHEN s.since = n.since THEN s.unit_id END
FROM unnest(
    $1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::boolean[], $6::text[], $7::text[], $8::bigint[],
    $9::bigint[], $10::text[], $11::boolean[], $12::boolean[], $13::timestamptz[]
) AS n (silence_id, since, until, goodbye, will, boot_before, boot_after, seq_before, seq_after, cell, gapless, settled, touched_at)
WHERE s.silence_id = n.silence_id
RETURNING s.*;

-- name: judge_silences
-- Store conclusions. $1 silence_id[], then the columns in order.
UPDATE silence s SET
    cell = n.cell, cell_online = n.cell_online, cell_silent = n.cell_silent, fleet_online = n.fleet_online,
    on_duty = n.on_duty, counts = n.counts, unit_id = n.unit_id, outage_key = n.outage_key, settled = n.settled,
    cause = n.cause, confidence = n.confidence, verdict = n.verdict::jsonb
FROM unnest(
    $1::bigint[], $2::text[], $3::integer[], $4::integer[], $5::integer[], $6::boolean[], $7::boolean[], $8::text[],
    $9::text[], $10::boolean[], $11::text[], $12::text[], $13::text[]
) AS n (
    silence_id, cell, cell_online, cell_silent, fleet_online, on_duty, counts, unit_id, outage_key, settled, cause,
    confidence, verdict
)
WHERE s.silence_id = n.silence_id;

-- name: offline_words
-- Goodbyes and wills within silences.
-- $1 silence key[], $2 recorder_id[], $3 since[], $4 until[] (now if it lasts), $5 lower, $6 upper.
SELECT k.key, p.at, p.received_at, p.boot, p.seq, p.reason, p.backlog
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, since, until)
JOIN presence p ON p.recorder_id = k.recorder_id AND p.state = 'offline'
    AND p.at >= k.since - INTERVAL '2 min' AND p.at <= k.until AND p.at BETWEEN $5 AND $6;

-- name: holes
-- Whether messages are missing between two messages of a boot. For a reused boot id always true: its `seq` proves
-- nothing.
-- $1 key[], $2 recorder_id[], $3 boot[], $4 seq_from[], $5 seq_to[].
SELECT k.key, b.reused OR EXISTS (
    SELECT FROM generate_series(2, cardinality(b.seen) - 2, 2) AS i
    WHERE b.seen[i] < k.seq_to AND b.seen[i + 1] > k.seq_from
) AS has_holes
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) AS k (key, recorder_id, boot, seq_from, seq_to)
JOIN recorder_boot b USING (recorder_id, boot);

-- name: beats
-- Heartbeats of recorders in intervals.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper.
SELECT k.key, h.at, h.boot, h.seq, h.uptime_s, h.network, h.rsrp_dbm, h.cell, h.sim, h.iccid, h.backlog
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
CROSS JOIN LATERAL (
    SELECT * FROM heartbeat h
    WHERE h.recorder_id = k.recorder_id AND h.at BETWEEN k.from_at AND k.to_at AND h.at BETWEEN $5 AND $6
) AS h
ORDER BY k.key, h.at, h.seq;

-- name: charges
SELECT k.key, h.at, h.level_pct, h.charging, h.boot
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
CROSS JOIN LATERAL (
    SELECT * FROM battery h
    WHERE h.recorder_id = k.recorder_id AND h.at BETWEEN k.from_at AND k.to_at AND h.at BETWEEN $5 AND $6
) AS h
ORDER BY k.key, h.at, h.seq;

-- name: births
SELECT k.key, h.at, h.boot, h.seq, h.iccid, h.last_end, h.dropped, h.uptime_s, h.officer_id
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
CROSS JOIN LATERAL (
    SELECT * FROM presence h
    WHERE h.recorder_id = k.recorder_id AND h.at BETWEEN k.from_at AND k.to_at AND h.at BETWEEN $5 AND $6
        AND h.state = 'online'
) AS h
ORDER BY k.key, h.at, h.seq;

-- name: events
SELECT k.key, h.at, h.type, h.boot, h.received_at, h.seq
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
CROSS JOIN LATERAL (
    SELECT * FROM event h
    WHERE h.recorder_id = k.recorder_id AND h.at BETWEEN k.from_at AND k.to_at AND h.at BETWEEN $5 AND $6
) AS h
ORDER BY k.key, h.at, h.seq;

-- name: recording_states
-- Recording states that overlap intervals, by boot in order. Messages of another device under the same id are excluded;
-- a state that began up to a day before counts.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[].
SELECT k.key, s.boot, s.state, s.since, s.last_at,
    CASE WHEN s.state = 'recording' THEN clock_skew_s(s.recorder_id, s.boot, s.since, s.last_at) END AS skew_s
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
JOIN own_recording_state s ON s.recorder_id = k.recorder_id
    AND s.since <= k.to_at AND s.since >= k.from_at - INTERVAL '1 day'
ORDER BY k.key, s.boot, s.since_ts;

-- name: runs
-- Ranges of `seq` without gaps in an interval, by boot, with the times of their first and last heartbeat, recording or
-- presence. Messages of another device under the same id are excluded.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[], $5 lower, $6 upper.
SELECT k.key, b.boot, b.first_at, b.powered_on_at, run.first_seq, run.last_seq, m.first_run_at, m.last_run_at
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
JOIN recorder_boot b ON b.recorder_id = k.recorder_id
    AND b.first_at <= k.to_at AND b.last_at >= k.from_at AND b.first_at >= k.from_at - INTERVAL '31 days'
    AND NOT b.reused
    AND NOT EXISTS (SELECT FROM identity_conflict c WHERE c.recorder_id = b.recorder_id AND c.kind = 'imei' AND c.boot = b.boot)
CROSS JOIN LATERAL telling_runs(b.recorder_id, b.boot, b.seen) AS run
CROSS JOIN LATERAL (
    SELECT min(h.at) AS first_run_at, max(h.at) AS last_run_at
    FROM (
        SELECT at, seq, boot FROM heartbeat WHERE recorder_id = k.recorder_id AND at BETWEEN k.from_at AND k.to_at AND at BETWEEN $5 AND $6
        UNION ALL
        SELECT at, seq, boot FROM recording WHERE recorder_id = k.recorder_id AND at BETWEEN k.from_at AND k.to_at AND at BETWEEN $5 AND $6
        UNION ALL
        SELECT at, seq, boot FROM presence WHERE recorder_id = k.recorder_id AND at BETWEEN k.from_at AND k.to_at AND at BETWEEN $5 AND $6
    ) AS h
    WHERE h.boot = b.boot AND h.seq BETWEEN run.first_seq AND run.last_seq
) AS m
WHERE m.first_run_at IS NOT NULL;

-- name: known_shifts_named
-- $1 now, $2 shift_id[].
SELECT * FROM shifts_known_at($1) WHERE shift_id = ANY($2::text[]);

-- name: known_activities_named
-- $1 now, $2 activity_id[].
SELECT * FROM activities_known_at($1) WHERE activity_id = ANY($2::text[]);

-- name: touched_by_facts
-- The persons, recorders and intervals that facts concern, in every version that counted. $1 collection[], $2
-- fact_id[], $3 now.
WITH k AS (
    SELECT * FROM unnest($1::text[], $2::text[]) AS k (collection, fact_id)
), touched AS (
    SELECT f.recorder_id, ARRAY[f.officer_id] AS officer_ids, f.starts_at AS from_at, COALESCE(f.ends_at, 'infinity') AS to_at
    FROM k JOIN assignment_fact f ON k.collection = 'assignments' AND f.assignment_id = k.fact_id AND f.known_from < f.known_to
    UNION ALL SELECT f.recorder_id, NULL, f.valid_from - INTERVAL '1 day', 'infinity'
    FROM k JOIN sim_binding_fact f ON k.collection = 'sim_bindings' AND f.sim_binding_id = k.fact_id AND f.known_from < f.known_to
    UNION ALL SELECT f.recorder_id, ARRAY[f.officer_id], f.starts_at, f.ends_at
    FROM k JOIN shift_fact f ON k.collection = 'shifts' AND f.shift_id = k.fact_id AND f.known_from < f.known_to
    UNION ALL SELECT f.recorder_id, f.officer_ids, f.starts_at, COALESCE(f.ends_at, 'infinity')
    FROM k JOIN activity_fact f ON k.collection = 'activities' AND f.activity_id = k.fact_id AND f.known_from < f.known_to
    UNION ALL SELECT NULL, ARRAY[COALESCE(f.officer_id, o.officer_id)], f.starts_at, f.ends_at
    FROM k JOIN exemption_fact f ON k.collection = 'exemptions' AND f.exemption_id = k.fact_id AND f.known_from < f.known_to
    LEFT JOIN (officer_fact o JOIN unit_ancestors_known_at($3) a ON a.unit_id = o.unit_id) ON f.officer_id IS NULL AND a.ancestor_id = f.unit_id
    UNION ALL SELECT f.recorder_id, ARRAY[f.officer_id], f.reported_at - INTERVAL '8 days', COALESCE(f.resolved_at, 'infinity')
    FROM k JOIN fault_report_fact f ON k.collection = 'fault_reports' AND f.fault_report_id = k.fact_id AND f.known_from < f.known_to
    UNION ALL SELECT f.recorder_id, NULL, f.recorded_from - INTERVAL '1 day', f.docked_at + INTERVAL '1 day'
    FROM k JOIN dock_import_fact f ON k.collection = 'dock_imports' AND f.dock_import_id = k.fact_id AND f.known_from < f.known_to
    UNION ALL SELECT f.recorder_id, NULL, f.known_from, 'infinity'
    FROM k JOIN recorder_fact f ON k.collection = 'recorders' AND f.recorder_id = k.fact_id AND f.version > 1
    UNION ALL SELECT NULL, ARRAY[f.officer_id], f.known_from, 'infinity'
    FROM k JOIN officer_fact f ON k.collection = 'officers' AND f.officer_id = k.fact_id AND f.version > 1
)
SELECT 'recorder' AS subject, recorder_id AS subject_id, from_at, to_at FROM touched WHERE recorder_id IS NOT NULL
UNION SELECT 'officer', officer_id, from_at, to_at FROM touched, unnest(officer_ids) AS o (officer_id)
WHERE officer_id IS NOT NULL;

-- name: report_times
-- What readings tell about fault reports. The recorder failed when it was last in use before the report, not counting
-- silences in the dock; also return when it was in use again after the failure, the report and the repair.
-- $1 key[], $2 recorder_id[], $3 reported_at[], $4 repair_at[], $5 now.
SELECT k.key, f.failed_at,
    next_in_use(k.recorder_id, COALESCE(f.failed_at, k.reported_at), f.boot, $5) AS worked_at,
    next_in_use(k.recorder_id, k.reported_at, f.boot, $5) AS back_at,
    next_in_use(k.recorder_id, k.repair_at, NULL, $5) AS repaired_at
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, reported_at, repair_at)
LEFT JOIN LATERAL (
    SELECT LEAST(l.at, e.at) AS failed_at, l.boot
    FROM (
        (SELECT s.since AS at, NULL::text AS boot FROM silence s
         WHERE s.recorder_id = k.recorder_id AND s.since BETWEEN k.reported_at - INTERVAL '7 days' AND k.reported_at
            AND COALESCE(s.goodbye, s.cause) IS DISTINCT FROM 'docked' AND NOT is_docked(s.recorder_id, s.since)
            AND (s.until IS NULL OR s.until >= k.reported_at - INTERVAL '15 min' OR s.goodbye = 'low_battery'
                OR s.cause IN ('battery_depleted', 'device_fault')
                OR COALESCE(next_in_use(s.recorder_id, s.since, NULL, k.reported_at), k.reported_at) >= k.reported_at)
         ORDER BY s.since DESC LIMIT 1)
        UNION ALL
        (SELECT e.at, e.boot FROM event e
         WHERE e.recorder_id = k.recorder_id AND e.type IN ('fault', 'storage_full')
            AND e.at BETWEEN k.reported_at - INTERVAL '7 days' AND k.reported_at
         ORDER BY e.at DESC LIMIT 1)
    ) AS l
    -- A recorder that reports a fault and then dies failed once, at the report.
    LEFT JOIN LATERAL (
        SELECT min(e.at) AS at FROM event e
        WHERE e.recorder_id = k.recorder_id AND e.type IN ('fault', 'storage_full') AND e.at BETWEEN l.at - INTERVAL '30 min' AND l.at
    ) AS e ON true
    ORDER BY l.at DESC LIMIT 1
) AS f ON true;

-- name: findings_of
-- Existing findings of scopes, so that a period keeps its key when new evidence moves it.
-- $1 rule[], $2 scope[], $3 from_at[], $4 to_at[].
SELECT f.*, i.detected_at AS said_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (rule, scope, from_at, to_at)
JOIN finding f ON f.rule = k.rule AND f.scope = k.scope AND f.starts_at <= k.to_at
    AND (f.ends_at IS NULL OR f.ends_at >= k.from_at)
LEFT JOIN incident i ON i.rule = f.rule AND i.key = f.key;

-- name: findings_named
-- Existing findings by key, whatever their scope. $1 rule[], $2 key[].
SELECT f.*, i.detected_at AS said_at
FROM unnest($1::text[], $2::text[]) AS k (rule, key)
JOIN finding f ON f.rule = k.rule AND f.key = k.key
LEFT JOIN incident i ON i.rule = f.rule AND i.key = f.key;

-- name: put_findings
-- $1 rule[], $2 key[], $3 scope[], $4 starts_at[], $5 ends_at[], $6 standing[], $7 content[], $8 digest[].
INSERT INTO finding (rule, key, scope, starts_at, ends_at, standing, content, digest)
SELECT rule, key, scope, starts_at, ends_at, standing, content::jsonb, digest
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
    AS n (rule, key, scope, starts_at, ends_at, standing, content, digest)
ON CONFLICT (rule, key) DO UPDATE SET
    scope = EXCLUDED.scope, starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at,
    standing = EXCLUDED.standing, content = EXCLUDED.content, digest = EXCLUDED.digest;

-- name: first_reading
-- Arrival of the first message ever received.
SELECT min(first_received_at) FROM recorder_state;

-- name: read_clock
SELECT ticked_at, first_reading_at, EXISTS (SELECT FROM judgement_aside) FROM evaluation_clock;

-- name: set_clock
UPDATE evaluation_clock SET ticked_at = $1, first_reading_at = $2, written_at = clock_timestamp();

-- name: imports
-- Dock imports of recorders that docked after an interval began, as known at $5.
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[].
SELECT k.key, i.dock_import_id, i.docked_at, i.imported_at, i.recorded_from, i.recorded_to,
    CASE WHEN i.segments IS NOT NULL THEN ARRAY(SELECT ARRAY[lower(s), upper(s)] FROM unnest(i.segments) AS s) END AS segments
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
JOIN dock_imports_known_at($5) i ON i.recorder_id = k.recorder_id
    AND i.docked_at BETWEEN k.from_at - INTERVAL '1 hour' AND k.to_at
ORDER BY k.key, i.docked_at;

-- name: silences_in
-- Silences that overlap intervals. `has_holes`: messages are missing between loss and return, and a backlog may still
-- bring them (domain.md: until the device reports that it dropped some).
-- $1 key[], $2 recorder_id[], $3 from_at[], $4 to_at[].
SELECT k.key, s.since, s.until, s.settled, s.gapless, s.goodbye, s.cause,
    ((s.boot_before = s.boot_after AND NOT s.gapless) OR COALESCE(b.seen[1] > 1, false)) AND NOT EXISTS (
        SELECT FROM presence p
        WHERE p.recorder_id = s.recorder_id AND p.dropped > 0 AND p.at BETWEEN s.until - INTERVAL '2 min' AND s.until + INTERVAL '1 day'
    ) AS has_holes
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS k (key, recorder_id, from_at, to_at)
JOIN silence s ON s.recorder_id = k.recorder_id AND s.since < k.to_at AND (s.until IS NULL OR s.until > k.from_at)
LEFT JOIN recorder_boot b ON b.recorder_id = s.recorder_id AND b.boot = s.boot_after AND b.boot <> s.boot_before
ORDER BY k.key, s.since;

-- name: heard
-- Those of the recorders that were ever heard.
SELECT recorder_id FROM recorder_state WHERE recorder_id = ANY($1::text[]);

-- name: is_in_use
SELECT EXISTS (SELECT FROM recorder_state) OR EXISTS (SELECT FROM fact_version);
