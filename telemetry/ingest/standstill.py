"""Ingest: when nothing could be stored although it should have been, which the rules must know of.

A recorder that isn't heard while we stand still says nothing about anybody (domain.md, "Nothing convicts on one sight").
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LEAST_S: Final = 20.0
"""A shorter pause hides no silence: a recorder counts as silent after 90 s at the least."""
NOT_RUNNING: Final = "the process did not run"


@dataclass(frozen=True, slots=True)
class Standstill:
    """When it last worked for certain, and why it hasn't since."""

    starts_at: datetime
    reason: str


class StandstillWatch:
    """Tells a standstill from a pause; lengths are by the monotonic clock, moments by that of the arrivals.

    *reported_at* is when an earlier process of this name last reported.
    """

    def __init__(self, now: datetime, now_s: float, reported_at: datetime | None) -> None:
        away = timedelta(0) if reported_at is None else max(now - reported_at, timedelta(0))
        self._worked_at = now - away
        self._worked_s = now_s - away.total_seconds()
        self._reason = NOT_RUNNING if away else None

    def look(self, now_s: float, fault: str | None) -> Standstill | None:
        """The standstill to write down, which lasts or has just ended, given why it doesn't work now (None: it does)."""
        self._reason = self._reason or fault
        if self._reason is None or now_s - self._worked_s < LEAST_S:
            return None
        return Standstill(self._worked_at, self._reason)

    def note_works(self, now: datetime, now_s: float) -> None:
        """It works, and what it stood still before is written down."""
        self._worked_at, self._worked_s, self._reason = now, now_s, None
