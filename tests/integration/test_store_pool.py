"""The pool: a task that was told to end ends, whatever its connection says on the way out."""

import asyncio

import pytest

from telemetry.store.pool import Database


async def test_a_cancelled_task_ends_although_its_connection_died_meanwhile(plain_database: str) -> None:
    database = await Database.open(plain_database)
    held: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def hold() -> None:
        async with database.connection() as connection:
            held.set_result(await connection.fetchval("SELECT pg_backend_pid()"))
            try:
                await asyncio.Event().wait()
            finally:
                await connection.fetchval("SELECT 1")

    holding = asyncio.create_task(hold())
    async with database.connection() as other:
        await other.execute("SELECT pg_terminate_backend($1, 5000)", await held)
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    await database.close()
