"""One recorder's login floods production's mosquitto while the server is away; the others lose nothing acknowledged."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio
from broker_scene import SECONDS, Scene
from large_sets import same
from production_scene import Production

from broker.access import SERVER_ACCOUNT
from broker.mosquitto_conf import MAX_PACKET_BYTES
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.session import Mqtt5Session, SessionSettings

pytestmark = pytest.mark.usefixtures("each_mosquitto")
THREE_MB = 3_000_000
MEMORY_BYTES = 64 * 1024 * 1024
"""Far below three of the flood's 75 publications and all of what mosquitto needs for a few clients."""
SCALE = 256
"""Part of production's limits that a test can fill."""
LIMITS = ("max_queued_messages", "max_queued_bytes", "memory_limit")


def scaled(text: str) -> str:
    """Production's configuration with all its limits lowered by one factor, as its comment says."""
    pattern = rf"^({'|'.join(LIMITS)}) (\d+)$"
    text, found = re.subn(pattern, lambda line: f"{line[1]} {int(line[2]) // SCALE}", text, flags=re.MULTILINE)
    assert len(LIMITS) == found
    return text


def limit(name: str, text: str) -> int:
    return int(re.findall(rf"^{name} (\d+)$", text, re.MULTILINE)[0])


@pytest_asyncio.fixture
async def production(tmp_path: Path) -> AsyncIterator[Production]:
    async with running(Production(tmp_path)) as production:
        yield production


@asynccontextmanager
async def running(production: Production) -> AsyncIterator[Production]:
    await production.start()
    try:
        yield production
    finally:
        await production.stop()


def worker(production: Production, name: str = "worker-1") -> SessionSettings:
    secret = f"secret of {SERVER_ACCOUNT}"
    return SessionSettings("127.0.0.1", production.ports.server, name, "recorder/v1/#", SERVER_ACCOUNT, secret)


def _packet(first: int, body: bytes) -> bytes:
    length, size = bytearray(), len(body)
    while not length or size:
        size, byte = divmod(size, 128)
        length.append(byte | (128 if size else 0))
    return bytes([first]) + bytes(length) + body


def _text(value: str) -> bytes:
    return len(value).to_bytes(2) + value.encode()


async def publish(
    scene: Scene, name: str, messages: Iterable[tuple[str, bytes]], *, qos: int = 1, retain: bool = False
) -> int:
    """Publish by MQTT 3.1.1 until all is acknowledged or the broker ends the connection; how many it acknowledged."""
    reader, writer = await asyncio.open_connection(scene.broker.host, scene.broker.tls_port, ssl=scene.tls)
    acknowledged = 0
    try:
        login = b"".join(map(_text, (name, name, f"secret of {name}")))
        writer.write(_packet(0x10, b"\x00\x04MQTT\x04\xc2\x00\x3c" + login))
        assert b"\x20\x02\x00\x00" == await reader.readexactly(4)
        first = 0x30 | qos << 1 | int(retain)
        for number, (topic, payload) in enumerate(messages):
            writer.write(_packet(first, _text(topic) + (number % 60_000 + 1).to_bytes(2) + payload))
            if number % 100 == 99:
                await writer.drain()
            acknowledged += len(await reader.readexactly(4)) // 4
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return acknowledged


async def drain(settings: SessionSettings, idle_s: float = 1.0) -> list[Arrival]:
    session = await Mqtt5Session.open(settings)
    heard: list[Arrival] = []
    while arrivals := await session.take(1_000, idle_s):
        session.acknowledge(arrivals)
        heard += arrivals
    await session.close()
    return heard


async def absent(production: Production) -> SessionSettings:
    """A session of the server that begins and goes away."""
    settings = worker(production)
    await (await Mqtt5Session.open(settings)).close()
    return settings


def own(count: int) -> Sequence[tuple[str, bytes]]:
    return [("recorder/v1/A/heartbeat", f"honest {number}".encode()) for number in range(count)]


async def test_publications_of_3_mb_are_not_acknowledged_and_take_no_memory_and_an_honest_recorder_s_are_all_kept(
    production: Production,
) -> None:
    settings = await absent(production)
    for number in range(75):
        assert 0 == await publish(production.scene, "B", [("recorder/v1/B/heartbeat", bytes(THREE_MB + number))])
    for number in range(60):
        topic = f"recorder/v1/B/made-up-{number}"
        assert 0 == await publish(production.scene, "B", [(topic, bytes(THREE_MB))], retain=True)
    assert 100 == await publish(production.scene, "A", own(100))
    heard = await drain(settings)
    same([payload for _, payload in own(100)], [arrival.payload for arrival in heard])
    assert production.peak_bytes < MEMORY_BYTES


async def test_a_message_of_qos_2_that_is_never_released_is_refused(production: Production) -> None:
    assert 0 == await publish(production.scene, "B", [("recorder/v1/B/heartbeat", b"2")] * 2, qos=2)


@pytest.mark.parametrize("size", [1, MAX_PACKET_BYTES - 100], ids=["tiny", "large"])
async def test_full_queues_stay_below_the_memory_limit_and_the_server_comes_in_and_gets_them(
    tmp_path: Path, size: int
) -> None:
    production = Production(tmp_path, scaled)
    async with running(production):
        text = (tmp_path / "mosquitto.conf").read_text()
        settings = await absent(production)
        kept = min(limit("max_queued_messages", text), limit("max_queued_bytes", text) // size)
        sent = kept + kept // 10
        flood = (("recorder/v1/B/heartbeat", bytes(size)) for _ in range(sent))
        assert sent == await publish(production.scene, "B", flood)
        heard = await drain(settings)
        assert kept <= len(heard) <= kept + 1
        assert production.peak_bytes < limit("memory_limit", text)
        assert 10 == await publish(production.scene, "A", own(10))
        same(Counter(payload for _, payload in own(10)), Counter(arrival.payload for arrival in await drain(settings)))
        async with asyncio.timeout(SECONDS):
            assert [] == await drain(worker(production, "another"), 0.2)
