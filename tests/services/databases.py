"""Test set-up: databases on a running server; a template is migrated once and cloned for each test."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from telemetry.store.migrate import migrate


@contextmanager
def empty_database(server_dsn: str) -> Iterator[str]:
    """The DSN of a new empty database, dropped at the end even if clients are connected."""
    with _database(server_dsn, "") as dsn:
        yield dsn


@contextmanager
def migrated_template(server_dsn: str) -> Iterator[str]:
    """The name of a new migrated database that refuses connections, so that it can be cloned."""
    with _database(server_dsn, "") as dsn:
        name = urlsplit(dsn).path[1:]
        asyncio.run(_migrate(dsn))
        # TimescaleDB's own workers connect to every database with the extension that lets them.
        asyncio.run(
            _execute(
                server_dsn,
                f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
                f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'",
            )
        )
        yield name


@contextmanager
def cloned_database(server_dsn: str, template: str) -> Iterator[str]:
    """The DSN of a new clone of *template*, dropped at the end even if clients are connected."""
    with _database(server_dsn, f"TEMPLATE {template}") as dsn:
        yield dsn


@contextmanager
def _database(server_dsn: str, options: str) -> Iterator[str]:
    name = f"recorder_fleet_test_{secrets.token_hex(6)}"
    asyncio.run(_execute(server_dsn, f"CREATE DATABASE {name} {options}"))
    try:
        yield urlunsplit(urlsplit(server_dsn)._replace(path=f"/{name}"))
    finally:
        asyncio.run(_execute(server_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


async def _migrate(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await migrate(connection)
    finally:
        await connection.close()


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
