"""Ingest: whether the clock that arrivals are stamped by, and rules are asked by, is the same as the database's.

Which of the two is wrong can't be told here. While they disagree, what was heard may stand in another time than it was
said in, and a recorder seems silent in its own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from telemetry.ingest.standstill import Standstill

MOST_APART_S: Final = 60.0
"""As of a minute the rules take a device's clock for wrong (domain.md, "Device clocks 1-5 min off"); ours is held to the same."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The database's clock, read between two looks at our own."""

    before: datetime
    database: datetime
    after: datetime

    @property
    def ahead_s(self) -> float:
        """How far ours is certainly ahead of the database's, in seconds; below 0: behind."""
        first, last = sorted((self.before, self.after))
        nearest = min(max(self.database, first), last)
        return (nearest - self.database).total_seconds()

    @property
    def agrees(self) -> bool:
        """Whether the two may be the same."""
        return abs(self.ahead_s) <= MOST_APART_S


class ClockWatch:
    """Tells since when our clock and the database's disagree."""

    def __init__(self) -> None:
        self._agreed_at: datetime | None = None

    def look(self, seen: Comparison) -> Standstill | None:
        """The standstill that lasts, from when they last agreed; None: they agree.

        Where they never did since the start, it begins now, by the database's clock: ours may be in 1970.
        """
        if seen.agrees:
            self._agreed_at = min(seen.database, seen.before)
            return None
        if self._agreed_at is None:
            self._agreed_at = seen.database
        where = "ahead of" if seen.ahead_s > 0 else "behind"
        return Standstill(self._agreed_at, f"{abs(seen.ahead_s):.0f} s {where} the database's clock")
