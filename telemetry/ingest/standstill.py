"""Ingest: intervals in which nothing could be stored, for the rules.

Silence of a recorder during a standstill proves nothing (domain.md, "Nothing convicts on one sight").
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LEAST_S: Final = 20.0
"""Shorter pauses can't hide a silence: a recorder counts as silent after 90 s at the earliest."""
NOT_RUNNING: Final = "the process did not run"
HUNG: Final = "the process hung"
"""It reports every two seconds, so a longer pause between two reports is a standstill although no fault was seen."""


@dataclass(frozen=True, slots=True)
class Standstill:
    """When storing last worked for certain, and why it has failed since."""

    starts_at: datetime
    reason: str


class StandstillWatch:
    """Distinguishes a standstill from a short pause. Durations use the monotonic clock, times the arrivals' clock.

    *reported_at*: when an earlier process of this name last reported.
    """

    def __init__(self, now: datetime, now_s: float, reported_at: datetime | None) -> None:
        away = timedelta(0) if reported_at is None else max(now - reported_at, timedelta(0))
        self._worked_at = now - away
        self._worked_s = now_s - away.total_seconds()
        self._reason = NOT_RUNNING if away else None

    def look(self, now_s: float, fault: str | None) -> Standstill | None:
        """Return the standstill to store, running or just ended. *fault*: why storing fails now (None: it works)."""
        self._reason = self._reason or fault
        if now_s - self._worked_s < LEAST_S:
            return None
        return Standstill(self._worked_at, self._reason or HUNG)

    def note_works(self, now: datetime, now_s: float) -> None:
        """Record that storing works and that the previous standstill is stored."""
        self._worked_at, self._worked_s, self._reason = now, now_s, None
