"""What `decode` makes of bytes from outside: a reading, an envelope of readings, a reply, or a rejection."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from telemetry.domain.messages import Alarm, Body, ReadingKind, Reply

RejectionCode = Literal[
    "topic", "kind", "too_large", "not_json", "schema", "partial", "seq_disorder", "flood", "refused", "unheard"
]


@dataclass(slots=True, frozen=True)
class Rejection:
    """One message that could not be taken in, wholly or in part (`partial`), with enough kept to find out why.

    `payload` holds at most the first 64 KiB of the bytes, `length` all of their number, `sha256` (32 bytes) is over
    all of them. `boot` and `seq` are there when they could still be read, so that a rejected message is not counted
    as one lost on the way. `fields` names the fields at fault.
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
    """A rejection, when it came first and how often; `is_live`: as it was sent, so that its recorder was heard then."""

    rejection: Rejection
    received_at: datetime
    count: int = 1
    is_live: bool = True


@dataclass(slots=True)
class Reading:
    """One accepted message of one recorder; not frozen, which alone would double what it costs to make one.

    `partial` says what of it was left out.
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
    """The alarms out of a backlog whose envelope is rejected, and its rejection."""

    items: tuple[Reading | Rejection, ...]


@dataclass(slots=True, frozen=True)
class CommandReply:
    """A recorder's answer to a command; `partial` says what of it was left out."""

    recorder_id: str
    body: Reply
    partial: Rejection | None = None


Decoded = Reading | Envelope | CommandReply | Rejection | Rescued
