"""Ingest, step 3 of 4: from a sorted batch and the locked boots to rows; pure, so that order and repetition are tested.

What is stored already is left out, each message gets its place on the server's time line, spans are widened, and the
latest of everything is taken. Nothing here knows a database or a clock.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, assert_never

from telemetry.domain import messages as m
from telemetry.domain.connection import WILL_AFTER, PresenceFact, connections
from telemetry.domain.decode import reject
from telemetry.domain.geo import gcj02_to_wgs84
from telemetry.domain.seen import MAX_RUNS, add_seq, opens_hole
from telemetry.domain.topics import is_id
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.latest import Latest
from telemetry.ingest.sort import Pending, Sorted
from telemetry.store.intake import Boot, BootKey, Rows

Head = tuple[str, datetime, datetime, datetime, str, int | None, bool, bool]
"""recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok: the first columns of every reading."""

# The rollup job computes the current and the last hour again at every run.
_ROLLED_UP_ANYWAY: Final = timedelta(hours=1)


@dataclass(slots=True)
class Plan:
    """The rows of a batch, with what was counted on the way."""

    rows: Rows = field(default_factory=Rows)
    presence: dict[BootKey, list[tuple[PresenceFact, tuple[Any, ...]]]] = field(default_factory=dict)
    stored: int = 0
    duplicates: int = 0


def plan_rows(batch: Sorted, boots: dict[BootKey, Boot]) -> Plan:
    """Lay out what *batch* writes, given its boots' rows; *boots* is brought up to date in place."""
    plan = Plan()
    latest: dict[str, Latest] = {}
    states: dict[tuple[str, str, datetime], list[Any]] = {}
    for rejection, received_at, count in batch.rejections:
        plan.rows.reject(rejection, received_at, count)
    for key, waiting in batch.boots.items():
        boot = boots[key]
        plan.rows.boots[key] = boot
        exact = boot.clock.offset_s is None and key not in batch.unpunctual
        if exact:
            _observe_punctual(boot, waiting)
        else:
            _observe(boot, waiting)
            # A will says least and is told latest, whatever order a queue had.
            waiting.sort(key=lambda pending: pending.seq is None)
        for pending in waiting:
            _place(plan, key, boot, pending, latest, states, exact=exact)
    plan.rows.replies = list(batch.replies)
    plan.rows.states = [known.row(recorder_id) for recorder_id, known in latest.items()]
    plan.rows.recording_states = [(*key, *values) for key, values in states.items()]
    return plan


def plan_connections(plan: Plan, stored: dict[BootKey, list[PresenceFact]]) -> None:
    """Complete *plan* with the connections of each boot that has new presence messages.

    *stored* is what the database has of them. A will has no `seq`: it is the same one if CONNECT time and session are.
    """
    for key, fresh in plan.presence.items():
        facts = list(stored[key])
        wills = {(fact.ts, fact.session) for fact in facts if fact.seq is None}
        for fact, row in fresh:
            if fact.seq is None:
                if (fact.ts, fact.session) in wills:
                    plan.duplicates += 1
                    continue
                wills.add((fact.ts, fact.session))
            plan.stored += 1
            facts.append(fact)
            plan.rows.readings["presence"].append(row)
        plan.rows.connections[key] = connections(facts)


def _observe_punctual(boot: Boot, waiting: list[Pending]) -> None:
    """The same as `_observe` where every message is live and on time, without asking each."""
    clock = boot.clock
    for seq, ts, body, arrival, _, _ in waiting:
        if seq is None or body is None:
            continue
        if isinstance(body, m.Heartbeat | m.PresenceOnline) or body.up_s is not None:
            clock.observe_live(seq, ts, arrival.received_at, _uptime_s(body))
        elif clock.right_from is None or seq < clock.right_from:
            clock.right_from = seq


def _observe(boot: Boot, waiting: list[Pending]) -> None:
    """Let the clock learn from the whole batch before any message is placed, live ones first."""
    clock = boot.clock
    stored = []
    for seq, ts, body, arrival, live, backlog in waiting:
        if seq is None or body is None:
            continue
        if live:
            clock.observe_live(seq, ts, arrival.received_at, _uptime_s(body))
        elif backlog:
            stored.append((seq, ts, body, arrival))
    for seq, ts, body, arrival in stored:
        clock.observe_stored(seq, ts, arrival.received_at, _uptime_s(body))


def _uptime_s(body: m.Body) -> float | None:
    if isinstance(body, m.Heartbeat | m.PresenceOnline):
        return body.uptime_s
    return None if isinstance(body, m.PresenceWill) else body.up_s


def _place(
    plan: Plan,
    key: BootKey,
    boot: Boot,
    pending: Pending,
    latest: dict[str, Latest],
    states: dict[tuple[str, str, datetime], list[Any]],
    *,
    exact: bool,
) -> None:
    """Give one message its place, unless it is there already or would be one hole too many."""
    seq, ts, body, arrival, _, backlog = pending
    received_at = arrival.received_at
    if seq is not None:
        if len(boot.seen) >= 2 * MAX_RUNS and opens_hole(boot.seen, seq):
            text = f"seq: {seq} would be hole number {MAX_RUNS} in this boot"
            plan.rows.reject(reject(arrival.topic, key[0], arrival.payload, "seq_disorder", text), received_at)
            return
        if not add_seq(boot.seen, seq):
            plan.duplicates += 1
            return
    if boot.last_received_at is None or received_at > boot.last_received_at:
        boot.last_received_at = received_at
    if body is None:
        return
    if seq is None:
        at, clock_ok = _end_by_will(boot, arrival), True
    else:
        at, clock_ok = (ts, True) if exact else boot.clock.place(seq, ts, received_at)
        if boot.first_at is None or at < boot.first_at:
            boot.first_at = at
        if boot.last_at is None or at > boot.last_at:
            boot.last_at = at
    if received_at - at > _ROLLED_UP_ANYWAY:
        plan.rows.dirty_hours.add(at.replace(minute=0, second=0, microsecond=0))
    known = latest.get(key[0])
    if known is None:
        known = latest[key[0]] = Latest(received_at)
    if seq is not None:
        known.hear(at, received_at, backlog=backlog)
    head = (key[0], at, ts, received_at, key[1], seq, backlog, clock_ok)
    _lay_out(plan, head, body, known, states)


def _end_by_will(boot: Boot, arrival: Arrival) -> datetime:
    """A will's arrival minus 1.5 keep-alives; one that waited in the broker while we were away ends what was heard."""
    at = arrival.received_at - WILL_AFTER
    return min(at, boot.last_at) if arrival.queued and boot.last_at is not None else at


def _lay_out(
    plan: Plan,
    head: Head,
    body: m.Body,
    known: Latest,
    states: dict[tuple[str, str, datetime], list[Any]],
) -> None:
    """Make the row of one reading, and offer it to the latest of everything."""
    at, seq = head[1], head[5]
    readings = plan.rows.readings
    if isinstance(body, m.PresenceOnline | m.PresenceOffline | m.PresenceWill):
        _lay_out_presence(plan, head, body, known)
        return
    assert seq is not None
    plan.stored += 1
    match body:
        case m.Location():
            lat, lon = (body.lat, body.lon) if body.crs == "wgs84" else gcj02_to_wgs84(body.lat, body.lon)
            values: tuple[Any, ...] = (lat, lon, body.accuracy_m, body.speed_mps, body.heading_deg, body.fix)
            readings["location"].append(head + values)
            known.offer("location", at, seq, *values)
        case m.Heartbeat():
            iccid = m.normalise_iccid(body.iccid)
            values = (body.uptime_s, body.network, body.rsrp_dbm, body.cell, body.sim)
            readings["heartbeat"].append((*head, *values, iccid))
            known.offer("heartbeat", at, seq, *values)
            if iccid is not None:
                known.offer("iccid", at, seq, iccid)
        case m.Battery():
            values = (body.level_pct, body.charging, body.voltage_mv, body.temperature_c)
            readings["battery"].append(head + values)
            known.offer("battery", at, seq, *values)
        case m.Storage():
            values = (body.total_mb, body.free_mb, body.files)
            readings["storage"].append(head + values)
            known.offer("storage", at, seq, *values)
        case m.Recording():
            _lay_out_recording(plan, head, body, known, states)
        case m.Event():
            detail = None if body.detail is None else json.dumps(body.detail)
            readings["event"].append((*head, body.type, detail))
            known.offer("event", at, seq, body.type, detail)
            if body.type in {"login", "logout"}:
                known.offer("officer", at, seq, _officer_of(body))
        case _:
            assert_never(body)


def _lay_out_presence(
    plan: Plan, head: Head, body: m.PresenceOnline | m.PresenceOffline | m.PresenceWill, known: Latest
) -> None:
    at, seq = head[1], head[5]
    if isinstance(body, m.PresenceOnline):
        assert seq is not None
        iccid = m.normalise_iccid(body.iccid)
        known.offer("presence", at, seq, body.model, body.firmware, body.imei, body.last_end)
        known.offer("officer", at, seq, body.officer_id)
        if iccid is not None:
            known.offer("iccid", at, seq, iccid)
        values: tuple[Any, ...] = (
            *("online", body.session, None, body.model, body.firmware, body.imei, iccid, body.uptime_s),
            *(body.officer_id, body.last_end, body.dropped),
        )
        fact = PresenceFact(at, head[2], head[3], seq, True, body.session, None)
    else:
        values = ("offline", body.session, body.reason, *(None,) * 8)
        fact = PresenceFact(at, head[2], head[3], seq, False, body.session, body.reason)
    plan.presence.setdefault((head[0], head[4]), []).append((fact, head + values))


def _lay_out_recording(
    plan: Plan, head: Head, body: m.Recording, known: Latest, states: dict[tuple[str, str, datetime], list[Any]]
) -> None:
    recorder_id, at, ts, _, boot, seq, _, _ = head
    assert seq is not None
    # On the server's time line the state began as long before the message as on the device's own.
    since_ts = body.since.astimezone(UTC)
    since = at - max(ts - since_ts, timedelta(0))
    plan.rows.readings["recording"].append((*head, body.state, since_ts, body.file_id, body.trigger))
    known.offer("recording", at, seq, body.state, since, body.file_id)
    widest = states.get((recorder_id, boot, since_ts))
    if widest is None:
        states[recorder_id, boot, since_ts] = [body.state, since, at, body.file_id, body.trigger]
        return
    # What contradicts itself about one moment is settled the same way in any order (widen_recording_states).
    widest[0] = max(widest[0], body.state)
    widest[1] = min(widest[1], since)
    widest[2] = max(widest[2], at)
    widest[3] = max(filter(None, (widest[3], body.file_id)), default=None)
    widest[4] = max(filter(None, (widest[4], body.trigger)), default=None)


def _officer_of(event: m.Event) -> str | None:
    if event.type == "logout" or event.detail is None:
        return None
    officer_id = event.detail.get("officer_id")
    return officer_id if isinstance(officer_id, str) and is_id(officer_id) else None
