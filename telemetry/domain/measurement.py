"""Decide whether a measurement is reliable enough for a rule to use it as evidence; pure.

domain.md, "Nothing convicts on one sight": the value must be plausible, reported at least twice (60 s apart, or by two
kinds of message) and not contradicted by the next ones. An unmounted card or a single 0 % is no evidence.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

TWICE: Final = timedelta(seconds=60)
"""Reports of one kind nearer than this count as one."""
_JUMP_PCT: Final = 15.0
"""No battery falls by more between two readings at the usual cadence; a lower reading is faulty."""


class HasTotal(Protocol):
    """A storage reading."""

    @property
    def total_mb(self) -> int:
        """Size of the memory card (MB)."""
        ...


Reading = TypeVar("Reading", bound=HasTotal)


def is_told_twice(sights: Iterable[tuple[datetime, str]]) -> bool:
    """Return whether *sights*, each a time and a kind of message, are at least two independent reports."""
    known = list(sights)
    moments = [at for at, _ in known]
    return len({kind for _, kind in known}) > 1 or (bool(moments) and max(moments) - min(moments) >= TWICE)


def is_borne_out(levels: Sequence[float]) -> bool:
    """Return whether the last of some charges (%, in order) is no sudden drop from the one before."""
    return len(levels) > 1 and levels[-2] - levels[-1] <= _JUMP_PCT


def is_low(levels: Sequence[float], below_pct: float) -> bool:
    """Return whether the last of some charges (%, in order) is below *below_pct* and the one before confirms it."""
    return len(levels) > 1 and levels[-1] < below_pct and (levels[-2] < below_pct or is_borne_out(levels))


def mounted(readings: Sequence[Reading]) -> list[Reading]:
    """Return the storage readings of the recorder's own card: those with its usual total, which is never 0.

    Readings while the card is unmounted, or of the internal memory meanwhile, say nothing about the card.
    """
    totals = Counter(reading.total_mb for reading in readings if reading.total_mb > 0)
    if not totals:
        return []
    usual = max(totals, key=lambda total: (totals[total], total))
    return [reading for reading in readings if reading.total_mb == usual]
