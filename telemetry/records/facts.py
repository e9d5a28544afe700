"""Stored facts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class FactTable:
    """The table that has a collection's slices: its name, the id's column and the columns of the content."""

    collection: str
    name: str
    id: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredSlice:
    """The columns of a stored slice that decide until when it counts. `cancelled_at` is that of its version."""

    fact_id: str
    version: int
    slice: int
    known_from: datetime
    cancelled_at: datetime | None
    known_to: datetime | None


@dataclass(frozen=True, slots=True)
class SliceRow:
    """What one version told from `known_from` to `known_to` (None: still); `values` in column order."""

    fact_id: str
    version: int
    slice: int
    known_from: datetime
    known_to: datetime | None
    late: bool
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sheaf:
    """All rows known at one time about an interval, with the columns of each query by name."""

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
    used: list[Any]
