"""One recorder that floods: counted beyond its limit, kept as a rejection, and nobody else waits for it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from services.mosquitto import Mosquitto

from device_sim.transport.load_generator import LoadSettings, run_load
from device_sim.transport.mqtt5_client import BrokerAddress
from telemetry.domain.messages import READING_KINDS
from telemetry.ingest.flood import FloodGate
from telemetry.ingest.session import Mqtt5Session, SessionSettings
from telemetry.ingest.worker import Progress, Worker, WorkerSettings
from telemetry.ingest.writer import Writer
from telemetry.store.pool import Database
from telemetry.store.queries import query

pytestmark = pytest.mark.slow

BURST = 500
RATE_PER_S = 20.0
FLOOD = 10_000


@pytest_asyncio.fixture
async def progress(database: str) -> AsyncIterator[tuple[Progress, BrokerAddress]]:
    """A worker that runs, on a broker of its own, with limits that a test can exceed."""
    opened = await Database.open(database, prepare=query("intake", "make_stages"))
    with Mosquitto() as broker:
        settings = SessionSettings(broker.host, broker.port, "worker-1", "$share/group/recorder/v1/#")
        progress = Progress()
        gate = FloodGate(BURST, RATE_PER_S)
        worker = Worker(lambda: Mqtt5Session.open(settings), Writer(opened), WorkerSettings(), progress, gate)
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(30):
            while not progress.connected:  # noqa: ASYNC110 - a counter of metrics, which wakes nobody
                await asyncio.sleep(0.01)
        yield progress, BrokerAddress(broker.host, broker.port)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await opened.close()


async def taken_in(progress: Progress, messages: int) -> None:
    async with asyncio.timeout(60):
        while progress.outcome.stored + progress.outcome.rejected < messages:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_who_floods_is_counted_beyond_his_limit_and_everybody_else_is_stored(
    progress: tuple[Progress, BrokerAddress], database: str
) -> None:
    seen, address = progress
    loop = asyncio.get_running_loop()
    began = loop.time()
    flood, others = await asyncio.gather(
        run_load(LoadSettings(1, FLOOD, burst=100, window=1000, prefix="F"), address),
        run_load(LoadSettings(20, 400, rate=400, prefix="N"), address),
    )
    await taken_in(seen, flood.acknowledged + others.acknowledged)
    most = BURST + RATE_PER_S * (loop.time() - began)
    connection = await asyncpg.connect(database)
    try:
        stored: Counter[str] = Counter()
        for kind in READING_KINDS:
            rows = await connection.fetch(f"SELECT recorder_id, count(*) AS count FROM {kind} GROUP BY recorder_id")
            stored.update({row["recorder_id"]: row["count"] for row in rows})
        kept = await connection.fetch("SELECT recorder_id, topic, code, reason, payload, count FROM rejection")
        missing = await connection.fetchval("SELECT coalesce(sum(missing), 0) FROM seq_gap")
    finally:
        await connection.close()
    assert 21 == len(stored)
    assert others.acknowledged == stored.total() - stored["F1"]
    assert BURST <= stored["F1"] <= most
    (row,) = kept
    assert ("F1", "flood", flood.acknowledged - stored["F1"]) == (row["recorder_id"], row["code"], row["count"])
    assert row["topic"].startswith("recorder/v1/F1/")
    assert b'"seq"' in row["payload"]
    assert f"20 messages (KiB, if that is more) a second after {BURST}" in row["reason"]
    assert {"flood": row["count"]} == dict(seen.rejections)
    # What was refused at the end may be no hole yet: nothing came after it.
    assert missing <= row["count"]
