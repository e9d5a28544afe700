"""The load generator against a real broker: what it says was acknowledged was published, across disconnects too."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from broker_scene import account
from large_sets import same
from services.mosquitto import Mosquitto
from sim_scene import listen_to, names_of

from broker.embedded import embedded_broker
from device_sim.transport.acknowledged_log import AcknowledgedLog, read_acknowledged_log
from device_sim.transport.load_generator import LoadSettings, LoginRefusedError, run_load
from device_sim.transport.mqtt5_client import BrokerAddress, ConnectOptions, MqttClient, Will, open_mqtt5
from device_sim.transport.mqtt311_client import open_mqtt311
from device_sim.transport.publisher import OpenClient


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    """A broker that the test may stop and start again."""
    with Mosquitto() as mosquitto:
        yield mosquitto


@pytest.fixture
def address(broker: Mosquitto) -> BrokerAddress:
    return BrokerAddress(broker.host, broker.port)


async def test_every_message_of_a_load_run_is_valid_and_acknowledged(address: BrokerAddress, tmp_path: Path) -> None:
    listener = await listen_to(address)
    with AcknowledgedLog(tmp_path / "acknowledged") as ack_log:
        result = await asyncio.wait_for(run_load(LoadSettings(20, 4000, burst=5), address, ack_log=ack_log), 30)
    acknowledged = {(r, b, s) for r, b, s, _ in read_acknowledged_log(tmp_path / "acknowledged")}
    assert 4000 == result.published
    assert 4020 == result.acknowledged == len(acknowledged)
    await listener.wait_until(lambda heard: len(heard) >= 4020)
    same(acknowledged, set(names_of(listener.heard)))


async def test_a_load_run_survives_a_broker_that_is_killed_and_comes_back(
    broker: Mosquitto, address: BrokerAddress, tmp_path: Path
) -> None:
    settings = LoadSettings(20, 6000, rate=3000, burst=2)
    with AcknowledgedLog(tmp_path / "acknowledged") as ack_log:
        load = asyncio.ensure_future(run_load(settings, address, ack_log=ack_log))
        await asyncio.sleep(0.7)
        broker.stop()
        await asyncio.sleep(0.3)
        broker.start()
        result = await asyncio.wait_for(load, 40)
    acknowledged = [(r, b, s) for r, b, s, _ in read_acknowledged_log(tmp_path / "acknowledged")]
    assert 6000 == result.published
    assert 40 == result.births
    assert 6040 == len(acknowledged) == len(set(acknowledged))


@pytest.mark.parametrize("open_client", [open_mqtt5, open_mqtt311])
@pytest.mark.parametrize("secrets", [None, {"B1": "secret of B1", "B2": "wrong"}], ids=["none", "one wrong"])
async def test_a_load_run_with_wrong_secrets_says_so_and_ends(
    tmp_path: Path, open_client: OpenClient, secrets: dict[str, str] | None
) -> None:
    async with embedded_broker(tmp_path, [account("B1"), account("B2")], kind="mosquitto") as running:
        settings = LoadSettings(2, 100, secrets=secrets)
        with pytest.raises(LoginRefusedError, match=f"{0 if secrets is None else 1} of 2 recorders are connected"):
            await asyncio.wait_for(
                run_load(settings, BrokerAddress(running.host, running.port), open_client=open_client), 20
            )


class _Owner:
    """Hears what becomes of one client."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def client_connected(self, client: MqttClient, *, session_present: bool, receive_max: int) -> None:  # noqa: ARG002 - the protocol's shape
        self.opened.set()

    def client_acknowledged(self, client: MqttClient, packet_id: int, *, accepted: bool) -> None: ...

    def client_received(self, client: MqttClient, topic: str, payload: bytes) -> None: ...

    def client_disconnected(self, client: MqttClient, reason: str) -> None:  # noqa: ARG002 - the protocol's shape
        self.closed.set_result(reason)


async def test_an_aborted_client_leaves_its_will_and_a_closed_one_does_not(address: BrokerAddress) -> None:
    listener = await listen_to(address)
    for recorder_id in ("R1", "R2"):
        topic = f"recorder/v1/{recorder_id}/presence"
        owner = _Owner()
        client = await open_mqtt5(
            address, ConnectOptions(recorder_id, None, clean_start=True, will=Will(topic, b"gone")), owner
        )
        await asyncio.wait_for(owner.opened.wait(), 5)
        client.close() if recorder_id == "R1" else client.abort()
        await asyncio.wait_for(owner.closed, 5)
    await listener.wait_until(bool)
    assert [("recorder/v1/R2/presence", b"gone")] == [(topic, payload) for topic, payload in listener.heard]


async def test_a_second_client_of_the_same_recorder_ends_a_silent_one_with_its_will(address: BrokerAddress) -> None:
    listener = await listen_to(address)
    topic = "recorder/v1/R1/presence"
    first, second = _Owner(), _Owner()
    client = await open_mqtt5(address, ConnectOptions("R1", None, clean_start=True, will=Will(topic, b"first")), first)
    await asyncio.wait_for(first.opened.wait(), 5)
    client.go_silent()
    assert "vanished" == await asyncio.wait_for(first.closed, 5)
    assert [] == listener.heard
    again = await open_mqtt5(address, ConnectOptions("R1", None, clean_start=True, will=Will(topic, b"second")), second)
    await listener.wait_until(bool)
    assert b"first" == listener.heard[0][1]
    again.close()
