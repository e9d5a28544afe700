"""Our own standstills: times in which a recorder that isn't heard says nothing about anybody, and what tells of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telemetry.store.pool import Database
from telemetry.store.queries import query

BROKER: Final = "broker"
"""The broker as a part of the platform: it stood still while it dropped messages."""
CLOCK: Final = "clock"
"""The server's own clock as a part of the platform; a worker that runs apart has its own, `part_of_clock`."""
_ROOM: Final = "standstill"
_MAX_REASON: Final = 300


@dataclass(frozen=True, slots=True)
class PastStandstill:
    """From when to when something of ours stood still, and why."""

    starts_at: datetime
    ends_at: datetime
    reason: str


def part_of_worker(name: str) -> str:
    """The worker *name* as a part of the platform that can stand still."""
    return f"ingest/{name}"


def part_of_clock(name: str) -> str:
    """The clock of the worker *name*, which runs apart from the server."""
    return f"{CLOCK}/{name}"


async def put_standstill(database: Database, part: str, starts_at: datetime, reason: str) -> None:
    """Write down that *part* has stood still since *starts_at*, and still does."""
    async with database.connection() as connection:
        await connection.execute(query(_ROOM, "put_standstill"), part, starts_at, reason[:_MAX_REASON])


async def end_standstills(database: Database, part: str, ends_at: datetime) -> None:
    """Write down that *part* works at *ends_at*, whatever it stood still before."""
    async with database.connection() as connection:
        await connection.execute(query(_ROOM, "end_standstills"), part, ends_at)


async def list_standstills(database: Database, within_s: float) -> list[dict[str, Any]]:
    """The standstills of the broker and of our clocks that last (`ends_at` None), or ended within *within_s* seconds."""
    async with database.connection() as connection:
        return [dict(row) for row in await connection.fetch(query(_ROOM, "list_standstills"), within_s)]


async def last_count(database: Database, broker: str) -> tuple[int, datetime] | None:
    """How many messages *broker* was last known to have dropped, and when these were certainly all."""
    async with database.connection() as connection:
        row = await connection.fetchrow(query(_ROOM, "last_count"), broker)
    return None if row is None else (row["dropped"], row["held_at"])


async def put_count(
    database: Database, broker: str, dropped: int, held_at: datetime, standstills: Iterable[PastStandstill]
) -> None:
    """Write down what *broker* counts, together with the *standstills* that its count tells of."""
    async with database.transaction() as connection:
        for each in standstills:
            await connection.execute(
                query(_ROOM, "put_past_standstill"), BROKER, each.starts_at, each.ends_at, each.reason[:_MAX_REASON]
            )
        await connection.execute(query(_ROOM, "put_count"), broker, dropped, held_at)


async def database_now(database: Database) -> datetime:
    """The database's clock."""
    async with database.connection() as connection:
        moment: datetime = await connection.fetchval(query(_ROOM, "database_now"))
        return moment
