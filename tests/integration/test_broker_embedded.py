"""The embedded broker as a thing that runs: what survives, what is told when it dies, how many it carries."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiomqtt
import pytest
from broker_scene import ACCOUNTS, MQTT_5, MQTT_311, SECONDS, Scene, account, is_admitted, topics_until
from large_sets import same
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from broker.access import SERVER_ACCOUNT, Account
from broker.credentials import new_share_group
from broker.embedded import BrokerKind, RunningBroker, embedded_broker
from broker.mosquitto_conf import Limits
from telemetry.domain.errors import BrokerUnavailableError
from telemetry.domain.messages import MAX_PAYLOAD_BYTES

WEEK_S = 7 * 24 * 3600
BOTH = pytest.mark.usefixtures("each_mosquitto")


def worker(broker: RunningBroker) -> aiomqtt.Client:
    """The server's end of a persistent MQTT 5 session."""
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = WEEK_S
    return aiomqtt.Client(
        broker.host,
        broker.server_port,
        identifier=f"{SERVER_ACCOUNT}-1",
        username=SERVER_ACCOUNT,
        password=f"secret of {SERVER_ACCOUNT}",
        protocol=MQTT_5,
        clean_start=False,
        properties=properties,
        timeout=SECONDS,
    )


@BOTH
@pytest.mark.parametrize("comes_back", ["restarted", "started by another process"])
async def test_what_waits_for_an_absent_session_survives_mosquitto_s_restart(tmp_path: Path, comes_back: str) -> None:
    async with embedded_broker(tmp_path, ACCOUNTS, kind="mosquitto") as broker:
        async with worker(broker) as server:
            await server.subscribe("recorder/v1/#", qos=1)
        async with Scene(broker, MQTT_5).recorder("A") as recorder:
            await recorder.publish("recorder/v1/A/presence", "1", qos=1, retain=True)
        if comes_back == "restarted":
            await broker.restart()
            await _publish_and_expect_all(broker)
    if comes_back != "restarted":
        async with embedded_broker(tmp_path, ACCOUNTS, kind="mosquitto") as again:
            assert (broker.port, broker.server_port) == (again.port, again.server_port)
            await _publish_and_expect_all(again)


async def _publish_and_expect_all(broker: RunningBroker) -> None:
    async with Scene(broker, MQTT_5).recorder("A") as recorder:
        await recorder.publish("recorder/v1/A/heartbeat", "2", qos=1)
        await recorder.publish("recorder/v1/A/battery", "fence", qos=1)
    async with worker(broker) as server:
        assert ["recorder/v1/A/presence", "recorder/v1/A/heartbeat"] == await topics_until(server, "fence")


@BOTH
async def test_far_more_than_a_thousand_messages_wait_for_an_absent_session(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path, ACCOUNTS, kind="mosquitto") as broker:
        async with worker(broker) as server:
            await server.subscribe("recorder/v1/#", qos=1)
        async with Scene(broker, MQTT_5).recorder("A") as recorder:
            for _ in range(3_000):
                await recorder.publish("recorder/v1/A/heartbeat", "x", qos=1)
            await recorder.publish("recorder/v1/A/battery", "fence", qos=1)
        async with worker(broker) as server:
            same(["recorder/v1/A/heartbeat"] * 3_000, await topics_until(server, "fence"))


@pytest.mark.parametrize("kind", ["mosquitto", "amqtt"])
async def test_a_payload_that_is_too_long_reaches_the_server_to_be_rejected(tmp_path: Path, kind: BrokerKind) -> None:
    async with embedded_broker(tmp_path, ACCOUNTS, kind=kind) as broker:
        scene = Scene(broker, MQTT_311)
        async with scene.server() as server, scene.recorder("A") as recorder, asyncio.timeout(SECONDS):
            await server.subscribe("recorder/v1/#", qos=1)
            await recorder.publish("recorder/v1/A/heartbeat", b"x" * (MAX_PAYLOAD_BYTES + 1), qos=1)
            message = await anext(server.messages)
            assert MAX_PAYLOAD_BYTES + 1 == len(message.payload)


@BOTH
async def test_a_recorder_cannot_take_the_workers_messages_by_joining_a_group_it_guesses(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path, ACCOUNTS, kind="mosquitto") as broker:
        scene = Scene(broker, MQTT_5)
        group = new_share_group()
        async with scene.server() as server, scene.recorder("A") as thief, scene.recorder("B") as recorder:
            await server.subscribe(f"$share/{group}/recorder/v1/+/+", qos=1)
            for guess in ("ingest", "server", SERVER_ACCOUNT):
                await thief.subscribe(f"$share/{guess}/recorder/v1/+/+", qos=1)
            for _ in range(20):
                await recorder.publish("recorder/v1/B/heartbeat", "x", qos=1)
            await recorder.publish("recorder/v1/B/battery", "fence", qos=1)
            assert ["recorder/v1/B/heartbeat"] * 20 == await topics_until(server, "fence")


@BOTH
async def test_mosquitto_s_death_is_told_with_its_exit_code(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path, ACCOUNTS, kind="mosquitto") as broker:
        failure = asyncio.create_task(broker.wait_failed())
        await broker.restart()
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        with pytest.raises(BrokerUnavailableError, match=r"mosquitto ended with code -9\n {2}mosquitto: .*"):
            await asyncio.wait_for(failure, SECONDS)
        await broker.restart()
        assert await is_admitted(Scene(broker, MQTT_5).recorder("A"))


@BOTH
async def test_a_port_that_is_taken_is_told_in_mosquitto_s_own_words(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path / "one", ACCOUNTS, kind="mosquitto") as broker:
        with pytest.raises(BrokerUnavailableError, match="Address already in use"):
            async with embedded_broker(tmp_path / "two", ACCOUNTS, kind="mosquitto", port=broker.port):
                pass


_SERVER = """
import asyncio, sys
from pathlib import Path
from broker.embedded import embedded_broker

async def serve():
    async with embedded_broker(Path(sys.argv[1]), [], kind="mosquitto") as broker:
        print("ports", broker.port, broker.server_port, flush=True)
        await asyncio.Future()

asyncio.run(serve())
"""


@BOTH
async def test_a_mosquitto_that_a_killed_server_left_behind_is_ended_and_its_ports_are_taken_over(
    tmp_path: Path,
) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SERVER, str(tmp_path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert server.stdout is not None
    async with asyncio.timeout(SECONDS):
        # What it logs comes on the same way.
        while not (ports := await server.stdout.readline()).startswith(b"ports "):
            assert ports
    with pytest.raises(BrokerUnavailableError, match=f"is in use: process {server.pid} "):
        async with embedded_broker(tmp_path, ACCOUNTS, kind="mosquitto"):
            pass
    server.kill()
    await server.wait()
    async with embedded_broker(tmp_path, ACCOUNTS, kind="mosquitto") as broker:
        assert f"ports {broker.port} {broker.server_port}\n".encode() == ports
        assert await is_admitted(Scene(broker, MQTT_5).recorder("A"))


async def test_amqtt_forgets_everything_at_a_restart_but_its_accounts(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path, ACCOUNTS, kind="amqtt") as broker:
        scene = Scene(broker, MQTT_311)
        async with scene.recorder("A") as recorder:
            await recorder.publish("recorder/v1/A/presence", "online", qos=1, retain=True)
        await broker.restart()
        async with scene.server() as server:
            await server.subscribe("recorder/v1/#", qos=1)
            async with scene.recorder("A") as recorder:
                await recorder.publish("recorder/v1/A/battery", "fence", qos=1)
            assert [] == await topics_until(server, "fence")
        assert not await is_admitted(scene.recorder("A", secret="wrong"))


async def test_amqtt_answers_mqtt_5_with_its_own_refusal(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path, ACCOUNTS, kind="amqtt") as broker:
        assert not broker.speaks_mqtt5
        with pytest.raises(aiomqtt.MqttError, match="Unsupported protocol version"):
            async with Scene(broker, MQTT_5).recorder("A"):
                pass


@pytest.mark.parametrize(
    "nonsense", [b"", b"\x10", b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\xff", b"\x10\x02\x00\x04", b"\x10\x00"]
)
async def test_amqtt_outlives_nonsense(tmp_path: Path, nonsense: bytes) -> None:
    async with embedded_broker(tmp_path, ACCOUNTS, kind="amqtt") as broker:
        reader, writer = await asyncio.open_connection(broker.host, broker.port)
        writer.write(nonsense)
        writer.write_eof()
        assert b"" == await asyncio.wait_for(reader.read(), SECONDS)
        writer.close()
        assert await is_admitted(Scene(broker, MQTT_311).recorder("A"))


@pytest.mark.parametrize("kind", ["mosquitto", "amqtt"])
async def test_twelve_hundred_recorders_are_connected_at_once(tmp_path: Path, kind: BrokerKind) -> None:
    accounts = [*ACCOUNTS, *(account(f"R{number:04}") for number in range(1_200))]
    async with embedded_broker(tmp_path, accounts, kind=kind) as broker:
        async with asyncio.timeout(60):
            writers = await asyncio.gather(*(_connect(broker, recorder) for recorder in accounts[3:]))
        assert await is_admitted(Scene(broker, MQTT_311).recorder("A"))
        for writer in writers:
            writer.close()


async def _connect(broker: RunningBroker, recorder: Account) -> asyncio.StreamWriter:
    reader, writer = await asyncio.open_connection(broker.host, broker.port)
    fields = (recorder.username, recorder.username, f"secret of {recorder.username}")
    body = b"\x00\x04MQTT\x04\xc2\x00\x3c" + b"".join(len(f).to_bytes(2) + f.encode() for f in fields)
    writer.write(bytes([0x10, len(body)]) + body)
    assert b"\x20\x02\x00\x00" == await reader.readexactly(4)
    return writer


@BOTH
async def test_what_is_over_the_queue_s_bound_is_dropped_and_the_broker_says_so(tmp_path: Path) -> None:
    limits = Limits(max_queued_bytes=50_000)
    async with embedded_broker(tmp_path, ACCOUNTS, kind="mosquitto", limits=limits) as broker:
        async with worker(broker) as server:
            await server.subscribe("recorder/v1/#", qos=1)
        async with Scene(broker, MQTT_5).recorder("A") as recorder:
            for _ in range(100):
                await recorder.publish("recorder/v1/A/heartbeat", b"x" * 1_000, qos=1)
        async with worker(broker) as server, asyncio.timeout(30):
            await server.subscribe("$SYS/broker/publish/messages/dropped", qos=0)
            async for message in server.messages:
                if str(message.topic).startswith("$SYS"):
                    assert isinstance(message.payload, bytes)
                    if int(message.payload) > 0:
                        break
