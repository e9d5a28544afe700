"""A recorder that publishes to a wrong topic, or too much at once: the broker drops it, and the recorder is named."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import asyncpg
import pytest
import pytest_asyncio
from broker_scene import ACCOUNTS, MQTT_311, SECONDS, Scene
from pydantic import SecretStr

from broker.access import SERVER_ACCOUNT
from broker.embedded import RunningBroker, embedded_broker
from broker.mosquitto_conf import MAX_PACKET_BYTES
from telemetry.cli.checks import check_edges
from telemetry.ingest import unheard_logins
from telemetry.settings import BrokerSettings, DatabaseSettings
from telemetry.settings_tree import Settings
from telemetry.store.platform import list_unheard
from telemetry.store.pool import Database
from telemetry.watching import watch_logins
from telemetry.workers import run_worker

pytestmark = pytest.mark.usefixtures("each_mosquitto")


@pytest_asyncio.fixture
async def broker(tmp_path: Path) -> AsyncIterator[RunningBroker]:
    async with embedded_broker(tmp_path, ACCOUNTS, kind="mosquitto") as running:
        yield running


@pytest.fixture
def settings(broker: RunningBroker, database: str) -> Settings:
    return Settings(
        database=DatabaseSettings(url=SecretStr(database)),
        broker=BrokerSettings(
            host=broker.host,
            port=broker.server_port,
            password=SecretStr(f"secret of {SERVER_ACCOUNT}"),
            tls=False,
        ),
    )


@pytest.mark.parametrize("topic", ["/recorder/v1/A/heartbeat", "recorder/v1/a/heartbeat", "recorder/v1/B/heartbeat"])
async def test_a_recorder_that_publishes_elsewhere_is_named_and_one_that_is_rejected_or_stored_is_not(
    broker: RunningBroker, settings: Settings, database: str, monkeypatch: pytest.MonkeyPatch, topic: str
) -> None:
    monkeypatch.setattr(unheard_logins, "HEARD_WITHIN", timedelta(seconds=1))
    monkeypatch.setattr(unheard_logins, "_LOOKED_S", 0.1)
    scene = Scene(broker, MQTT_311)
    opened = await Database.open(database)
    working = [
        asyncio.create_task(run_worker(settings, "w", shared=False)),
        asyncio.create_task(watch_logins(settings, opened)),
    ]
    try:
        async with asyncio.timeout(3 * SECONDS):
            while not (unheard := await list_unheard(opened, datetime.now(UTC))):
                for name, said in (("A", topic), ("B", "recorder/v1/B/heartbeat")):
                    with suppress(aiomqtt.MqttError):
                        async with scene.recorder(name) as recorder:
                            await recorder.publish(said, "x", qos=1)
                await asyncio.sleep(0.2)
        (edge,) = [edge for edge in await check_edges(settings) if edge.name == "logins"]
        assert ["A"] == [row["recorder_id"] for row in unheard]
        assert edge.fault is not None
        assert edge.fault.startswith("logged in and not heard: A (")
        async with scene.recorder("A") as recorder:
            await recorder.publish("recorder/v1/A/heartbeat", "x", qos=1)
        with suppress(aiomqtt.MqttError):
            async with scene.recorder("A") as recorder:
                await recorder.publish("recorder/v1/A/heartbeat", bytes(MAX_PACKET_BYTES), qos=1, timeout=2)
        rejections = await _rejections(database, "too_large")
        assert [("A", True)] == [(row["recorder_id"], "over the broker's limit" in row["reason"]) for row in rejections]
        async with asyncio.timeout(SECONDS):
            while await list_unheard(opened, datetime.now(UTC)):  # noqa: ASYNC110 - no other process tells us
                await asyncio.sleep(0.05)
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await opened.close()


async def _rejections(database: str, code: str) -> list[asyncpg.Record]:
    """The rejections with *code*, once there is one."""
    connection = await asyncpg.connect(database)
    try:
        async with asyncio.timeout(3 * SECONDS):
            while not (rows := await connection.fetch("SELECT * FROM rejection WHERE code = $1", code)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return rows
    finally:
        await connection.close()
