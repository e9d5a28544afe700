"""Retention of imported footage."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class FootageRow:
    """A row of `footage_retention`; the migration documents the columns."""

    dock_import_id: str
    version: int
    segment: int
    recorder_id: str
    recorded_from: datetime
    recorded_to: datetime
    label: str | None
    class_: str
    case_no: str | None
    keep_until: date | None
