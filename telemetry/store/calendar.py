"""Store of working days that the bureau imported, for years that the calendar library doesn't know."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from telemetry.store.pool import Connection
from telemetry.store.queries import query

_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_LONGEST_DEADLINE: Final = timedelta(days=60)
"""Upper bound of any deadline in working days, long holidays included."""


async def calendar_days(connection: Connection) -> dict[date, bool]:
    """Return the imported days: True for working days."""
    return {row[0]: row[1] for row in await connection.fetch(query("calendar", "calendar_days"))}


async def named_days(connection: Connection, first: date, last: date) -> list[dict[str, Any]]:
    """Return the imported days from *first* to *last* with their names."""
    return [dict(row) for row in await connection.fetch(query("calendar", "named_days"), first, last)]


async def lock_calendar(connection: Connection) -> None:
    """Exclude other imports until the transaction ends."""
    await connection.execute(query("calendar", "lock_calendar"))


async def put_calendar_days(connection: Connection, days: Mapping[date, tuple[bool, str]]) -> None:
    """Store or replace days (working or not, name), and re-evaluate the deadlines that they may move."""
    if not days:
        return
    dates = sorted(days)
    works, names = [days[day][0] for day in dates], [days[day][1] for day in dates]
    await connection.execute(query("calendar", "put_calendar_days"), dates, works, names)
    # An import also settles the other days of its years, so their deadlines change too.
    first, last = date(dates[0].year, 1, 1), date(dates[-1].year + 1, 1, 1)
    begin, end = (datetime.combine(day, time(), _SHANGHAI) for day in (first, last))
    await connection.execute(query("calendar", "note_deadlines"), begin - _LONGEST_DEADLINE, end)


async def take_untold_years(connection: Connection, years: Sequence[int], now: datetime, since: datetime) -> set[int]:
    """Return those of *years* that nobody has been notified of after *since*, and mark them notified at *now*."""
    return {row[0] for row in await connection.fetch(query("calendar", "take_untold_years"), list(years), now, since)}
