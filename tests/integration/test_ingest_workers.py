"""What the platform knows of its workers: who is silent, who is one too many, and the one name of their group."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import aiomqtt
import pytest_asyncio
from pydantic import SecretStr
from services.mosquitto import Mosquitto

from telemetry.health.faults import PlatformFault
from telemetry.health.look import find_faults
from telemetry.records.platform import WorkerReport
from telemetry.settings import BrokerSettings, DatabaseSettings
from telemetry.settings_tree import Settings
from telemetry.store.platform import forget_worker, report_worker, surplus_workers
from telemetry.store.pool import Database
from telemetry.workers import GONE_AFTER_S, open_ingest, retire_gone, share_group


@pytest_asyncio.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    opened = await Database.open(database)
    yield opened
    await opened.close()


async def report(database: Database, *names: str) -> None:
    for name in names:
        counts = dict.fromkeys(("received", "stored", "duplicates", "rejected", "batches", "reconnects"), 0)
        await report_worker(
            database, WorkerReport(name, connected=True, **counts, lag_s=0.0, memory_mb=0.0, fault=None)
        )


async def faults_of(database: Database) -> list[PlatformFault]:
    return [fault for fault in await find_faults(database) if not fault.is_warning]


async def test_however_many_draw_the_group_s_name_at_once_it_is_one(opened: Database) -> None:
    names = await asyncio.gather(*(share_group(opened) for _ in range(8)))
    assert 1 == len(set(names))
    assert names[0].startswith("ingest-")
    assert names[0] == await share_group(opened)


async def test_workers_beyond_the_number_that_a_machine_runs_are_surplus(opened: Database) -> None:
    await report(opened, "a-1", "a-2", "a-3", "a-10", "a-b-1", "a-x", "b-2", "a")
    assert ["a-10", "a-3"] == await surplus_workers(opened, "a", 2)
    assert [] == await surplus_workers(opened, "c", 1)
    await forget_worker(opened, "a-10")
    assert ["a-3"] == await surplus_workers(opened, "a", 2)


async def test_a_worker_that_fell_silent_is_a_fault_although_another_works(opened: Database) -> None:
    await report(opened, "a-1", "a-2")
    assert [] == await faults_of(opened)
    async with opened.connection() as connection:
        await connection.execute("UPDATE ingest_worker SET updated_at = now() - INTERVAL '3 h' WHERE worker = 'a-2'")
    (fault,) = await faults_of(opened)
    assert ("ingest.a-2", "worker_silent") == (fault.place, fault.code)
    assert "silent for 108" in fault.text


async def test_a_worker_that_has_left_for_good_is_retired_with_what_waits_for_it_and_no_longer_a_fault(
    opened: Database, database: str, mosquitto_broker: Mosquitto
) -> None:
    name = f"gone-{secrets.token_hex(4)}"
    settings = Settings(
        database=DatabaseSettings(url=SecretStr(database)),
        broker=BrokerSettings(host=mosquitto_broker.host, port=mosquitto_broker.port, tls=False),
    )
    await (await open_ingest(settings, opened, f"{name}-1", shared=True)).close()
    async with aiomqtt.Client(mosquitto_broker.host, mosquitto_broker.port) as recorder:
        await recorder.publish(f"recorder/v1/{name}/battery", "no json", qos=1)
    await report(opened, "here-1", f"{name}-1")
    async with opened.connection() as connection:
        for silent, expected in ((GONE_AFTER_S - 60, 0), (GONE_AFTER_S + 60, 1)):
            await connection.execute(
                "UPDATE ingest_worker SET updated_at = now() - make_interval(secs => $2) WHERE worker = $1",
                *(f"{name}-1", silent),
            )
            assert expected == await retire_gone(settings, opened)
            assert 1 - expected == len([fault for fault in await find_faults(opened) if not fault.is_warning])
        assert name == await connection.fetchval("SELECT recorder_id FROM rejection WHERE recorder_id = $1", name)


async def test_a_worker_that_holds_messages_too_long_is_a_fault_that_says_for_how_long(opened: Database) -> None:
    await report(opened, "a-1", "a-2")
    async with opened.connection() as connection:
        await connection.execute("UPDATE ingest_worker SET held_s = 75, fault = 'no space' WHERE worker = 'a-2'")
    (fault,) = await faults_of(opened)
    assert ("ingest.a-2", "not_storing", 75) == (fault.place, fault.code, fault.silent_s)
    assert "nothing stored for 75 s: no space" == fault.text
