"""Monthly circulars and their counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CircularRow:
    """A closed month; `figures` as stored."""

    period: str
    closed_at: datetime
    closed_by: str
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CountRow:
    """The latest count of an open month's activities, and how long it took (s)."""

    period: str
    counted_at: datetime
    took_s: float
    tallies: list[dict[str, Any]]
