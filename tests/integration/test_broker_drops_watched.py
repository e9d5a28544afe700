"""What the broker drops is noted as a standstill of its own, told by `check` and health, whoever's session it was for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from broker_scene import ACCOUNTS, MQTT_5, SECONDS, Scene
from pydantic import SecretStr

from broker.access import SERVER_ACCOUNT
from broker.embedded import RunningBroker, embedded_broker
from broker.mosquitto_conf import Limits, mosquitto_conf
from telemetry.cli.checks import check_edges
from telemetry.health.look import find_faults
from telemetry.ingest.queue_proof import prove_queue
from telemetry.ingest.session import Mqtt5Session, SessionSettings
from telemetry.settings import BrokerSettings, DatabaseSettings
from telemetry.settings_tree import Settings
from telemetry.store.pool import Database
from telemetry.store.standstills import last_counts
from telemetry.watching import watch_drops

pytestmark = pytest.mark.usefixtures("each_mosquitto")
SENT = 100
LIMITS = Limits(max_queued_bytes=50_000)


@asynccontextmanager
async def broker_with(
    monkeypatch: pytest.MonkeyPatch, directory: Path, interval: str
) -> AsyncIterator[tuple[RunningBroker, Scene]]:
    """A mosquitto whose queues hold half of what is sent, and that looks at itself each *interval* seconds."""
    monkeypatch.setattr(
        "broker.mosquitto_process.mosquitto_conf",
        lambda setup: mosquitto_conf(setup).replace("sys_interval 5", f"sys_interval {interval}"),
    )
    async with embedded_broker(directory, ACCOUNTS, kind="mosquitto", limits=LIMITS) as broker:
        yield broker, Scene(broker, MQTT_5)


@pytest_asyncio.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    opened = await Database.open(database)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


def settings_of(broker: RunningBroker, database: str) -> Settings:
    return Settings(
        database=DatabaseSettings(url=SecretStr(database)),
        broker=BrokerSettings(
            host=broker.host, port=broker.server_port, password=SecretStr(f"secret of {SERVER_ACCOUNT}"), tls=False
        ),
    )


def session_of(broker: RunningBroker, name: str) -> SessionSettings:
    secret = f"secret of {SERVER_ACCOUNT}"
    return SessionSettings(broker.host, broker.server_port, name, "recorder/v1/#", SERVER_ACCOUNT, secret)


@asynccontextmanager
async def watched(settings: Settings, opened: Database) -> AsyncIterator[None]:
    watching = asyncio.create_task(watch_drops(settings, opened))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def overfill(broker: RunningBroker, scene: Scene) -> int:
    """Send more than a session holds that is away; how many of it the broker dropped."""
    absent = session_of(broker, "absent")
    await (await Mqtt5Session.open(absent)).close()
    async with scene.recorder("A") as recorder:
        for _ in range(SENT):
            await recorder.publish("recorder/v1/A/heartbeat", b"x" * 1_000, qos=1)
    back = await Mqtt5Session.open(absent)
    kept = 0
    while arrivals := await back.take(SENT, 1.0):
        back.acknowledge(arrivals)
        kept += len(arrivals)
    await back.forget()
    return SENT - kept


async def until(connection: asyncpg.Connection, sql: str, *values: Any) -> Any:
    """The first answer to *sql* that isn't null or false."""
    async with asyncio.timeout(3 * SECONDS):
        while not (answer := await connection.fetchval(sql, *values)):  # noqa: ASYNC110 - a row, which wakes nobody
            await asyncio.sleep(0.1)
    return answer


async def test_a_drop_is_a_standstill_and_a_proof_of_the_queue_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: str, opened: Database, connection: asyncpg.Connection
) -> None:
    async with broker_with(monkeypatch, tmp_path, "1") as (broker, scene):
        settings = settings_of(broker, database)
        async with watched(settings, opened):
            assert await until(connection, "SELECT dropped = 0 FROM broker_count")
            for _ in range(3):
                await prove_queue(session_of(broker, "proof"))
            began = datetime.now(UTC)
            dropped = await overfill(broker, scene)
            assert 0 < dropped < SENT
            # Exactly what didn't come back: what waited in the proofs' sessions isn't counted.
            assert await until(connection, "SELECT dropped = $1 FROM broker_count WHERE dropped > 0", dropped)
        row = await connection.fetchrow(
            "SELECT part, min(starts_at) AS since, max(ends_at) AS until, bool_and(starts_with(reason, 'dropped ')) AS told"
            " FROM standstill GROUP BY part"
        )
        assert ("broker", True) == (row["part"], row["told"])
        assert row["since"] < began < row["until"] <= datetime.now(UTC)
        (fault,) = [fault for fault in await find_faults(opened) if fault.code == "dropped"]
        assert "broker" == fault.place
        assert {f"{broker.host}:{broker.server_port}": dropped} == await last_counts(opened)
        (edge,) = [edge for edge in await check_edges(settings) if edge.name == "standstills"]
        assert f"broker: dropped {dropped} messages between " in (edge.fault or "")
        await connection.execute(
            "UPDATE standstill SET starts_at = now() - INTERVAL '3 h', ends_at = now() - INTERVAL '2 h'"
        )
        assert [] == [fault for fault in await find_faults(opened) if fault.code == "dropped"]
        (edge,) = [edge for edge in await check_edges(settings) if edge.name == "standstills"]
        assert (None, True) == (edge.fault, "held against nobody" in (edge.warning or ""))


async def test_what_is_dropped_while_nobody_watches_is_known_afterwards(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: str, opened: Database, connection: asyncpg.Connection
) -> None:
    async with broker_with(monkeypatch, tmp_path, "1") as (broker, scene):
        settings = settings_of(broker, database)
        async with watched(settings, opened):
            assert await until(connection, "SELECT dropped = 0 FROM broker_count")
        held_at = await connection.fetchval("SELECT held_at FROM broker_count")
        dropped = await overfill(broker, scene)
        async with watched(settings, opened):
            assert await until(connection, "SELECT dropped = $1 FROM broker_count", dropped)
        since, reason = await connection.fetchrow(
            "SELECT min(starts_at), max(reason) FROM standstill WHERE part = 'broker'"
        )
        assert since < held_at
        assert f"dropped {dropped} messages" == reason


async def test_a_broker_that_tells_nothing_of_itself_is_never_said_to_have_dropped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: str, opened: Database, connection: asyncpg.Connection
) -> None:
    async with broker_with(monkeypatch, tmp_path, "0") as (broker, scene):
        async with watched(settings_of(broker, database), opened):
            assert 0 < await overfill(broker, scene)
        assert (0, 0) == tuple(
            await connection.fetchrow("SELECT (SELECT count(*) FROM broker_count), (SELECT count(*) FROM standstill)")
        )
