"""Test helper: fills the tables that boards read with a fleet's data up to now, by bulk SQL, at the usual cadence.

Single readings are made for `raw_hours`, only of kinds that a board reads (heartbeat, event); rollups for `days`.
"""

from collections.abc import Sequence

_HOUR = "date_trunc('hour', now())"
_TODAY = "date_trunc('day', now(), 'Asia/Shanghai')"


def fill(recorders: int, days: int, raw_hours: int, units: int = 80) -> Sequence[tuple[str, str]]:
    """(name, statements) in order; run them as superuser, because they disable triggers."""
    last = recorders - 1
    return [
        ("register", _REGISTER.format(last=last, units=units)),
        ("duty", _DUTY.format(last=last, days=days, today=_TODAY)),
        ("state", _STATE.format(last=last)),
        ("heartbeats", _HEARTBEATS.format(last=last, raw_hours=raw_hours)),
        ("events", _EVENTS.format(last=last, raw_hours=raw_hours)),
        *((f"{kind} rollups", _rollups(kind, last, days)) for kind in ("heartbeat", "battery", "storage", "recording")),
        ("incidents", _INCIDENTS.format(days=days, last=last, units=units)),
        ("paper", _PAPER),
        ("platform", _PLATFORM.format(days=days, last=last)),
    ]


def top_up(recorders: int) -> str:
    """Heartbeats of the last six minutes, for queries of the last five minutes if filling took longer."""
    return _HEARTBEATS.format(last=recorders - 1, raw_hours=0.1)


_REGISTER = """
SET session_replication_role = replica;
INSERT INTO unit (unit_id, name, parent_id, kind, area)
SELECT 'U' || u, CASE WHEN u = 0 THEN '总队' WHEN u % 10 = 0 THEN '第' || u / 10 || '支队' ELSE '第' || u || '中队' END,
    CASE WHEN u = 0 THEN NULL WHEN u % 10 = 0 THEN 'U0' ELSE 'U' || u / 10 * 10 END,
    CASE WHEN u = 0 THEN 'bureau' WHEN u % 10 = 0 THEN 'detachment' ELSE 'squad' END,
    jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array(jsonb_build_array(
        jsonb_build_array(121.4 + x, 31.1 + y), jsonb_build_array(121.42 + x, 31.1 + y),
        jsonb_build_array(121.42 + x, 31.12 + y), jsonb_build_array(121.4 + x, 31.1 + y))))
FROM generate_series(0, {units} - 1) AS u, LATERAL (SELECT u % 10 / 50.0 AS x, u / 10 / 50.0 AS y) AS at;
INSERT INTO unit_fact (unit_id, version, slice, known_from, late, name, parent_id, kind, area)
SELECT unit_id, 1, 0, '-infinity', false, name, parent_id, kind, area FROM unit;
INSERT INTO recorder (recorder_id, unit_id, model, holder_id, heartbeat_s, senses_sim, status)
SELECT 'R' || r, 'U' || r % {units}, (ARRAY['DSJ-A7', 'DSJ-V8', 'DSJ-K3'])[r % 3 + 1], 'P' || r, 30, r % 2 = 0,
    CASE WHEN r % 100 = 7 THEN 'test' WHEN r % 50 = 3 THEN 'spare' WHEN r % 100 = 11 THEN 'repair' ELSE 'service' END
FROM generate_series(0, {last}) AS r;
INSERT INTO recorder_fact (recorder_id, version, slice, known_from, late, unit_id, model, holder_id, heartbeat_s, senses_sim, status)
SELECT recorder_id, 1, 0, '-infinity', false, unit_id, model, holder_id, heartbeat_s, senses_sim, status FROM recorder;
INSERT INTO officer_fact (officer_id, version, slice, known_from, late, name, unit_id, roles)
SELECT holder_id, 1, 0, '-infinity', false, '人员' || holder_id, unit_id, '{{officer}}' FROM recorder;
"""

# Three shifts of eight hours, each with a third of the officers; an activity in each shift.
_DUTY = """
SET session_replication_role = replica;
INSERT INTO shift_fact (shift_id, version, slice, known_from, late, officer_id, recorder_id, starts_at, ends_at, kind)
SELECT 'S' || d || '-' || r, 1, 0, begins - INTERVAL '1 day', false, 'P' || r, 'R' || r, begins, begins + INTERVAL '8 hours',
    CASE WHEN r % 20 = 0 THEN 'office' ELSE 'patrol' END
FROM generate_series({days} - 1, 0, -1) AS d, generate_series(0, {last}) AS r,
    LATERAL (SELECT {today} - d * INTERVAL '1 day' + r % 3 * INTERVAL '8 hours' AS begins) AS s;
INSERT INTO activity_fact (activity_id, version, slice, known_from, late, officer_id, officer_ids, recorder_id, kind, starts_at, ends_at, times_from)
SELECT 'A' || shift_id, 1, 0, starts_at, false, officer_id, ARRAY[officer_id], recorder_id, 'inspection', starts_at + INTERVAL '1 hour',
    CASE WHEN starts_at + INTERVAL '3 hours' < now() THEN starts_at + INTERVAL '3 hours' END, 'device'
FROM shift_fact WHERE starts_at + INTERVAL '1 hour' < now() AND kind <> 'office';
INSERT INTO activity_officer (officer_id, ends_at, activity_id, version, slice)
SELECT officer_id, COALESCE(ends_at, 'infinity'), activity_id, version, slice FROM activity_fact;
INSERT INTO dock_import_fact (dock_import_id, version, slice, known_from, late, recorder_id, station_id, docked_at, imported_at, files,
    megabytes, recorded_from, recorded_to)
SELECT 'D' || shift_id, 1, 0, ends_at, false, recorder_id, 'ST1', ends_at, ends_at + INTERVAL '20 min', 4, 3000, starts_at, ends_at
FROM shift_fact WHERE ends_at + INTERVAL '20 min' < now();
INSERT INTO silence (recorder_id, since, until, noted_at, touched_at, on_duty, unit_id, cause, confidence, outage_key)
SELECT recorder_id, starts_at + INTERVAL '2 hours', starts_at + INTERVAL '140 min', starts_at, starts_at, true, NULL,
    (ARRAY['no_coverage', 'power_off', 'sim_removed', 'unknown'])[abs(hashtext(shift_id)) % 4 + 1], 'probable',
    CASE WHEN abs(hashtext(shift_id)) % 16 = 0 THEN 'O1' END
FROM shift_fact WHERE starts_at + INTERVAL '140 min' < now();
INSERT INTO outage (outage_key, scope, name, unit_id, kind, on_duty, starts_at, ends_at)
SELECT 'O' || o, (ARRAY['fleet', 'unit', 'cell'])[o % 3 + 1], '断网' || o, CASE WHEN o % 3 = 1 THEN 'U1' END,
    CASE WHEN o % 3 = 0 THEN 'platform_outage' ELSE 'cell_outage' END, 40, now() - o * INTERVAL '6 hours', now() - o * INTERVAL '6 hours' + INTERVAL '20 min'
FROM generate_series(1, 60) AS o;
"""

_STATE = """
SET session_replication_role = replica;
INSERT INTO recorder_state (recorder_id, first_received_at, last_received_at, last_heard_at, connected, connection_at, connection_reason,
    boot, presence_at, presence_seq, model, firmware, last_end, iccid, heartbeat_at, heartbeat_seq, uptime_s, network, rsrp_dbm, cell, sim,
    battery_at, battery_seq, level_pct, charging, temperature_c, storage_at, storage_seq, total_mb, free_mb, files,
    recording_at, recording_seq, recording_state, recording_since, location_at, location_seq, lat, lon, fix)
SELECT 'R' || r, now() - INTERVAL '30 days', heard, heard, r % 9 <> 0, now() - INTERVAL '2 hours', CASE WHEN r % 9 = 0 THEN 'docked' END,
    'b1', heard, 1, (ARRAY['DSJ-A7', 'DSJ-V8', 'DSJ-K3'])[r % 3 + 1], '3.' || r % 4, (ARRAY['key', 'battery', 'watchdog'])[r % 40 % 3 + 1],
    'C' || r, heard, 2, 7200, '4g', -80 - r % 30, '460-00-1-' || r % 200, CASE WHEN r % 200 = 0 THEN 'absent' ELSE 'ready' END,
    heard, 3, 5 + r % 95, r % 9 = 0, 20 + r % 30, heard, 4, 32000, 500 + r * 37 % 31000, r % 60,
    heard, 5, CASE WHEN r % 4 = 0 THEN 'recording' ELSE 'standby' END, heard - INTERVAL '5 min', heard, 6,
    31.1 + r % 97 / 500.0, 121.4 + r % 89 / 400.0, 'gnss'
FROM generate_series(0, {last}) AS r,
    LATERAL (SELECT now() - (CASE WHEN r % 25 = 5 THEN 900 ELSE r % 60 END) * INTERVAL '1 second' AS heard) AS h
WHERE r % 100 <> 13;
"""

_HEARTBEATS = """
SET session_replication_role = replica;
INSERT INTO heartbeat (recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok, uptime_s, network, rsrp_dbm, cell, sim)
SELECT 'R' || r, at, at, at + (r % 20 + 1) * INTERVAL '0.1 second', 'b1', 1, false, true, 60, '4g', -90, '460-00-1-2', 'ready'
FROM generate_series(now() - INTERVAL '{raw_hours} hours', now(), '30 seconds') AS slot, generate_series(0, {last}) AS r,
    LATERAL (SELECT slot - r % 30 * INTERVAL '1 second' AS at) AS t;
"""

_EVENTS = """
SET session_replication_role = replica;
INSERT INTO event (recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok, type)
SELECT 'R' || r, at, at, at, 'b1', 9, false, true, (ARRAY['login', 'logout', 'docked', 'undocked', 'fault', 'storage_full', 'sim_inserted'])[e % 7 + 1]
FROM generate_series(0, 9) AS e, generate_series(0, {last}) AS r,
    LATERAL (SELECT now() - e * {raw_hours} / 10.0 * INTERVAL '1 hour' - r % 600 * INTERVAL '1 second' AS at) AS t;
"""

_COLUMNS = {
    "heartbeat": (
        "heartbeats, without_network, without_sim, rsrp_dbm_sum, rsrp_dbm_count, rsrp_dbm_min",
        "120 * n, r % 7, CASE WHEN r % 200 = 0 THEN 3 ELSE 0 END, -90.0 * 110 * n, 110 * n, -110",
    ),
    "battery": (
        "batteries, level_pct_min, level_pct_max, charging, temperature_c_max",
        "60 * n, 5 + (r + h) % 90, 99, r % 3, 40",
    ),
    "storage": ("storages, free_mb_min, files_max", "60 * n, 500 + (r * 37 + h) % 31000, r % 60"),
    "recording": ("recordings, while_recording", "61 * n, (r + h) % 4 * 15 * n"),
}


def _rollups(kind: str, last: int, days: int) -> str:
    names, values = _COLUMNS[kind]
    hourly = values.replace("* n", "* 1")
    daily = values.replace("* n", "* 24")
    return f"""
    SET session_replication_role = replica;
    INSERT INTO {kind}_hourly (recorder_id, bucket, {names})
    SELECT 'R' || r, {_HOUR} - h * INTERVAL '1 hour', {hourly}
    FROM generate_series({days} * 24 - 1, 0, -1) AS h, generate_series(0, {last}) AS r;
    INSERT INTO {kind}_daily (recorder_id, bucket, {names})
    SELECT 'R' || r, {_TODAY} - h * INTERVAL '1 day', {daily}
    FROM generate_series({days} - 1, 0, -1) AS h, generate_series(0, {last}) AS r;
    """


_INCIDENTS = """
SET session_replication_role = replica;
INSERT INTO incident (incident_id, rule, key, status, standing, confidence, weight, cause, recorder_id, officer_id, unit_id, activity_id,
    starts_at, detected_at, evidence, parameters, digest, revision, version, changed_at)
SELECT 'I' || d || '-' || n, (ARRAY['activity-unrecorded', 'recording-incomplete', 'sim-removed', 'battery-low', 'recorder-offline', 'import-overdue'])[n % 6 + 1],
    'k' || d || '-' || n,
    CASE WHEN d < 2 THEN (ARRAY['open', 'acknowledged', 'statement'])[n % 3 + 1] ELSE (ARRAY['upheld', 'dismissed', 'excused', 'resolved', 'withdrawn'])[n % 5 + 1] END,
    'holds', (ARRAY['suspected', 'probable', 'confirmed'])[n % 3 + 1],
    (ARRAY['transfer', 'transfer', 'transfer', 'reminder', 'operational', 'check'])[n % 6 + 1], NULL, 'R' || n % ({last} + 1), 'P' || n % ({last} + 1),
    'U' || n % ({last} + 1) % {units}, CASE WHEN n % 6 < 2 THEN 'AS' || d || '-' || n % ({last} + 1) END, at, at + INTERVAL '10 min',
    '{{}}', '{{}}', 'x', 1, 3, at + INTERVAL '1 hour'
FROM generate_series({days} - 1, 0, -1) AS d, generate_series(0, 299) AS n,
    LATERAL (SELECT now() - d * INTERVAL '1 day' - n * INTERVAL '4 min' AS at) AS t;
INSERT INTO incident_transition (incident_id, version, at, actor, action, from_status, to_status, reason)
SELECT incident_id, v, detected_at + v * INTERVAL '30 min', 'x', (ARRAY['opened', 'acknowledge', 'uphold'])[v],
    CASE v WHEN 1 THEN NULL WHEN 2 THEN 'open' ELSE 'acknowledged' END, CASE v WHEN 1 THEN 'open' WHEN 2 THEN 'acknowledged' ELSE status END, ''
FROM incident, generate_series(1, 3) AS v WHERE v < 3 OR status IN ('upheld', 'dismissed', 'excused', 'withdrawn');
"""

_PAPER = """
SET session_replication_role = replica;
INSERT INTO slip (slip_id, incident_id, annex, year, serial, number, issued_at, issued_by, unit_id, officer_id, content, evidence_sha256, is_void)
SELECT 'L' || row_number() OVER (), incident_id, 2, 2026, row_number() OVER (), '2026-' || row_number() OVER (), changed_at, 'x', unit_id, officer_id,
    '{}', repeat('0', 64), false
FROM incident WHERE status = 'upheld' LIMIT 200;
INSERT INTO slip_step (slip_id, version, at, account, step, opinion) SELECT slip_id, 1, issued_at, 'x', 'verifier', '' FROM slip;
INSERT INTO circular (period, closed_at, closed_by, figures)
SELECT '2026-0' || m, now() - (9 - m) * INTERVAL '30 days', 'x', jsonb_build_object(
    'tallies', (SELECT jsonb_agg(jsonb_build_object('unit_id', unit_id, 'activities', 120, 'activity_s', 9e5, 'recorded_s', 8e5, 'imports_due', 90, 'imports_in_time', 80)) FROM unit),
    'entries', (SELECT jsonb_agg(jsonb_build_object('kind', CASE WHEN n % 9 = 0 THEN 'added' ELSE 'counted' END)) FROM generate_series(1, 90) AS n))
FROM generate_series(1, 9) AS m;
"""

_PLATFORM = """
SET session_replication_role = replica;
INSERT INTO ingest_worker (worker, updated_at, connected, received, stored, duplicates, rejected, batches, reconnects, lag_s, memory_mb)
SELECT 'server-' || w, now(), true, 1000000, 999000, 900, 100, 5000, 1, 0.4, 300 FROM generate_series(0, 3) AS w;
INSERT INTO job_run (job, started_at, finished_at, result) SELECT 'job' || j, now() - INTERVAL '10 min', now() - INTERVAL '9 min', 5 FROM generate_series(1, 9) AS j;
UPDATE evaluation_clock SET ticked_at = now();
INSERT INTO rejection (topic, sha256, code, reason, recorder_id, payload, length, first_received_at, last_received_at, count)
SELECT 'recorder/v1/R' || n || '/' || (ARRAY['battery', 'storage', 'location'])[n % 3 + 1], sha256(n::text::bytea), (ARRAY['range', 'syntax'])[n % 2 + 1], 'x', 'R' || n, 'x', 1,
    at, at, n % 5 + 1
FROM generate_series(1, 20000) AS n, LATERAL (SELECT now() - n * {days} * INTERVAL '4 seconds' AS at) AS t;
INSERT INTO notice (person, urgent, created_at, message, routes, state, next_at, sent_at, sent_by)
SELECT 'P' || n % ({last} + 1), n % 50 = 0, at, '{{}}', '[]', state, at, CASE WHEN state = 'sent' THEN at + INTERVAL '5 seconds' END, CASE WHEN state = 'sent' THEN 'wecom' END
FROM generate_series(1, {days} * 2000) AS n, LATERAL (
    SELECT now() - n * INTERVAL '43 seconds' AS at, CASE WHEN n < 20 THEN 'queued' WHEN n % 500 = 0 THEN 'dead' WHEN n % 70 = 0 THEN 'cancelled' ELSE 'sent' END AS state
) AS t;
INSERT INTO notice_attempt (notice_id, n, channel, state, started_at, ended_at)
SELECT notice_id, 1, (ARRAY['wecom', 'dingtalk', 'email'])[notice_id % 3 + 1], CASE WHEN state = 'sent' THEN 'sent' ELSE 'failed' END, created_at, created_at + INTERVAL '0.3 second'
FROM notice WHERE state IN ('sent', 'dead');
INSERT INTO channel_gate (channel, failures, shut_until, fault) VALUES ('wecom', 0, NULL, NULL), ('email', 4, now() + INTERVAL '1 min', 'timeout');
INSERT INTO reading_change (recorder_id, kind, from_at, to_at) SELECT 'R' || n, 'late', now(), now() FROM generate_series(1, 500) AS n;
"""
