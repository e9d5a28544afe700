"""What `decode` makes of bytes from outside: a reading, an envelope of readings, a reply, or a rejection."""

from dataclasses import dataclass
from typing import Literal

from telemetry.domain.messages import Body, ReadingKind, Reply

RejectionCode = Literal[
    "topic", "kind", "too_large", "not_json", "schema", "seq_disorder", "flood", "refused", "unheard"
]


@dataclass(slots=True)
class Reading:
    """One accepted message of one recorder; not frozen, which alone would double what it costs to make one."""

    recorder_id: str
    kind: ReadingKind
    body: Body


@dataclass(slots=True, frozen=True)
class Rejection:
    """One message that could not be taken in, with enough of it kept to find out why.

    `payload` holds at most the first 64 KiB of the bytes, `length` all of their number, `sha256` (32 bytes) is over
    all of them. `boot` and `seq` are there when they could still be read, so that a rejected message is not counted
    as one lost on the way.
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


@dataclass(slots=True, frozen=True)
class Envelope:
    """A backlog: its own name, and its inner messages, each accepted or rejected alone."""

    recorder_id: str
    boot: str
    seq: int
    items: tuple[Reading | Rejection, ...]


@dataclass(slots=True, frozen=True)
class CommandReply:
    """A recorder's answer to a command."""

    recorder_id: str
    body: Reply


Decoded = Reading | Envelope | CommandReply | Rejection
