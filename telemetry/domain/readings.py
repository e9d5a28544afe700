"""The results of `decode`: a reading, an envelope of readings, a reply, or a rejection."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from telemetry.domain.messages import Alarm, Body, ReadingKind, Reply

RejectionCode = Literal[
    "topic", "kind", "too_large", "not_json", "schema", "partial", "seq_disorder", "flood", "refused", "unheard"
]


@dataclass(slots=True, frozen=True)
class Rejection:
    """A message that was rejected wholly or in part (`partial`), with enough data to find out why.

    `payload` holds the first 64 KiB at most; `length` (bytes) and `sha256` (32 bytes) cover the whole message. `boot`
    and `seq` are set if they could be read, so that a rejected message doesn't count as lost. `fields` names the faulty
    fields.
    """

    topic: str
    recorder_id: str | None
    code: RejectionCode
    reason: str
    payload: bytes
    length: int
    sha256: bytes
    boot: str | None = None
    seq: int | None = None
    fields: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class Counted:
    """A rejection with its first arrival and count.

    `is_live`: it arrived as it was sent, so its recorder was heard then.
    """

    rejection: Rejection
    received_at: datetime
    count: int = 1
    is_live: bool = True


@dataclass(slots=True)
class Reading:
    """One accepted message. Not frozen, because freezing doubles the cost of creating one.

    `partial` lists the fields that were left out.
    """

    recorder_id: str
    kind: ReadingKind
    body: Body | Alarm
    partial: Rejection | None = None


@dataclass(slots=True, frozen=True)
class Envelope:
    """A backlog: its own name and time, and its inner messages, each accepted or rejected alone."""

    recorder_id: str
    boot: str
    seq: int
    ts: datetime
    items: tuple[Reading | Rejection, ...]


@dataclass(slots=True, frozen=True)
class Rescued:
    """The rejection of a backlog envelope, and the alarms recovered from it."""

    items: tuple[Reading | Rejection, ...]


@dataclass(slots=True, frozen=True)
class CommandReply:
    """A recorder's answer to a command; `partial` lists the fields that were left out."""

    recorder_id: str
    body: Reply
    partial: Rejection | None = None


Decoded = Reading | Envelope | CommandReply | Rejection | Rescued
