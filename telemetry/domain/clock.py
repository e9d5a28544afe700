"""Which time it is for the server, and how often it looks: the wall's, or a duty day told in minutes.

Who decides is told `now`; who tells it asks one of these. Only the composition root and the demo choose another than
the wall's clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]


def wall_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """The clock that arrivals are stamped by, the one that rules are asked by, and the pauses between looks in seconds.

    `evaluated_to` may be behind `now` where time runs fast: what is on its way must be stored before a tick passes it.
    """

    now: Now = wall_now
    evaluated_to: Now = wall_now
    tick_s: float = 2.0
    plan_s: float = 1.0


WALL_PACE = Pace()


class TimeLapse:
    """A clock that begins in the past and runs *speed* times as fast as the wall's until it has caught up with it.

    It moves only when it is told to (`advance`), so that it can wait for who lives by it; it never goes back, and it
    never passes the wall clock, which it is from then on.
    """

    def __init__(self, starts_at: datetime, speed: float, wall: Now = wall_now) -> None:
        self._at = starts_at
        self._fast = speed
        self._wall = wall
        self.is_live = False

    def advance(self, real_s: float) -> None:
        """Let *real_s* seconds of the wall's pass."""
        if self.is_live:
            return
        self._at += timedelta(seconds=real_s * self._fast)
        self.is_live = self._at >= self._wall()

    def now(self) -> datetime:
        """The time of this clock."""
        return max(self._at, self._wall()) if self.is_live else self._at

    def now_ms(self) -> int:
        """The same in milliseconds since 1970."""
        return int(self.now().timestamp() * 1000)

    @property
    def speed(self) -> float:
        """How fast it runs now, in seconds a second."""
        return 1.0 if self.is_live else self._fast

    def behind(self, span: timedelta) -> Now:
        """A clock *span* behind this one until this one is live."""

        def then() -> datetime:
            return self.now() if self.is_live else self.now() - span

        return then
