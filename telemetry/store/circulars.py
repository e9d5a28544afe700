"""Store of circulars: closed months, and the counts for open ones."""

from datetime import date, datetime
from typing import Any, Final

import msgspec

from telemetry.records.circulars import CircularRow, CountRow
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "circulars"


async def lock_circulars(connection: Connection) -> None:
    """Exclude other closings until the transaction ends."""
    await connection.execute(query(_ROOM, "lock"))


async def closed_circulars(connection: Connection) -> list[CircularRow]:
    """Return every closed month in order."""
    rows = await connection.fetch(query(_ROOM, "closed"))
    return [CircularRow(**{**dict(row), "figures": msgspec.json.decode(row["figures"])}) for row in rows]


async def add_circular(connection: Connection, row: CircularRow) -> None:
    """Store a month when it is closed."""
    figures = msgspec.json.encode(row.figures).decode()
    await connection.execute(query(_ROOM, "add"), row.period, row.closed_at, row.closed_by, figures)


async def keep_count(connection: Connection, row: CountRow) -> None:
    """Store a month's count, replacing an older one."""
    tallies = msgspec.json.encode(row.tallies).decode()
    await connection.execute(query(_ROOM, "keep_count"), row.period, row.counted_at, row.took_s, tallies)


async def kept_count(connection: Connection, period: str) -> CountRow | None:
    """Return the latest count of a month; None if there is none."""
    row = await connection.fetchrow(query(_ROOM, "kept_count"), period)
    return None if row is None else CountRow(**{**dict(row), "tallies": msgspec.json.decode(row["tallies"])})


async def decisions_before(connection: Connection, moment: datetime) -> list[tuple[str, str, str | None, date, bool]]:
    """Return incidents upheld before *moment*: id, rule, unit, day first upheld, whether upheld at *moment*."""
    return [tuple(row) for row in await connection.fetch(query(_ROOM, "decisions"), moment)]


async def units_at(connection: Connection, moment: datetime) -> list[tuple[str, str, str | None, str]]:
    """Return the units known at *moment*: id, name, parent, kind."""
    return [tuple(row) for row in await connection.fetch(query(_ROOM, "units"), moment)]


async def activities_ended(connection: Connection, since: datetime, until: datetime, moment: datetime) -> list[Any]:
    """Return activities that ended from *since* to *until*, as known at *moment*.

    `unit_id` is the unit for which the activity counts.
    """
    return await connection.fetch(query(_ROOM, "activities"), since, until, moment)


async def imports_due(
    connection: Connection, since: datetime, until: datetime, moment: datetime
) -> list[tuple[str, int, int]]:
    """Return per unit: recordings whose 24 hours ended from *since* to *until*, and how many were imported in time."""
    return [tuple(row) for row in await connection.fetch(query(_ROOM, "imports"), since, until, moment)]
