"""Heartbeats of the parts of one process: when each last worked, and by when it must show again that it does.

They live in memory, so that health can be told without the database.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Beat:
    """The state of a part: seconds since it last worked, seconds until it is due again (negative: overdue).

    `fault`: why it failed, if it did since it last worked.
    """

    part: str
    silent_s: float
    due_in_s: float
    fault: str | None = None


@dataclass(slots=True)
class _Part:
    worked_s: float
    due_s: float
    fault: str | None = None


class Heartbeats:
    """The parts of this process. *clock* is a monotonic clock (s)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._parts: dict[str, _Part] = {}

    def expect(self, part: str, within_s: float) -> None:
        """*part* begins to work and must show within *within_s* seconds that it did."""
        now_s = self._clock()
        known = self._parts.setdefault(part, _Part(now_s, now_s))
        known.due_s = now_s + within_s

    def works(self, part: str, within_s: float) -> None:
        """*part* works, and is due again within *within_s* seconds."""
        now_s = self._clock()
        self._parts[part] = _Part(now_s, now_s + within_s)

    def fails(self, part: str, fault: str) -> None:
        """*part* failed. Its fault stands until it works."""
        now_s = self._clock()
        self._parts.setdefault(part, _Part(now_s, now_s)).fault = fault

    def rests(self, part: str) -> None:
        """*part* has nothing to do and is not expected."""
        self._parts.pop(part, None)

    def beats(self) -> list[Beat]:
        """Return all parts in their present state."""
        now_s = self._clock()
        parts = sorted(self._parts.items())
        return [Beat(name, now_s - part.worked_s, part.due_s - now_s, part.fault) for name, part in parts]
