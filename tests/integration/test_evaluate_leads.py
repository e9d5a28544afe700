"""Several processes may evaluate; one does, and another takes over within seconds, whether it ends or hangs."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.evaluation import engine
from alerts.evaluation.engine import Evaluator, tick
from telemetry.domain.errors import DatabaseUnavailableError, LeaseLostError
from telemetry.store.evaluation import lock_tick, read_clock
from telemetry.store.leases import give_up_lease, hold_lease, take_lease
from telemetry.store.pool import Database

FIRST = Path(__file__).parents[1] / "standins" / "evaluator_process.py"
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TAKES_OVER_S = 30.0
"""Ten on a machine that does nothing else."""


async def until(is_so: Callable[[], bool], within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not is_so():  # noqa: ASYNC110 - what it waits for is in the database
            await asyncio.sleep(0.05)


@asynccontextmanager
async def evaluating(dsn: str, name: str) -> AsyncIterator[Evaluator]:
    database = await Database.open(dsn)
    evaluator = Evaluator(database, name=name, every_s=0.2)
    running = asyncio.create_task(evaluator.run())
    try:
        yield evaluator
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()


async def test_one_evaluator_leads_and_the_other_takes_over_when_it_ends(plain_database: str) -> None:
    async with evaluating(plain_database, "first") as first:
        await until(lambda: first.is_leading and first.last is not None, 20)
        async with evaluating(plain_database, "second") as second:
            await asyncio.sleep(1.5)  # longer than it waits between two attempts
            assert (True, False) == (first.is_leading, second.is_leading)
    async with evaluating(plain_database, "third") as third:
        await until(lambda: third.is_leading and third.last is not None, TAKES_OVER_S)


async def test_a_leader_that_is_stopped_is_followed_and_leads_no_more_when_it_goes_on(plain_database: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(FIRST), plain_database, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            assert b"leads\n" == await process.stdout.readline()
        async with evaluating(plain_database, "second") as second:
            os.kill(process.pid, signal.SIGSTOP)
            await until(lambda: second.is_leading and second.last is not None, TAKES_OVER_S)
            os.kill(process.pid, signal.SIGCONT)
            async with asyncio.timeout(20):
                # The log is written there as well.
                while b"leads no more\n" != await process.stdout.readline():
                    pass
            assert second.is_leading
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.parametrize("prepares", [False, True], ids=["between statements", "with a statement prepared"])
async def test_a_leader_that_hangs_within_a_tick_is_followed_and_its_tick_is_undone(
    plain_database: str, *, prepares: bool
) -> None:
    database = await Database.open(plain_database)
    lease = await take_lease(database, "evaluation", "hung")
    assert lease is not None

    async def hang() -> None:
        async with database.transaction() as connection:
            await hold_lease(connection, lease)
            await lock_tick(connection)
            await connection.execute("UPDATE evaluation_clock SET first_reading_at = '1999-01-01'")
            if prepares:
                await connection.prepare("SELECT 1 + $1::int")
            async with evaluating(plain_database, "second") as second:
                await until(lambda: second.is_leading and second.last is not None, TAKES_OVER_S)

    with pytest.raises(DatabaseUnavailableError):
        await hang()
    async with database.connection() as connection:
        clock = await read_clock(connection)
    assert clock.first_reading_at is None
    await database.close()


async def test_what_a_leader_writes_after_its_lease_is_refused(plain_database: str) -> None:
    database = await Database.open(plain_database)
    old = await take_lease(database, "evaluation", "old")
    assert old is not None
    assert None is await take_lease(database, "evaluation", "new")
    await tick(database, NOW, lease=old)
    await give_up_lease(database, old)
    new = await take_lease(database, "evaluation", "new")
    assert new is not None
    assert new.token > old.token
    with pytest.raises(LeaseLostError):
        await tick(database, NOW.replace(hour=5), lease=old)
    async with database.connection() as connection:
        assert NOW == (await read_clock(connection)).ticked_at
    await database.close()


async def test_a_tick_that_computes_for_long_is_given_longer_the_next_time(
    plain_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = engine.judge

    async def slow(*given: Any) -> Any:
        time.sleep(1.0)  # noqa: ASYNC251 - it computes, and says nothing to the database meanwhile
        return await real(*given)

    monkeypatch.setattr(engine, "judge", slow)
    monkeypatch.setattr(engine, "PATIENCE_S", 0.4)
    async with evaluating(plain_database, "only") as only:
        await until(lambda: only.last is not None, 20)
