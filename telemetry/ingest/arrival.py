"""Ingest, step 0 of 4: a message as the session or a trace hands it over."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Arrival:
    """One PUBLISH, and when it came.

    `queued` says that it may have waited in the broker while we were away, so that its delay says nothing about the
    device's clock. `retained` marks what the broker kept from before we subscribed: its arrival is not when it was
    sent. `receipt` is the session's own token for the acknowledgement. `rejection_id` names the rejection that a message
    is taken in from again; `inner` says that it lay in a backlog.
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
