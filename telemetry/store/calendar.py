"""Working days that the bureau imported, where the calendar library knows too little."""

from collections.abc import Mapping
from datetime import date

from telemetry.store.pool import Connection
from telemetry.store.queries import query


async def calendar_days(connection: Connection) -> dict[date, bool]:
    """The imported days, each worked or not."""
    return {row[0]: row[1] for row in await connection.fetch(query("calendar", "calendar_days"))}


async def put_calendar_days(connection: Connection, days: Mapping[date, tuple[bool, str]]) -> None:
    """Store days (worked or not, name), over what is there."""
    dates = sorted(days)
    works, names = [days[day][0] for day in dates], [days[day][1] for day in dates]
    await connection.execute(query("calendar", "put_calendar_days"), dates, works, names)
