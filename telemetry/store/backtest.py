"""A database for a back-test: made, migrated, filled, thrown away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from telemetry.domain.errors import InputError
from telemetry.store.embedded import embedded_postgres
from telemetry.store.migrate import migrate
from telemetry.store.pool import Database
from telemetry.store.queries import query

_TIMEOUT_S = 600.0


@asynccontextmanager
async def throw_away_database(
    *, directory: Path | None = None, dsn: str | None = None
) -> AsyncIterator[tuple[Database, str]]:
    """A migrated, empty database and its DSN: in *directory* out of the wheel, or the one that *dsn* names.

    Raises InputError where that one holds readings or facts already; DatabaseUnavailableError without the wheel.
    """
    if dsn is None:
        assert directory is not None
        async with embedded_postgres(directory, throw_away=True) as uri:
            await _prepare(uri)
            async with filling(uri) as database:
                yield database, uri
        return
    await _prepare(dsn)
    async with filling(dsn) as database:
        yield database, dsn


async def _prepare(dsn: str) -> None:
    database = await Database.open(dsn, timeout_s=_TIMEOUT_S)
    try:
        async with database.connection() as connection:
            await migrate(connection)
            if await connection.fetchval(query("evaluation", "is_in_use")):
                raise InputError("the database holds readings or facts already: a back-test needs an empty one")
    finally:
        await database.close()


@asynccontextmanager
async def filling(dsn: str) -> AsyncIterator[Database]:
    """A prepared throw-away database as those see it who write into it."""
    database = await Database.open(dsn, timeout_s=_TIMEOUT_S, prepare=query("intake", "make_stages"))
    try:
        yield database
    finally:
        await database.close()


async def analyze(database: Database) -> None:
    """Let the planner see how the tables have grown."""
    async with database.connection() as connection:
        await connection.execute("ANALYZE")
