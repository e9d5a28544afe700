"""What a measurement is worth: the one place that rules ask before a reading may accuse anybody; pure.

domain.md, "Nothing convicts on one sight": it must be plausible by itself, told at least twice (60 s apart, or by two
kinds of message), and not undone by the next ones. A card that isn't mounted and a single 0 % are no information.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

TWICE: Final = timedelta(seconds=60)
"""Two sights of one thing this far apart are two; nearer ones are one, unless two kinds of message tell it."""
_JUMP_PCT: Final = 15.0
"""No battery falls by more between two readings of its usual cadence: a lower one is a reading that went wrong."""


class HasTotal(Protocol):
    """A storage reading."""

    @property
    def total_mb(self) -> int:
        """The size of the memory card (MB)."""
        ...


Reading = TypeVar("Reading", bound=HasTotal)


def is_told_twice(sights: Iterable[tuple[datetime, str]]) -> bool:
    """Whether sights, each with its moment and its kind of message, are two."""
    known = list(sights)
    moments = [at for at, _ in known]
    return len({kind for _, kind in known}) > 1 or (bool(moments) and max(moments) - min(moments) >= TWICE)


def is_borne_out(levels: Sequence[float]) -> bool:
    """Whether the last of some charges, in their order (%), is no sudden fall from the one before."""
    return len(levels) > 1 and levels[-2] - levels[-1] <= _JUMP_PCT


def is_low(levels: Sequence[float], below_pct: float) -> bool:
    """Whether the last of some charges, in their order (%), is under *below_pct* and the one before bears it out."""
    return len(levels) > 1 and levels[-1] < below_pct and (levels[-2] < below_pct or is_borne_out(levels))


def mounted(readings: Sequence[Reading]) -> list[Reading]:
    """The storage readings that count the recorder's own card: those of its usual total, which is never 0.

    What is told while the card isn't mounted, or of the internal memory meanwhile, is no count of anything.
    """
    totals = Counter(reading.total_mb for reading in readings if reading.total_mb > 0)
    if not totals:
        return []
    usual = max(totals, key=lambda total: (totals[total], total))
    return [reading for reading in readings if reading.total_mb == usual]
