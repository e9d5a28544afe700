"""Ingest: check the server's clock, which stamps arrivals and drives the rules, against the database's clock.

The check can't tell which of the two is wrong. While they disagree, arrival times may be wrong and recorders may seem
silent, so the time counts as a standstill.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from telemetry.ingest.standstill import Standstill

MOST_APART_S: Final = 60.0
"""Largest tolerated difference (s): rules distrust device clocks from a minute on (domain.md, "Device clocks")."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One reading of the database's clock between two readings of ours."""

    before: datetime
    database: datetime
    after: datetime

    @property
    def ahead_s(self) -> float:
        """Return the least number of seconds by which our clock is ahead (negative: behind)."""
        first, last = sorted((self.before, self.after))
        nearest = min(max(self.database, first), last)
        return (nearest - self.database).total_seconds()

    @property
    def agrees(self) -> bool:
        """Return whether the clocks agree within the measuring error and the tolerance."""
        return abs(self.ahead_s) <= MOST_APART_S


class ClockWatch:
    """Tracks since when our clock and the database's disagree."""

    def __init__(self) -> None:
        self._agreed_at: datetime | None = None

    def look(self, seen: Comparison) -> Standstill | None:
        """Return the current standstill, starting at the last agreement; None if the clocks agree.

        If they have never agreed since the start, it begins now by the database's clock: ours may be in 1970.
        """
        if seen.agrees:
            self._agreed_at = min(seen.database, seen.before)
            return None
        if self._agreed_at is None:
            self._agreed_at = seen.database
        where = "ahead of" if seen.ahead_s > 0 else "behind"
        return Standstill(self._agreed_at, f"{abs(seen.ahead_s):.0f} s {where} the database's clock")
