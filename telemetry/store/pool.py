"""The PostgreSQL connection pool, transactions, and the translation of asyncpg's errors."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Self, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from telemetry.domain.errors import DatabaseUnavailableError, RowsRefusedError
from telemetry.store.timestamp_codec import decode_moment, moment_encoder

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

_WAIT_S: Final = 20.0
"""Seconds to wait for a connection before the database counts as unavailable."""
_AWAY = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)
"""asyncpg's and the OS's errors for a connection that can't be opened or is lost."""
_BLAMES_ROWS: Final = ("22", "23", "54")
"""SQLSTATE classes caused by the data sent: values, constraints, limits of one statement."""


_OUTAGE_CLASSES: Final = frozenset({"08", "25", "28", "3D", "40", "53", "55", "57", "58"})
"""SQLSTATE classes that no row causes: connection, rights, rollbacks, resources, locks, operator, disk."""


def is_outage(fault: BaseException) -> bool:
    """Return whether *fault* comes from the database or the network, not from the statement."""
    sqlstate = getattr(fault, "sqlstate", None)
    if isinstance(sqlstate, str):
        return sqlstate[:2] in _OUTAGE_CLASSES
    return isinstance(
        fault, OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError | DatabaseUnavailableError
    )


class Database:
    """A connection pool. Every error that the rows don't cause becomes `DatabaseUnavailableError`.

    Other errors (full disk, missing right, corrupt page, wrong schema, session ended by a pooler) are fixed at the
    database, and the data waits until then.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @classmethod
    async def open(
        cls,
        dsn: str,
        *,
        min_size: int = 0,
        max_size: int = 8,
        timeout_s: float = 30.0,
        prepare: str | None = None,
        password: Callable[[], str] | None = None,
    ) -> Self:
        """Open a pool on *dsn*; with `min_size` 0 also while the database is unavailable.

        `timeout_s` (seconds) limits every statement, so that a hanging database counts as unavailable. `prepare` is SQL
        that runs on every new connection. `password` is asked before each, in place of the one in *dsn*.
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
                password=password,
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
        """Close the pool; busy connections get ten seconds to finish."""
        try:
            async with asyncio.timeout(10):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for statements without a transaction."""
        with _translated():
            async with self._pool.acquire(timeout=_WAIT_S) as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection in a transaction: commits at the end of the block, rolls back if the block raises."""
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
    """Return whether *fault* occurred while a cancelled task cleaned up; the task must end then, not retry."""
    context = fault.__context__
    while context is not None:
        if isinstance(context, asyncio.CancelledError):
            return True
        context = context.__context__
    return False
