"""Load the calendar that every deadline uses, and import the table of a decree."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from alerts.duty.calendar import BureauCalendar, YearStatus, days_of
from alerts.duty.holiday_decree import MAX_BYTES, Days, read_table
from telemetry.domain.errors import InputError
from telemetry.records.audit import AuditEntry
from telemetry.store.audit import add_entry
from telemetry.store.calendar import calendar_days, lock_calendar, put_calendar_days
from telemetry.store.pool import Connection

_WEEKDAYS: Final = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day that an import turns into a working day or a day off."""

    day: date
    name: str
    was_working: bool
    works: bool

    def in_chinese(self) -> str:
        """The change as a Chinese list item."""
        words = {True: "上班", False: "休息"}
        named = f"（{self.name}）" if self.name else ""
        return f"{self.day} 星期{_WEEKDAYS[self.day.weekday()]}{named}：{words[self.was_working]} → {words[self.works]}"


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would change; `seen` identifies the table and the stored state that it was compared with."""

    seen: str
    days: int
    changes: Sequence[DayChange]
    years: Sequence[YearStatus]


def read_table_file(path: Path) -> Days:
    """The days of a table file. Raises InputError with every fault."""
    try:
        with path.open("rb") as file:
            found = read_table(file.read(MAX_BYTES + 1))
    except OSError as fault:
        raise InputError(f"{path}: {fault.strerror}") from fault
    if isinstance(found, list):
        raise InputError("\n  ".join([f"{path}: nothing was imported", *map(str, found)]))
    return found


async def load_calendar(connection: Connection) -> BureauCalendar:
    """Load the calendar that every deadline uses."""
    return BureauCalendar(await calendar_days(connection))


def preview_of(calendar: BureauCalendar, table: Days) -> Preview:
    """What *table* would change in *calendar*: its own days, and other days of the years that it completes. Pure."""
    after = BureauCalendar({**calendar.days, **{day: works for day, (works, _) in table.items()}})
    years = sorted({day.year for day in table})
    settled = [day for year in years if calendar.year(year).is_provisional for day in days_of(year)]
    changes = [
        DayChange(day, table.get(day, (True, ""))[1], calendar.is_working_day(day), after.is_working_day(day))
        for day in sorted({*table, *settled})
        if calendar.is_working_day(day) is not after.is_working_day(day)
    ]
    state = repr((sorted(calendar.days.items()), sorted(table.items())))
    return Preview(
        hashlib.sha256(state.encode()).hexdigest(), len(table), changes, [after.year(year) for year in years]
    )


async def import_table(
    connection: Connection, table: Days, entry: AuditEntry, seen: str | None = None
) -> Preview | None:
    """Store *table* and its audit entry in the caller's transaction; return what it changed.

    Returns None and stores nothing if *seen* doesn't match the stored state: somebody else imported in the meantime.
    """
    await lock_calendar(connection)
    preview = preview_of(await load_calendar(connection), table)
    if seen is not None and seen != preview.seen:
        return None
    await put_calendar_days(connection, table)
    await add_entry(connection, entry)
    return preview
