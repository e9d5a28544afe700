"""Store of standstills: times when the platform itself failed, so that silence of a recorder proves nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telemetry.records.platform import BROKER
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

CLOCK: Final = "clock"
"""Part name of the server's clock; separate workers have clocks of their own (`part_of_clock`)."""
_ROOM: Final = "standstill"
_MAX_REASON: Final = 300


@dataclass(frozen=True, slots=True)
class PastStandstill:
    """A standstill that is over: from, to, and why."""

    starts_at: datetime
    ends_at: datetime
    reason: str


def part_of_worker(name: str) -> str:
    """Return the part name of the worker *name*."""
    return f"ingest/{name}"


def part_of_clock(name: str) -> str:
    """Return the part name of the clock of the separate worker *name*."""
    return f"{CLOCK}/{name}"


async def put_standstill(database: Database, part: str, starts_at: datetime, reason: str) -> None:
    """Store that *part* has stood still since *starts_at* and still does."""
    async with database.connection() as connection:
        await connection.execute(query(_ROOM, "put_standstill"), part, starts_at, reason[:_MAX_REASON])


async def end_standstills(database: Database, part: str, ends_at: datetime) -> None:
    """End all standstills of *part* at *ends_at*."""
    async with database.connection() as connection:
        await connection.execute(query(_ROOM, "end_standstills"), part, ends_at)


async def note_silent_workers(connection: Connection, least_s: float, reason: str) -> None:
    """Begin a standstill for each worker that has not reported for *least_s* seconds and is missed."""
    await connection.execute(query(_ROOM, "begin_for_silent"), least_s, reason)
    await connection.execute(query(_ROOM, "end_for_forgotten"))


async def list_standstills(database: Database, within_s: float) -> list[dict[str, Any]]:
    """Return standstills of the broker and our clocks that last (`ends_at` None) or ended within *within_s* seconds."""
    async with database.connection() as connection:
        return [dict(row) for row in await connection.fetch(query(_ROOM, "list_standstills"), within_s)]


async def has_clock_apart(database: Database, machine: str) -> bool:
    """Return whether a worker of *machine* (`ingest.name`) stamps arrivals by a clock that is not believed now."""
    async with database.connection() as connection:
        return bool(await connection.fetchval(query(_ROOM, "has_clock_apart"), machine))


async def last_count(database: Database, broker: str) -> tuple[int, datetime] | None:
    """Return *broker*'s last stored drop counter and the time until which it is complete; None if unknown."""
    async with database.connection() as connection:
        row = await connection.fetchrow(query(_ROOM, "last_count"), broker)
    return None if row is None else (row["dropped"], row["held_at"])


async def last_counts(database: Database) -> dict[str, int]:
    """Return the last stored drop counter of each broker."""
    async with database.connection() as connection:
        rows = await connection.fetch(query(_ROOM, "last_counts"))
    return {row["broker"]: row["dropped"] for row in rows}


async def put_count(
    database: Database, broker: str, dropped: int, held_at: datetime, standstills: Iterable[PastStandstill]
) -> None:
    """Store *broker*'s drop counter with the *standstills* derived from it, in one transaction."""
    async with database.transaction() as connection:
        for each in standstills:
            await connection.execute(
                query(_ROOM, "put_past_standstill"), BROKER, each.starts_at, each.ends_at, each.reason[:_MAX_REASON]
            )
        await connection.execute(query(_ROOM, "put_count"), broker, dropped, held_at)


async def database_now(database: Database) -> datetime:
    """Return the database's clock."""
    async with database.connection() as connection:
        moment: datetime = await connection.fetchval(query(_ROOM, "database_now"))
        return moment
