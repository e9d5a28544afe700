"""`prove_queue` tells a broker that keeps what comes for an absent server from one that drops it, on both versions."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiomqtt
import pytest
from broker_scene import ACCOUNTS, MQTT_5, Scene, topics_until
from pydantic import SecretStr
from services.mosquitto import mosquitto_of

from broker.access import SERVER_ACCOUNT, acl
from broker.embedded import RunningBroker, embedded_broker
from broker.mosquitto_conf import mosquitto_conf
from telemetry.domain.errors import BrokerUnavailableError, QueueNotKeptError
from telemetry.health.look import find_faults
from telemetry.ingest.queue_proof import prove_queue
from telemetry.ingest.session import SessionSettings
from telemetry.settings import BrokerSettings
from telemetry.settings_tree import Settings
from telemetry.store.pool import Database
from telemetry.workers import prove_broker_queue

PATIENCE_S = 0.5
SESSIONS = "$SYS/broker/clients/total"


@asynccontextmanager
async def broker_with(
    monkeypatch: pytest.MonkeyPatch, directory: Path, change: Callable[[str], str] = str
) -> AsyncIterator[RunningBroker]:
    """An embedded mosquitto whose configuration was changed by somebody."""
    monkeypatch.setattr(
        "broker.mosquitto_process.mosquitto_conf", lambda setup: change(mosquitto_conf(setup)), raising=True
    )
    async with embedded_broker(directory, ACCOUNTS, kind="mosquitto") as broker:
        yield broker


def settings(broker: RunningBroker) -> SessionSettings:
    return SessionSettings(
        broker.host,
        broker.server_port,
        "check",
        "recorder/v1/#",
        username=SERVER_ACCOUNT,
        password=f"secret of {SERVER_ACCOUNT}",
    )


def per_listener(text: str) -> str:
    """The configuration as it was until mosquitto 2.0.21 was tried: rights and passwords of each listener."""
    lines = text.splitlines()
    rights = [line for line in lines if line.split()[0] in {"allow_anonymous", "password_file", "acl_file"}]
    rest = [line for line in lines if line not in rights]
    wanted = ["per_listener_settings true"]
    for line in rest:
        wanted += [line, *rights] if line.startswith("listener ") else [line]
    return "\n".join(wanted) + "\n"


@pytest.mark.usefixtures("each_mosquitto")
async def test_our_own_configuration_keeps_it_and_the_proof_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The last account is the server's: here it may count sessions, too.
    monkeypatch.setattr("broker.access.acl", lambda accounts: f"{acl(accounts)}topic read {SESSIONS}\n")
    async with broker_with(
        monkeypatch, tmp_path, lambda text: text.replace("sys_interval 5", "sys_interval 1")
    ) as broker:
        scene = Scene(broker, MQTT_5)
        async with scene.server() as server:
            await server.subscribe("recorder/v1/#", qos=1)
            await prove_queue(settings(broker), PATIENCE_S)
            async with scene.recorder("A") as recorder:
                await recorder.publish("recorder/v1/A/battery", "fence", qos=1)
            (heard,) = await topics_until(server, "fence")
            assert heard.endswith("/command")
            assert 1 == await _sessions(server)


async def _sessions(server: aiomqtt.Client) -> int:
    """How many sessions the broker has, absent ones too, as of now."""
    await server.subscribe(SESSIONS, qos=0)
    retained = True
    async for message in server.messages:
        # The first is what was counted before.
        if not retained or not message.retain:
            assert isinstance(message.payload, bytes)
            return int(message.payload)
        retained = False
    raise AssertionError


async def test_rights_that_each_listener_has_of_its_own_are_named_where_they_lose_messages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with mosquitto_of("2.0.11"):
        async with broker_with(monkeypatch, tmp_path / "old", per_listener) as broker:
            await prove_queue(settings(broker), PATIENCE_S)
    with mosquitto_of("2.0.21"):
        async with broker_with(monkeypatch, tmp_path / "new", per_listener) as broker:
            with pytest.raises(QueueNotKeptError, match="`per_listener_settings` must be false"):
                await prove_queue(settings(broker), PATIENCE_S)


async def test_missing_rights_and_a_refused_login_are_told_as_what_they_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "broker.access.acl", lambda accounts: f"pattern write recorder/v1/+/command\n# {len(accounts)}\n"
    )
    async with broker_with(monkeypatch, tmp_path) as broker:
        with pytest.raises(QueueNotKeptError, match=r"may write recorder/v1/\+/command"):
            await prove_queue(settings(broker), PATIENCE_S)
        unknown = SessionSettings(broker.host, broker.server_port, "check", "recorder/v1/#", "nobody", "wrong")
        with pytest.raises(BrokerUnavailableError, match="login refused"):
            await prove_queue(unknown, PATIENCE_S)


async def test_a_server_says_in_its_health_that_its_broker_loses_messages_until_it_is_mended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: str
) -> None:
    opened = await Database.open(database)

    async def prove(broker: RunningBroker) -> list[str]:
        there = BrokerSettings(
            host=broker.host, port=broker.server_port, password=SecretStr(f"secret of {SERVER_ACCOUNT}"), tls=False
        )
        with suppress(QueueNotKeptError):
            await prove_broker_queue(Settings(broker=there), opened)
        return [fault.text for fault in await find_faults(opened) if fault.code == "queue"]

    try:
        with mosquitto_of("2.0.21"):
            async with broker_with(monkeypatch, tmp_path / "bad", per_listener) as broker:
                (text,) = await prove(broker)
                assert "`per_listener_settings` must be false" in text
            async with broker_with(monkeypatch, tmp_path / "good") as broker:
                assert [] == await prove(broker)
    finally:
        await opened.close()
