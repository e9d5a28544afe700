"""The MQTT 5 session against a real mosquitto: nothing is acknowledged before it is said, everything else comes again."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import aiomqtt
import pytest
import pytest_asyncio
from services.mosquitto import Mosquitto

from telemetry.domain.errors import BrokerUnavailableError
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.malformed_publish import salvage_publish
from telemetry.ingest.session import Mqtt5Session, SessionSettings


@pytest.fixture(scope="module")
def mosquitto_broker(each_mosquitto: None) -> Iterator[Mosquitto]:  # noqa: ARG001 - decides which one is found
    with Mosquitto() as broker:
        yield broker


@pytest.fixture
def recorder() -> str:
    return f"R{uuid4().hex[:12]}"


@pytest.fixture
def settings(mosquitto_broker: Mosquitto, recorder: str) -> SessionSettings:
    return SessionSettings(
        mosquitto_broker.host,
        mosquitto_broker.port,
        f"test-{recorder}",
        f"recorder/v1/{recorder}/#",
        receive_maximum=50,
    )


@pytest_asyncio.fixture
async def publisher(mosquitto_broker: Mosquitto) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client(mosquitto_broker.host, mosquitto_broker.port) as client:
        yield client


async def publish(publisher: aiomqtt.Client, recorder: str, numbers: range) -> None:
    for number in numbers:
        await publisher.publish(f"recorder/v1/{recorder}/battery", str(number), qos=1)


async def take(session: Mqtt5Session, count: int) -> list[Arrival]:
    taken: list[Arrival] = []
    async with asyncio.timeout(20):
        while len(taken) < count:
            taken += await session.take(count - len(taken), 1.0)
    return taken


async def test_what_is_not_acknowledged_comes_again_and_what_is_does_not(
    settings: SessionSettings, publisher: aiomqtt.Client, recorder: str
) -> None:
    session = await Mqtt5Session.open(settings)
    assert not session.resumed
    await publish(publisher, recorder, range(10))
    taken = await take(session, 10)
    session.acknowledge(taken[:4])
    await session.close()

    again = await Mqtt5Session.open(settings)
    assert again.resumed
    back = await take(again, 6)
    assert [str(number).encode() for number in range(4, 10)] == [arrival.payload for arrival in back]
    assert [] == await again.take(10, 0.3)
    await again.close()


async def test_what_comes_while_nobody_is_there_waits(
    settings: SessionSettings, publisher: aiomqtt.Client, recorder: str
) -> None:
    await (await Mqtt5Session.open(settings)).close()
    await publish(publisher, recorder, range(200))
    session = await Mqtt5Session.open(settings)
    payloads = []
    while len(payloads) < 200:
        taken = await take(session, 1)
        payloads += [arrival.payload for arrival in taken]
        session.acknowledge(taken)
    assert [str(number).encode() for number in range(200)] == payloads
    await session.close()


async def test_reading_stops_while_too_much_is_unacknowledged(
    settings: SessionSettings, publisher: aiomqtt.Client, recorder: str
) -> None:
    session = await Mqtt5Session.open(settings)
    await publish(publisher, recorder, range(300))
    first = await take(session, 50)
    assert 0 == session.waiting
    session.acknowledge(first)
    rest = []
    while len(rest) < 250:
        taken = await take(session, 1)
        assert session.waiting < 300
        rest += taken
        session.acknowledge(taken)
    assert 250 == len(rest)
    await session.close()


async def test_a_body_of_two_megabytes_arrives_whole(
    settings: SessionSettings, publisher: aiomqtt.Client, recorder: str
) -> None:
    session = await Mqtt5Session.open(settings)
    await publisher.publish(f"recorder/v1/{recorder}/battery", b"x" * 2_000_000, qos=1, timeout=20)
    (arrival,) = await take(session, 1)
    assert 2_000_000 == len(arrival.payload)
    await session.close()


async def test_a_second_session_of_the_same_name_takes_over_and_the_first_says_so(settings: SessionSettings) -> None:
    first = await Mqtt5Session.open(settings)
    second = await Mqtt5Session.open(settings)
    with pytest.raises(BrokerUnavailableError, match="broker"):
        await first.take(1, 5.0)
    await second.close()


async def test_a_broker_that_is_not_there_is_named() -> None:
    nobody = SessionSettings("127.0.0.1", 1, "test", "recorder/v1/#")
    with pytest.raises(BrokerUnavailableError, match=r"127\.0\.0\.1:1"):
        await Mqtt5Session.open(nobody)


def test_a_publish_that_the_codec_refuses_is_saved_with_its_topic_and_number() -> None:
    topic = b"recorder/v1/\xff\xfe/battery"
    body = struct.pack(">H", len(topic)) + topic + struct.pack(">H", 7) + b"\x00payload"
    packet = bytes([0x32, len(body)]) + body
    assert ("recorder/v1/\\xff\\xfe/battery", b"\x00payload", 7, len(packet)) == salvage_publish(
        memoryview(packet + b"more")
    )
    assert salvage_publish(memoryview(packet[:-1])) is None
    assert salvage_publish(memoryview(b"\xc0\x00")) is None
