"""Store of health: parts of servers, faults that were told of, and what a look asks beside."""

from collections.abc import Collection, Sequence
from datetime import datetime

from telemetry.domain.heartbeats import Beat
from telemetry.records.platform import Archive, PartState
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

_ROOM = "health"
_MAX_FAULT = 300
Told = tuple[str, str]
"""A fault by its place and code."""


async def put_beats(database: Database, server: str, beats: Sequence[Beat]) -> None:
    """Store the parts of *server* as they are now."""
    columns = (
        [beat.part for beat in beats],
        [beat.silent_s for beat in beats],
        [beat.due_in_s for beat in beats],
        [beat.fault and beat.fault[:_MAX_FAULT] for beat in beats],
    )
    async with database.connection() as connection:
        await connection.execute(query(_ROOM, "put_beats"), server, *columns)


async def forget_beats(database: Database, server: str) -> None:
    """Delete the parts of a server that stops in order."""
    async with database.connection() as connection:
        await connection.execute(query(_ROOM, "forget_beats"), server)


async def list_beats(connection: Connection, server: str) -> list[PartState]:
    """Return the parts of all servers but *server*, as they stand now."""
    return [PartState(**row) for row in await connection.fetch(query(_ROOM, "list_beats"), server)]


async def unsent_s(connection: Connection, now: datetime) -> float | None:
    """Return how long (s) the oldest due notice has waited for a sender; None if none waits."""
    waited_s: float | None = await connection.fetchval(query(_ROOM, "unsent_s"), now)
    return waited_s


async def data_directory(connection: Connection) -> str | None:
    """Return where the database keeps its files, on its own machine; None if this login may not know."""
    folder: str | None = await connection.fetchval(query(_ROOM, "data_directory"))
    return folder


async def read_archive(connection: Connection) -> Archive:
    """Return the state of the archive of the database's log."""
    row = await connection.fetchrow(query(_ROOM, "archive"))
    return Archive(is_on=False, age_s=None, failed_s=None) if row is None else Archive(**row)


async def see_faults(connection: Connection, faults: Collection[Told]) -> set[Told]:
    """Note that *faults* stand; return those that nobody has told of yet, which the caller does."""
    columns = [place for place, _ in faults], [code for _, code in faults]
    rows = await connection.fetch(query(_ROOM, "see_faults"), *columns)
    return {(row["place"], row["code"]) for row in rows if row["is_new"]}


async def take_past_faults(connection: Connection, over_s: float) -> set[Told]:
    """Return and forget the faults that were told of and that no server has seen for *over_s* seconds."""
    return {(row["place"], row["code"]) for row in await connection.fetch(query(_ROOM, "take_past_faults"), over_s)}
