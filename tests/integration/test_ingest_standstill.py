"""Ingest notes its own standstills, and says while it stands still that nothing is stored."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import aiomqtt
import asyncpg
import pytest
import pytest_asyncio
from services.mosquitto import Mosquitto

from telemetry.health.faults import PlatformFault
from telemetry.health.look import find_faults
from telemetry.settings import BrokerSettings, DatabaseSettings, IngestSettings
from telemetry.settings_tree import Settings
from telemetry.store.pool import Database
from telemetry.workers import run_worker

BATTERY = '{"ts": "2026-03-02T09:00:00+08:00", "boot": "b", "seq": 1, "level_pct": 61, "charging": false}'


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with Mosquitto() as mosquitto:
        yield mosquitto


@pytest_asyncio.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def worker(database: str, broker: Mosquitto, connection: asyncpg.Connection) -> AsyncIterator[None]:
    """A worker that last reported an hour ago."""
    await connection.execute(
        "INSERT INTO ingest_worker VALUES ('w', now() - INTERVAL '1 h', true, 0, 0, 0, 0, 0, 0, 0, 0, NULL);"
        "INSERT INTO standstill VALUES ('ingest/w', now() - INTERVAL '5 h', NULL, 'left open')"
    )
    settings = Settings(
        database=DatabaseSettings(url=database),
        broker=BrokerSettings(host=broker.host, port=broker.port, tls=False),
        ingest=IngestSettings(name="w"),
    )
    running = asyncio.create_task(run_worker(settings, "w", shared=False))
    yield
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def until(connection: asyncpg.Connection, sql: str) -> Any:
    """The first answer to *sql* that isn't null or false."""
    async with asyncio.timeout(90):
        while not (answer := await connection.fetchval(sql)):  # noqa: ASYNC110 - a row, which wakes nobody
            await asyncio.sleep(0.2)
    return answer


async def faults_of(database: Database) -> list[PlatformFault]:
    return [fault for fault in await find_faults(database) if not fault.is_warning]


@pytest.mark.usefixtures("worker")
async def test_time_in_which_the_process_did_not_run_is_a_standstill_and_one_left_open_is_ended(
    connection: asyncpg.Connection,
) -> None:
    await until(connection, "SELECT count(*) = 2 AND bool_and(ends_at IS NOT NULL) FROM standstill")
    rows = await connection.fetch(
        "SELECT reason, round(extract(epoch FROM now() - starts_at) / 3600)::int, ends_at > now() - INTERVAL '2 min'"
        " FROM standstill WHERE part = 'ingest/w' ORDER BY starts_at"
    )
    assert [("left open", 5, True), ("the process did not run", 1, True)] == [tuple(row) for row in rows]


@pytest.mark.usefixtures("worker")
async def test_a_write_that_hangs_is_a_fault_and_a_standstill_until_it_is_through(
    database: str, broker: Mosquitto, connection: asyncpg.Connection
) -> None:
    await until(connection, "SELECT count(*) = 2 AND bool_and(ends_at IS NOT NULL) FROM standstill")
    opened = await Database.open(database)
    # Its first report may be of the time before it had reached the broker.
    await until(connection, "SELECT bool_and(connected) FROM ingest_worker")
    blocker = await asyncpg.connect(database)
    try:
        lock = blocker.transaction()
        await lock.start()
        await blocker.execute("LOCK TABLE battery IN ACCESS EXCLUSIVE MODE")
        async with aiomqtt.Client(broker.host, broker.port) as publisher:
            await publisher.publish("recorder/v1/R1/battery", BATTERY, qos=1)
        faults: list[PlatformFault] = []
        async with asyncio.timeout(90):
            while not faults:
                faults = await faults_of(opened)
                await asyncio.sleep(0.2)
        assert [("ingest.w", "not_storing")] == [(fault.place, fault.code) for fault in faults]
        reason = await until(connection, "SELECT reason FROM standstill WHERE ends_at IS NULL")
        assert reason.startswith("nothing stored for ")
        await lock.rollback()
        await until(connection, "SELECT count(*) = 1 FROM battery")
        await until(connection, "SELECT bool_and(ends_at IS NOT NULL) FROM standstill")
        async with asyncio.timeout(30):
            while await faults_of(opened):  # noqa: ASYNC110 - a row, which wakes nobody
                await asyncio.sleep(0.2)
    finally:
        await blocker.close()
        await opened.close()
