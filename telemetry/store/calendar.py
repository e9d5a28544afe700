"""Working days that the bureau imported, where the calendar library knows too little."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from telemetry.store.pool import Connection
from telemetry.store.queries import query

_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_LONGEST_DEADLINE: Final = timedelta(days=60)
"""No deadline in working days lasts longer, long holidays included."""


async def calendar_days(connection: Connection) -> dict[date, bool]:
    """The imported days, each worked or not."""
    return {row[0]: row[1] for row in await connection.fetch(query("calendar", "calendar_days"))}


async def named_days(connection: Connection, first: date, last: date) -> list[dict[str, Any]]:
    """The imported days from *first* to *last* with their names."""
    return [dict(row) for row in await connection.fetch(query("calendar", "named_days"), first, last)]


async def lock_calendar(connection: Connection) -> None:
    """Be the one that imports until the transaction ends."""
    await connection.execute(query("calendar", "lock_calendar"))


async def put_calendar_days(connection: Connection, days: Mapping[date, tuple[bool, str]]) -> None:
    """Store days (worked or not, name), over what is there; deadlines that they may shift are looked at again."""
    if not days:
        return
    dates = sorted(days)
    works, names = [days[day][0] for day in dates], [days[day][1] for day in dates]
    await connection.execute(query("calendar", "put_calendar_days"), dates, works, names)
    # A whole table also settles the rest of its years.
    first, last = date(dates[0].year, 1, 1), date(dates[-1].year + 1, 1, 1)
    begin, end = (datetime.combine(day, time(), _SHANGHAI) for day in (first, last))
    await connection.execute(query("calendar", "note_deadlines"), begin - _LONGEST_DEADLINE, end)


async def take_untold_years(connection: Connection, years: Sequence[int], now: datetime, since: datetime) -> set[int]:
    """Those of *years* that nobody was told of after *since*; they count as told at *now*."""
    return {row[0] for row in await connection.fetch(query("calendar", "take_untold_years"), list(years), now, since)}
