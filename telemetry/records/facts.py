"""Facts as they are stored, as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredSlice:
    """Of a stored slice, what decides until when it counts; `cancelled_at` is its version's."""

    fact_id: str
    version: int
    slice: int
    known_from: datetime
    cancelled_at: datetime | None
    known_to: datetime | None


@dataclass(frozen=True, slots=True)
class Sheaf:
    """Rows of everything that was known at a moment about a stretch of time, each in its query's order of columns."""

    units: list[Any]
    officers: list[Any]
    recorders: list[Any]
    assignments: list[Any]
    shifts: list[Any]
    activities: list[Any]
    exemptions: list[Any]
    reports: list[Any]
    logins: list[Any]
    recordings: list[Any]
