"""Ingest, step 0 of 4: a message as a session or a trace delivers it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Arrival:
    """One PUBLISH with its arrival time.

    `queued`: it may have waited in the broker while we were disconnected, so its delay says nothing about the device
    clock. `retained`: the broker retained it before we subscribed, so it was sent earlier than it arrived. `receipt`:
    the session's token for the acknowledgement. `rejection_id`: the rejection that is being retried. `inner`: it was
    part of a backlog.
    """

    topic: str
    payload: bytes
    received_at: datetime
    queued: bool = False
    retained: bool = False
    duplicate: bool = False
    receipt: int = 0
    rejection_id: int | None = None
    inner: bool = False
