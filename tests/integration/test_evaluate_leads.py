"""Several processes may evaluate; one does, and another takes over within seconds."""

import asyncio
from collections.abc import Callable

from alerts.evaluation.engine import Evaluator
from telemetry.store.pool import Database


async def until(is_so: Callable[[], bool], within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not is_so():  # noqa: ASYNC110 - what it waits for is in the database
            await asyncio.sleep(0.05)


async def test_one_evaluator_leads_and_the_other_takes_over_when_it_ends(plain_database: str) -> None:
    first_db, second_db = await Database.open(plain_database), await Database.open(plain_database)
    first, second = Evaluator(first_db, every_s=0.2), Evaluator(second_db, every_s=0.2)
    leader = asyncio.create_task(first.run())
    await until(lambda: first.is_leading and first.last is not None, 20)
    other = asyncio.create_task(second.run())
    await asyncio.sleep(0.5)
    assert (True, False) == (first.is_leading, second.is_leading)
    leader.cancel()
    await until(lambda: second.is_leading and second.last is not None, 10)
    other.cancel()
    await asyncio.gather(leader, other, return_exceptions=True)
    await first_db.close()
    await second_db.close()


async def test_a_leader_whose_connection_dies_is_followed(plain_database: str) -> None:
    first_db, second_db = await Database.open(plain_database), await Database.open(plain_database)
    first, second = Evaluator(first_db, every_s=0.2), Evaluator(second_db, every_s=0.2)
    leader = asyncio.create_task(first.run())
    await until(lambda: first.is_leading and first.last is not None, 20)
    other = asyncio.create_task(second.run())
    async with second_db.connection() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
            "WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database() AND l.pid <> pg_backend_pid()"
        )
    await until(lambda: first.is_leading != second.is_leading and (first.is_leading or second.is_leading), 10)
    for task in (leader, other):
        task.cancel()
    await asyncio.gather(leader, other, return_exceptions=True)
    await first_db.close()
    await second_db.close()
