"""The month's circulars and what they count, as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CircularRow:
    """A closed month; `figures` as it was stored."""

    period: str
    closed_at: datetime
    closed_by: str
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CountRow:
    """An open month's activities as they were counted last, and how long that took (s)."""

    period: str
    counted_at: datetime
    took_s: float
    tallies: list[dict[str, Any]]
