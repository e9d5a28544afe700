"""Ingest, step 3: lay out one reading as a row, and offer its values to the latest state."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, assert_never

from telemetry.domain import messages as m
from telemetry.domain.boot_clock import MAX_LATE
from telemetry.domain.connection import PresenceFact
from telemetry.domain.geo import gcj02_to_wgs84, is_in_china
from telemetry.ingest.latest_state import Latest

Head: TypeAlias = tuple[str, datetime, datetime, datetime, str, int | None, bool, bool]
"""The first columns of every reading: recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok."""
Measured: TypeAlias = m.Heartbeat | m.Battery | m.Storage | m.Recording | m.Location | m.Event
_NOTHING = timedelta(0)
_NO_FIX = "none"
"""The `fix` value of a position that can't be real; it is stored but never used.

A receiver without a fix reports 0, 0 or leaves one coordinate at 0; one that lost a sign is on the other side of the
world. None of these positions is in China, where every bureau is.
"""
_NO_LOGIN = "login_unread"
"""Event type of a login whose officer id can't be read. It only ends the previous login."""
_UNPLACED, _MAX_RANK = 1 << 62, (1 << 63) - 1
"""Added to the rank of a message whose time is only its arrival, so that any other message decides `since`."""


def lay_out_reading(
    readings: dict[str, list[tuple[Any, ...]]],
    head: Head,
    body: Measured,
    known: Latest,
    states: dict[datetime, list[Any]],
    *,
    is_anchored: bool,
) -> None:
    """Append the row of *body* to *readings*, offer it to *known*, and widen its boot's recording *states*.

    *is_anchored*: its time comes from a clock, not only from its arrival.
    """
    at, seq = head[1], head[5]
    assert seq is not None
    match body:
        case m.Location():
            values: tuple[Any, ...] = _lay_out_location(body)
            readings["location"].append(head + values)
            if values[-1] != _NO_FIX:
                known.offer("location", at, seq, values)
        case m.Heartbeat():
            iccid = m.iccid_as_read(body.iccid)
            values = (body.uptime_s, body.network, body.rsrp_dbm, body.cell, body.sim)
            readings["heartbeat"].append((*head, *values, iccid))
            known.offer("heartbeat", at, seq, values)
            if iccid is not None:
                known.offer("iccid", at, seq, (iccid,))
        case m.Battery():
            values = (body.level_pct, body.charging, body.voltage_mv, body.temperature_c)
            readings["battery"].append(head + values)
            known.offer("battery", at, seq, values)
        case m.Storage():
            # An unmounted card has no free space; store none, so that no minimum or rule takes 0 for a measurement.
            values = (body.total_mb, body.free_mb, body.files) if body.total_mb > 0 else (0, None, None)
            readings["storage"].append(head + values)
            if body.total_mb > 0:
                known.offer("storage", at, seq, values)
        case m.Recording():
            readings["recording"].append(_lay_out_recording(head, body, known, states, is_anchored=is_anchored))
        case m.Event():
            readings["event"].append((*head, *_lay_out_event(head, body, known)))
        case _:
            assert_never(body)


def _lay_out_location(body: m.Location) -> tuple[Any, ...]:
    lat, lon = (body.lat, body.lon) if body.crs == "wgs84" else gcj02_to_wgs84(body.lat, body.lon)
    fix = body.fix if is_in_china(lat, lon) else _NO_FIX
    return (lat, lon, body.accuracy_m, body.speed_mps, body.heading_deg, fix)


def _lay_out_event(head: Head, body: m.Event, known: Latest) -> tuple[str, str | None]:
    at, seq = head[1], head[5]
    assert seq is not None
    kind = _NO_LOGIN if body.type == "login" and body.officer_id is None else body.type
    detail = None if body.detail is None else json.dumps(body.detail)
    known.offer("event", at, seq, (kind, detail))
    if kind in {"login", _NO_LOGIN, "logout", "docked"}:
        known.offer("officer", at, seq, (body.officer_id if kind == "login" else None,))
    return kind, detail


def lay_out_presence(
    head: Head,
    body: m.PresenceOnline | m.PresenceOffline | m.PresenceWill,
    known: Latest,
    *,
    is_login_unread: bool = False,
) -> tuple[PresenceFact, tuple[Any, ...]]:
    """Return what a presence message says about its connection, and its row.

    *is_login_unread*: it carried an officer id that could not be read, so the previous login ends.
    """
    _, at, ts, received_at, _, seq, _, _ = head
    online = isinstance(body, m.PresenceOnline)
    reason = None if isinstance(body, m.PresenceOnline) else body.reason
    fact = PresenceFact(at, ts, received_at, seq, online, body.session, reason)
    if not isinstance(body, m.PresenceOnline):
        if reason == "docked" and seq is not None:
            known.offer("officer", at, seq, (None,))
        return fact, (*head, "offline", body.session, reason, *(None,) * 9)
    assert seq is not None
    iccid, imei = m.iccid_as_read(body.iccid), m.imei_as_read(body.imei)
    known.offer("presence", at, seq, (body.model, body.firmware, imei, body.last_end))
    # A birth without an officer may be a reconnection, so it doesn't end the login.
    if body.officer_id is not None or is_login_unread:
        known.offer("officer", at, seq, (body.officer_id,))
    if iccid is not None:
        known.offer("iccid", at, seq, (iccid,))
    about = (body.model, body.firmware, imei, iccid, body.uptime_s, body.officer_id, body.last_end, body.dropped)
    return fact, (*head, "online", body.session, None, *about, is_login_unread or None)


def _lay_out_recording(
    head: Head, body: m.Recording, known: Latest, states: dict[datetime, list[Any]], *, is_anchored: bool
) -> tuple[Any, ...]:
    _, at, ts, _, _, seq, _, _ = head
    assert seq is not None
    since_ts = body.since.astimezone(UTC)
    lasted = max(ts - since_ts, _NOTHING)
    # The duration since the state began is the same on the server's time line. Longer than a flash can hold means the
    # state began under another clock than the message's.
    since = at - lasted if lasted <= MAX_LATE else at
    # The first message about a state comes from the clock the state began under; later ones may come from a corrected
    # clock.
    rank = seq if is_anchored else min(seq + _UNPLACED, _MAX_RANK)
    known.offer("recording", at, seq, (body.state, since, body.file_id))
    widest = states.get(since_ts)
    if widest is None:
        states[since_ts] = [since_ts, body.state, since, at, body.file_id, body.trigger, rank]
    else:
        # Contradicting states at one time resolve the same way in any order (merge_stage does the same).
        widest[1] = max(widest[1], body.state)
        if rank < widest[6]:
            widest[2], widest[6] = since, rank
        widest[3] = max(widest[3], at)
        widest[4] = max(filter(None, (widest[4], body.file_id)), default=None)
        widest[5] = max(filter(None, (widest[5], body.trigger)), default=None)
    return (*head, body.state, since_ts, body.file_id, body.trigger)
