"""Clocks of the server: the wall clock, or a time lapse that plays a duty day in minutes.

Decision code receives `now` as an argument; only the composition root and the demo choose a clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]


def wall_now() -> datetime:
    """Return the wall clock's time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """The clock that stamps arrivals, the clock of rule evaluation, and the pauses between evaluations (s).

    `evaluated_to` lags behind `now` while time runs fast: messages in flight must be stored before a tick passes them.
    """

    now: Now = wall_now
    evaluated_to: Now = wall_now
    tick_s: float = 2.0
    plan_s: float = 1.0


WALL_PACE = Pace()


class TimeLapse:
    """A clock that starts in the past and runs *speed* times as fast as the wall clock until it catches up.

    It moves only in `advance`, so that it can wait for its users. It never goes back and never passes the wall clock;
    once it has caught up, it is the wall clock.
    """

    def __init__(self, starts_at: datetime, speed: float, wall: Now = wall_now) -> None:
        self._at = starts_at
        self._fast = speed
        self._wall = wall
        self.is_live = False

    def advance(self, real_s: float) -> None:
        """Advance by *real_s* seconds of wall time."""
        if self.is_live:
            return
        self._at += timedelta(seconds=real_s * self._fast)
        self.is_live = self._at >= self._wall()

    def now(self) -> datetime:
        """Return this clock's time."""
        return max(self._at, self._wall()) if self.is_live else self._at

    def now_ms(self) -> int:
        """Return this clock's time in milliseconds since 1970."""
        return int(self.now().timestamp() * 1000)

    @property
    def speed(self) -> float:
        """Current speed in seconds per wall second."""
        return 1.0 if self.is_live else self._fast

    def behind(self, span: timedelta) -> Now:
        """Return a clock that runs *span* behind this one until this one is live."""

        def then() -> datetime:
            return self.now() if self.is_live else self.now() - span

        return then
