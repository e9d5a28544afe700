"""The load generator against a real broker: what it says was acknowledged was published, across cuts too."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import mqtt5
import pytest

from device_sim.blast import BlastSettings, run_blast
from device_sim.ledger import Ledger, read_ledger
from device_sim.link import BrokerAddress, Greeting, Link, Will, open_mqtt5
from telemetry.domain.decode import decode
from telemetry.domain.readings import Reading


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """A broker that a test may stop and start again."""

    def __init__(self, folder: Path) -> None:
        self.address = BrokerAddress("127.0.0.1", _free_port())
        self._configuration = folder / "mosquitto.conf"
        self._configuration.write_text(
            f"listener {self.address.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            "set_tcp_nodelay true\nlog_type none\npersistence false\nuser root\n"
        )
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec("mosquitto", "-c", str(self._configuration))
        for _ in range(500):
            try:
                _, writer = await asyncio.open_connection(self.address.host, self.address.port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return
        pytest.fail("mosquitto did not start")

    async def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path)
    await mosquitto.start()
    yield mosquitto
    await mosquitto.stop()


class Listener(asyncio.Protocol):
    """Subscribes to the whole fleet, acknowledges and keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self.is_subscribed = asyncio.Event()
        self._partial = b""
        self._something_came = asyncio.Event()

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.heard) < count:
                self._something_came.clear()
                await self._something_came.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(mqtt5.ConnectPacket("listener", clean_start=True).write())

    def data_received(self, data: bytes) -> None:
        data = self._partial + data
        offset = 0
        while offset < len(data):
            try:
                packet, size = mqtt5.read(memoryview(data)[offset:])
            except IndexError:
                break
            offset += size
            match packet:
                case mqtt5.ConnAckPacket():
                    everything = mqtt5.TopicFilter("recorder/v1/+/+", max_qos=mqtt5.QoS.AT_LEAST_ONCE)
                    self._transport.write(mqtt5.SubscribePacket(1, [everything]).write())
                case mqtt5.SubAckPacket():
                    self.is_subscribed.set()
                case mqtt5.PublishPacket():
                    self.heard.append((packet.topic, packet.payload, packet.duplicate))
                    self._something_came.set()
                    if packet.packet_id is not None:
                        self._transport.write(mqtt5.PubAckPacket(packet.packet_id).write())
        self._partial = data[offset:]


async def _listen(address: BrokerAddress) -> Listener:
    _, listener = await asyncio.get_running_loop().create_connection(Listener, address.host, address.port)
    await asyncio.wait_for(listener.is_subscribed.wait(), 5)
    return listener


def _names(listener: Listener) -> list[tuple[str, str, int]]:
    names = []
    for topic, payload, _ in listener.heard:
        reading = decode(topic, payload)
        assert isinstance(reading, Reading), reading
        seq = getattr(reading.body, "seq", None)
        if seq is not None:
            names.append((reading.recorder_id, reading.body.boot, seq))
    return names


async def test_every_message_of_a_blast_is_valid_and_acknowledged(broker: Mosquitto, tmp_path: Path) -> None:
    listener = await _listen(broker.address)
    with Ledger(tmp_path / "ledger") as ledger:
        result = await asyncio.wait_for(run_blast(BlastSettings(20, 4000, burst=5), broker.address, ledger=ledger), 30)
    acknowledged = {(r, b, s) for r, b, s, _ in read_ledger(tmp_path / "ledger")}
    assert 4000 == result.published
    assert 4020 == result.acknowledged == len(acknowledged)
    await listener.wait_for(4020)
    assert acknowledged == set(_names(listener))


async def test_a_blast_survives_a_broker_that_is_killed_and_comes_back(broker: Mosquitto, tmp_path: Path) -> None:
    settings = BlastSettings(20, 6000, rate=3000, burst=2)
    with Ledger(tmp_path / "ledger") as ledger:
        blast = asyncio.ensure_future(run_blast(settings, broker.address, ledger=ledger))
        await asyncio.sleep(0.7)
        await broker.stop()
        await asyncio.sleep(0.3)
        await broker.start()
        result = await asyncio.wait_for(blast, 40)
    acknowledged = [(r, b, s) for r, b, s, _ in read_ledger(tmp_path / "ledger")]
    assert 6000 == result.published
    assert 40 == result.births
    assert 6040 == len(acknowledged) == len(set(acknowledged))


class _Owner:
    """Hears what becomes of one link."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def link_opened(self, link: Link, *, session_present: bool, receive_max: int) -> None:  # noqa: ARG002 - the protocol's shape
        self.opened.set()

    def link_acknowledged(self, link: Link, packet_id: int, *, accepted: bool) -> None: ...

    def link_heard(self, link: Link, topic: str, payload: bytes) -> None: ...

    def link_closed(self, link: Link, reason: str) -> None:  # noqa: ARG002 - the protocol's shape
        self.closed.set_result(reason)


async def test_a_cut_link_leaves_its_will_and_a_closed_one_does_not(broker: Mosquitto) -> None:
    listener = await _listen(broker.address)
    for recorder_id in ("R1", "R2"):
        topic = f"recorder/v1/{recorder_id}/presence"
        owner = _Owner()
        link = await open_mqtt5(
            broker.address, Greeting(recorder_id, None, clean_start=True, will=Will(topic, b"gone")), owner
        )
        await asyncio.wait_for(owner.opened.wait(), 5)
        link.close() if recorder_id == "R1" else link.abort()
        await asyncio.wait_for(owner.closed, 5)
    await listener.wait_for(1)
    assert [("recorder/v1/R2/presence", b"gone")] == [(topic, payload) for topic, payload, _ in listener.heard]


async def test_a_second_link_of_the_same_recorder_ends_a_vanished_one_with_its_will(broker: Mosquitto) -> None:
    listener = await _listen(broker.address)
    topic = "recorder/v1/R1/presence"
    first, second = _Owner(), _Owner()
    link = await open_mqtt5(broker.address, Greeting("R1", None, clean_start=True, will=Will(topic, b"first")), first)
    await asyncio.wait_for(first.opened.wait(), 5)
    link.vanish()
    assert "vanished" == await asyncio.wait_for(first.closed, 5)
    assert [] == listener.heard
    again = await open_mqtt5(
        broker.address, Greeting("R1", None, clean_start=True, will=Will(topic, b"second")), second
    )
    await listener.wait_for(1)
    assert b"first" == listener.heard[0][1]
    again.close()
