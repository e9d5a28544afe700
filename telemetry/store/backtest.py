"""Temporary databases for back-tests."""

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
    """Yield a migrated, empty database and its DSN: embedded in *directory*, or the one at *dsn*.

    Raises InputError if that one already holds readings or facts, and DatabaseUnavailableError if the PostgreSQL wheel
    isn't installed.
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
    """Yield a pool for writing into a prepared temporary database; its connections have ingest's staging tables."""
    database = await Database.open(dsn, timeout_s=_TIMEOUT_S, prepare=query("intake", "make_stages"))
    try:
        yield database
    finally:
        await database.close()


async def analyze(database: Database) -> None:
    """Refresh the planner's statistics after the load."""
    async with database.connection() as connection:
        await connection.execute("ANALYZE")
