"""Ingest, step 2 of 4: decoded messages sorted by the boot that sent them, before the database is asked anything."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple, assert_never

from telemetry.domain.clock import TOLERANCE
from telemetry.domain.decode import decode
from telemetry.domain.messages import Body, PresenceWill
from telemetry.domain.readings import CommandReply, Envelope, Reading, Rejection
from telemetry.domain.topics import is_downlink
from telemetry.ingest.arrival import Arrival
from telemetry.store.intake import BootKey

Counted = tuple[Rejection, datetime, int]
"""A rejection, when it came, and how often."""

_EARLY: Final = -TOLERANCE


class Pending(NamedTuple):
    """A message that waits for its boot's row: `body` is None for a backlog envelope, `seq` for a will.

    `ts` is the device's, in UTC: arithmetic with any other zone costs ten times as much.
    """

    seq: int | None
    ts: datetime
    body: Body | None
    arrival: Arrival
    live: bool
    backlog: bool


@dataclass(slots=True)
class Sorted:
    """A batch by boot, and beside it what belongs to no boot.

    `unpunctual` names the boots with a message whose ts isn't the moment of its arrival, give or take what a clock may
    be off by: only there is there anything to think about.
    """

    boots: dict[BootKey, list[Pending]] = field(default_factory=dict)
    unpunctual: set[BootKey] = field(default_factory=set)
    rejections: list[Counted] = field(default_factory=list)
    replies: list[tuple[str, str, bool, str | None, datetime]] = field(default_factory=list)
    messages: int = 0
    stale_wills: int = 0

    def first_arrivals(self) -> dict[BootKey, datetime]:
        """Each boot with the arrival of its first message here."""
        return {key: waiting[0].arrival.received_at for key, waiting in self.boots.items()}


def sort_arrivals(arrivals: Iterable[Arrival], batch: Sorted | None = None) -> Sorted:
    """Decode messages and sort them by boot, into *batch* or a new one; total, like `decode`."""
    batch = Sorted() if batch is None else batch
    for arrival in arrivals:
        _sort_one(batch, arrival)
    return batch


def _sort_one(batch: Sorted, arrival: Arrival) -> None:
    if is_downlink(arrival.topic):
        return
    decoded = decode(arrival.topic, arrival.payload)
    live = not arrival.queued and not arrival.retained
    match decoded:
        case Reading():
            _add_reading(batch, decoded, arrival, live=live, backlog=False)
        case Rejection():
            batch.rejections.append((decoded, arrival.received_at, 1))
        case Envelope():
            key = (decoded.recorder_id, decoded.boot)
            batch.boots.setdefault(key, []).append(
                Pending(decoded.seq, arrival.received_at, None, arrival, live=live, backlog=False)
            )
            for item in decoded.items:
                if isinstance(item, Rejection):
                    batch.rejections.append((item, arrival.received_at, 1))
                else:
                    _add_reading(batch, item, arrival, live=False, backlog=True)
        case CommandReply():
            reply = decoded.body
            detail = None if reply.detail is None else json.dumps(reply.detail)
            batch.replies.append((decoded.recorder_id, reply.id, reply.ok, detail, arrival.received_at))
        case _:
            assert_never(decoded)


def _add_reading(batch: Sorted, reading: Reading, arrival: Arrival, *, live: bool, backlog: bool) -> None:
    body = reading.body
    batch.messages += 1
    if isinstance(body, PresenceWill):
        if arrival.retained:
            # What ended before we ever subscribed: nobody can tell any more when it did.
            batch.stale_wills += 1
            return
        seq = None
    else:
        seq = body.seq
    ts = body.ts.astimezone(UTC)
    # What `Pending(...)` does, without a call of Python's own.
    pending = tuple.__new__(Pending, (seq, ts, body, arrival, live, backlog))
    key = (reading.recorder_id, body.boot)
    if not live or seq is None or not _EARLY <= arrival.received_at - ts <= TOLERANCE:
        batch.unpunctual.add(key)
    waiting = batch.boots.get(key)
    if waiting is None:
        batch.boots[key] = [pending]
    else:
        waiting.append(pending)
