"""The connection to PostgreSQL: one pool, transactions, and our own word for 'the database is away'."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Self, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from telemetry.domain.errors import DatabaseUnavailableError, RowsRefusedError
from telemetry.store.timestamp_codec import decode_moment, moment_encoder

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

_WAIT_S: Final = 20.0
"""Whoever gets no connection for so long is told that the database is away, and does not wait for ever."""
_AWAY = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)
"""What the client says by itself of a connection that can't be had or is gone."""
_BLAMES_ROWS: Final = ("22", "23", "54")
"""SQLSTATE classes that speak of what was sent: values, constraints, and limits of one statement."""


_OUTAGE_CLASSES: Final = frozenset({"08", "25", "28", "3D", "40", "53", "55", "57", "58"})
"""SQLSTATE classes of faults that no row has: the connection, rights, rollbacks, resources, locks, operators, the disk."""


def is_outage(fault: BaseException) -> bool:
    """Whether *fault* is the database's own, or of the way to it, whatever was asked of it."""
    sqlstate = getattr(fault, "sqlstate", None)
    if isinstance(sqlstate, str):
        return sqlstate[:2] in _OUTAGE_CLASSES
    return isinstance(
        fault, OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError | DatabaseUnavailableError
    )


class Database:
    """A pool of connections; every fault but one of the rows comes out as `DatabaseUnavailableError`.

    Whatever else a database answers (a full disk, a lost right, a corrupt page, another schema, a session that a pooler
    ended) is mended there, and what was to be stored waits for that.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @classmethod
    async def open(
        cls, dsn: str, *, min_size: int = 0, max_size: int = 8, timeout_s: float = 30.0, prepare: str | None = None
    ) -> Self:
        """Open a pool on *dsn*; with `min_size` 0 it opens even while the database is away.

        `timeout_s` (seconds) bounds every statement, so that a database that hangs is a database that is away. `prepare` is run on every
        new connection.
        """

        async def init(connection: Connection) -> None:
            await connection.set_type_codec(
                "timestamptz", schema="pg_catalog", format="tuple", encoder=moment_encoder(), decoder=decode_moment
            )
            if prepare is not None:
                await connection.execute(prepare)

        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=min_size,
                max_size=max_size,
                command_timeout=timeout_s,
                timeout=10,
                init=init,
                server_settings={"timezone": "UTC", "application_name": "recorder-fleet"},
            )
        except (*_AWAY, asyncpg.PostgresError) as fault:
            raise DatabaseUnavailableError(f"database: {fault}") from fault
        return cls(pool)

    async def close(self) -> None:
        """Close the pool; connections that still work are given ten seconds."""
        try:
            async with asyncio.timeout(10):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for statements that need no transaction around them."""
        with _translated():
            async with self._pool.acquire(timeout=_WAIT_S) as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction that commits when the block ends and rolls back when it raises."""
        with _translated():
            async with self._pool.acquire(timeout=_WAIT_S) as connection, connection.transaction():
                yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _AWAY as fault:
        if _ends_cancelled(fault):
            raise asyncio.CancelledError from fault
        raise DatabaseUnavailableError(f"database: {type(fault).__name__}: {fault}") from fault
    except asyncpg.PostgresError as fault:
        if _ends_cancelled(fault):
            raise asyncio.CancelledError from fault
        kind = RowsRefusedError if (fault.sqlstate or "").startswith(_BLAMES_ROWS) else DatabaseUnavailableError
        raise kind(f"database: {type(fault).__name__}: {fault}") from fault


def _ends_cancelled(fault: BaseException) -> bool:
    """Whether *fault* came while a cancelled task cleaned up: who was told to end must not begin again for it."""
    context = fault.__context__
    while context is not None:
        if isinstance(context, asyncio.CancelledError):
            return True
        context = context.__context__
    return False
