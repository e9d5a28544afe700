"""Circulars at the database's edge: closed months, and what an open one is counted from."""

from datetime import date, datetime
from typing import Any, Final

import msgspec

from telemetry.records.circulars import CircularRow, CountRow
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "circulars"


async def lock_circulars(connection: Connection) -> None:
    """Let nobody else close a month until this transaction ends."""
    await connection.execute(query(_ROOM, "lock"))


async def closed_circulars(connection: Connection) -> list[CircularRow]:
    """Every closed month, first to last."""
    rows = await connection.fetch(query(_ROOM, "closed"))
    return [CircularRow(**{**dict(row), "figures": msgspec.json.decode(row["figures"])}) for row in rows]


async def add_circular(connection: Connection, row: CircularRow) -> None:
    """Store a month as it is closed."""
    figures = msgspec.json.encode(row.figures).decode()
    await connection.execute(query(_ROOM, "add"), row.period, row.closed_at, row.closed_by, figures)


async def keep_count(connection: Connection, row: CountRow) -> None:
    """Keep a count in place of an older one of the same month."""
    tallies = msgspec.json.encode(row.tallies).decode()
    await connection.execute(query(_ROOM, "keep_count"), row.period, row.counted_at, row.took_s, tallies)


async def kept_count(connection: Connection, period: str) -> CountRow | None:
    """The last count of a month; None before the first."""
    row = await connection.fetchrow(query(_ROOM, "kept_count"), period)
    return None if row is None else CountRow(**{**dict(row), "tallies": msgspec.json.decode(row["tallies"])})


async def decisions_before(connection: Connection, moment: datetime) -> list[tuple[str, str, str | None, date, bool]]:
    """Incidents upheld before a moment: id, rule, unit, day of the first upholding, whether it stood then."""
    return [tuple(row) for row in await connection.fetch(query(_ROOM, "decisions"), moment)]


async def units_at(connection: Connection, moment: datetime) -> list[tuple[str, str, str | None, str]]:
    """The units: id, name, parent, kind."""
    return [tuple(row) for row in await connection.fetch(query(_ROOM, "units"), moment)]


async def activities_ended(
    connection: Connection, since: datetime, until: datetime, moment: datetime
) -> list[tuple[Any, ...]]:
    """Activities that ended in a stretch as known at *moment*, the unit of whom each is entered for as the last column."""
    return [tuple(row) for row in await connection.fetch(query(_ROOM, "activities"), since, until, moment)]


async def imports_due(
    connection: Connection, since: datetime, until: datetime, moment: datetime
) -> list[tuple[str, int, int]]:
    """By unit: recordings whose 24 hours ended in a stretch, and how many were imported in time."""
    return [tuple(row) for row in await connection.fetch(query(_ROOM, "imports"), since, until, moment)]
