"""Ingest, step 2 of 4: decode messages and group them by boot, before any database access."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple, assert_never

from telemetry.domain.boot_clock import TOLERANCE
from telemetry.domain.decode import decode, decode_inner
from telemetry.domain.messages import Alarm, Body, PresenceWill
from telemetry.domain.readings import CommandReply, Counted, Decoded, Envelope, Reading, Rejection, Rescued
from telemetry.domain.topics import is_downlink
from telemetry.ingest.arrival import Arrival
from telemetry.records.boots import BootKey

_EARLY: Final = -TOLERANCE
_ODD: Final = (PresenceWill, Alarm)
NAMELESS: Final = "~"
"""Prefix of the boot made up for an alarm without boot or `seq`; a hash of its content follows. Not valid in an id."""
_HASH_DIGITS: Final = 16


class Pending(NamedTuple):
    """A message that waits for its boot's row. `body` is None for a backlog envelope, `seq` is None for a will.

    `ts` is the device time in UTC (arithmetic in other zones is ten times slower). For a message without one it is the
    identical `received_at` object of its arrival. `partial` lists the fields that were left out.
    """

    seq: int | None
    ts: datetime
    body: Body | None
    arrival: Arrival
    live: bool
    backlog: bool
    partial: Rejection | None


@dataclass(slots=True)
class Sorted:
    """A batch grouped by boot, plus the messages without a boot.

    `unpunctual` names the boots that have a message whose `ts` differs from its arrival by more than the clock
    tolerance; only these need clock correction. `retried` are the rejections being retried.
    """

    boots: dict[BootKey, list[Pending]] = field(default_factory=dict)
    unpunctual: set[BootKey] = field(default_factory=set)
    rejections: list[Counted] = field(default_factory=list)
    replies: list[tuple[str, str, bool, str | None, datetime]] = field(default_factory=list)
    retried: list[int] = field(default_factory=list)
    messages: int = 0

    def first_arrivals(self) -> dict[BootKey, datetime]:
        """Return the arrival of the first message of each boot."""
        return {key: waiting[0].arrival.received_at for key, waiting in self.boots.items()}


def sort_arrivals(arrivals: Iterable[Arrival], batch: Sorted | None = None) -> Sorted:
    """Decode messages and group them by boot, into *batch* or a new one. Never raises, like `decode`."""
    batch = Sorted() if batch is None else batch
    for arrival in arrivals:
        _sort_one(batch, arrival)
    return batch


def _sort_one(batch: Sorted, arrival: Arrival) -> None:
    if is_downlink(arrival.topic):
        return
    decoded: Decoded
    if arrival.rejection_id is None:
        decoded = decode(arrival.topic, arrival.payload)
    else:
        batch.retried.append(arrival.rejection_id)
        decoded = (decode_inner if arrival.inner else decode)(arrival.topic, arrival.payload)
    live = not arrival.queued and not arrival.retained
    match decoded:
        case Reading():
            _add_reading(batch, decoded, arrival, live=live and not arrival.inner, backlog=arrival.inner)
        case Rejection():
            batch.rejections.append(Counted(decoded, arrival.received_at, is_live=live))
        case Envelope():
            key = (decoded.recorder_id, decoded.boot)
            batch.boots.setdefault(key, []).append(
                Pending(decoded.seq, decoded.ts.astimezone(UTC), None, arrival, live=live, backlog=False, partial=None)
            )
            _add_items(batch, decoded.items, arrival, live=live)
        case Rescued():
            _add_items(batch, decoded.items, arrival, live=live)
        case CommandReply():
            reply = decoded.body
            detail = None if reply.detail is None else json.dumps(reply.detail)
            batch.replies.append((decoded.recorder_id, reply.id, reply.ok, detail, arrival.received_at))
            if decoded.partial is not None:
                batch.rejections.append(Counted(decoded.partial, arrival.received_at, is_live=live))
        case _:
            assert_never(decoded)


def _add_items(batch: Sorted, items: Iterable[Reading | Rejection], arrival: Arrival, *, live: bool) -> None:
    for item in items:
        if isinstance(item, Rejection):
            batch.rejections.append(Counted(item, arrival.received_at, is_live=live))
        else:
            _add_reading(batch, item, arrival, live=False, backlog=True)


def _add_reading(batch: Sorted, reading: Reading, arrival: Arrival, *, live: bool, backlog: bool) -> None:
    body = reading.body
    batch.messages += 1
    if isinstance(body, _ODD):
        if isinstance(body, Alarm):
            _add_alarm(batch, reading, body, arrival, live=live, backlog=backlog)
            return
        if arrival.retained:
            # A retained will from before our first subscription: its connection ended at an unknown time.
            return
        seq = None
    else:
        seq = body.seq
    ts = body.ts.astimezone(UTC)
    # Same as `Pending(...)`, without its Python-level call.
    pending = tuple.__new__(Pending, (seq, ts, body, arrival, live, backlog, reading.partial))
    key = (reading.recorder_id, body.boot)
    if not live or seq is None or not _EARLY <= arrival.received_at - ts <= TOLERANCE:
        batch.unpunctual.add(key)
    waiting = batch.boots.get(key)
    if waiting is None:
        batch.boots[key] = [pending]
    else:
        waiting.append(pending)


def _add_alarm(batch: Sorted, reading: Reading, alarm: Alarm, arrival: Arrival, *, live: bool, backlog: bool) -> None:
    """Give an alarm its arrival as time and a hash of its content as name where it lacks them."""
    assert reading.partial is not None
    received_at = arrival.received_at
    ts = received_at if alarm.ts is None else alarm.ts.astimezone(UTC)
    if alarm.boot is not None and alarm.seq is not None:
        boot, seq = alarm.boot, alarm.seq
    else:
        # Nothing distinguishes two such alarms; equal content counts as a new alarm after a while (see admission).
        boot = NAMELESS + reading.partial.sha256.hex()[:_HASH_DIGITS]
        seq = int(received_at.timestamp()) if alarm.ts is None else 0
    key = (reading.recorder_id, boot)
    event = alarm.named(ts, boot, seq)
    batch.boots.setdefault(key, []).append(
        Pending(seq, ts, event, arrival, live and alarm.ts is not None, backlog, reading.partial)
    )
    batch.unpunctual.add(key)
