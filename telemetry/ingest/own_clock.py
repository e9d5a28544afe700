"""Ingest: check the server's clock, which stamps arrivals and drives the rules, against the database's and the fleet's.

The check can't tell which of them is wrong. While they disagree, arrival times may be wrong and recorders may seem
silent, so the time counts as a standstill, no clock is learned from what arrives, and no rule but SOS is asked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from telemetry.ingest.standstill import Standstill

MOST_APART_S: Final = 60.0
"""Largest tolerated difference (s): rules distrust device clocks from a minute on (domain.md, "Device clocks")."""
_LEAST_HEARD: Final = 10
"""Fewer recorders are no fleet: a box of spares with flat clock batteries must not outvote the server."""
_FRESH_S: Final = 120.0
"""Four heartbeats; a clock that jumps is noticed once half of the recorders have been heard since."""
_MOST_HEARD: Final = 20_000
_MOST_BACK_S: Final = 86_400.0
"""A fleet may be in 1970, too."""


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


class FleetClock:
    """How far ahead of the recorders' clocks ours is: the median over the recorders of their latest live messages.

    A recorder whose clock is wrong, or whose messages the network held up, moves a median little. Seconds are of a
    monotonic clock.
    """

    def __init__(self) -> None:
        self._heard: dict[str, tuple[float, float]] = {}

    def hear(self, recorder_id: str, behind_s: float, now_s: float) -> None:
        """A live message of *recorder_id* arrived *behind_s* seconds after its own time."""
        if recorder_id in self._heard or len(self._heard) < _MOST_HEARD:
            self._heard[recorder_id] = now_s, behind_s

    def ahead_s(self, now_s: float) -> float | None:
        """Return the median (s); None if too few recorders were heard lately to tell."""
        self._heard = {name: heard for name, heard in self._heard.items() if now_s - heard[0] <= _FRESH_S}
        if len(self._heard) < _LEAST_HEARD:
            return None
        return median(behind_s for _, behind_s in self._heard.values())


class OwnClock:
    """What a process knows of its own clock. `is_believed`: it agrees with the database's and with the fleet's.

    Before the first comparison it is not.
    """

    def __init__(self, *, is_believed: bool = False) -> None:
        self.fleet = FleetClock()
        self.is_believed = is_believed


class ClockWatch:
    """Tracks since when our clock disagrees with the database's or the fleet's."""

    def __init__(self) -> None:
        self._agreed_at: datetime | None = None

    def look(self, seen: Comparison, fleet_ahead_s: float | None = None) -> Standstill | None:
        """Return the current standstill, starting at the last agreement; None if the clocks agree.

        *fleet_ahead_s*: how far our clock is ahead of the fleet's; None if unknown. If they have never agreed since the
        start, it begins now by the database's clock, or by the fleet's if both of ours are ahead: ours may be in 1970.
        """
        is_fleet_apart = fleet_ahead_s is not None and abs(fleet_ahead_s) > MOST_APART_S
        if seen.agrees and not is_fleet_apart:
            self._agreed_at = min(seen.database, seen.before)
            return None
        if self._agreed_at is None:
            # What such a clock stamps is placed by the devices' own times, which may lie before the database's.
            back_s = fleet_ahead_s if fleet_ahead_s is not None and seen.agrees else 0.0
            self._agreed_at = seen.database - timedelta(seconds=min(max(back_s, 0.0), _MOST_BACK_S))
        reasons = [] if seen.agrees else [_apart(seen.ahead_s, "the database's clock")]
        if is_fleet_apart and fleet_ahead_s is not None:
            reasons.append(_apart(fleet_ahead_s, "most recorders' clocks"))
        return Standstill(self._agreed_at, ", ".join(reasons))


def _apart(ahead_s: float, what: str) -> str:
    return f"{abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} {what}"
