"""Sessions that come back: behind a long queue, to a broker that fell silent, in another's place, or for the last time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiomqtt
import asyncpg
import mqtt5
import pytest
import pytest_asyncio
from large_sets import same
from services.mosquitto import Mosquitto

from broker.access import SERVER_ACCOUNT
from broker.embedded import embedded_broker
from device_sim.transport.load_generator import LoadSettings, run_load
from device_sim.transport.mqtt5_client import BrokerAddress
from telemetry.domain.errors import BrokerUnavailableError, SessionTakenOverError
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.retirement import take_leave
from telemetry.ingest.session import Mqtt5Session, SessionSettings
from telemetry.ingest.worker import Progress, Session, Worker, WorkerSettings
from telemetry.ingest.writer import Writer
from telemetry.mqtt_credentials import issue_secrets, known_accounts
from telemetry.settings import BrokerSettings
from telemetry.settings_tree import Settings
from telemetry.store.pool import Database
from telemetry.store.queries import query
from telemetry.workers import open_ingest

pytestmark = pytest.mark.usefixtures("each_mosquitto")

MANY = 3000


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    """One of the test's own: a group that is left behind would go on collecting what other tests publish."""
    with Mosquitto() as mosquitto:
        yield mosquitto


@pytest.fixture
def settings(broker: Mosquitto) -> SessionSettings:
    return SessionSettings(broker.host, broker.port, "worker-1", "$share/group/recorder/v1/#", receive_maximum=50)


@pytest_asyncio.fixture
async def publisher(broker: Mosquitto) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client(broker.host, broker.port) as client:
        yield client


@pytest_asyncio.fixture
async def writer(database: str) -> AsyncIterator[Writer]:
    opened = await Database.open(database, prepare=query("intake", "make_stages"))
    yield Writer(opened)
    await opened.close()


def battery(seq: int) -> str:
    return f'{{"ts": "2026-03-02T09:00:00+08:00", "boot": "b", "seq": {seq}, "level_pct": 61, "charging": false}}'


async def publish(publisher: aiomqtt.Client, recorder: str, count: int) -> None:
    for seq in range(count):
        await publisher.publish(f"recorder/v1/{recorder}/battery", battery(seq), qos=1)


async def take(session: Mqtt5Session, *, acknowledges: int = MANY) -> list[Arrival]:
    """Take all that comes, acknowledging the first *acknowledges*."""
    taken: list[Arrival] = []
    while arrivals := await session.take(10, 1.0):
        session.acknowledge(arrivals[: max(0, acknowledges - len(taken))])
        taken += arrivals
    return taken


async def drain(session: Mqtt5Session, *, acknowledges: int = MANY) -> list[bytes]:
    return [arrival.payload for arrival in await take(session, acknowledges=acknowledges)]


async def test_a_session_with_more_in_flight_than_is_read_unacknowledged_comes_back_and_gets_it_all(
    settings: SessionSettings, publisher: aiomqtt.Client
) -> None:
    await (await Mqtt5Session.open(settings)).close()
    await publish(publisher, "R1", MANY)
    # mosquitto 2.0.11 sends its whole queue after the first acknowledgement, and all of it again at the next CONNECT,
    # before the SUBACK.
    first = await Mqtt5Session.open(settings)
    heard = set(await drain(first, acknowledges=10))
    await first.close()
    again = await Mqtt5Session.open(replace(settings, connect_timeout_s=5.0))
    assert again.resumed
    heard |= set(await drain(again))
    await again.close()
    same({battery(seq).encode() for seq in range(MANY)}, heard)


async def test_what_the_broker_retains_is_told_to_a_new_session_and_to_no_resumed_one(
    settings: SessionSettings, publisher: aiomqtt.Client
) -> None:
    await publisher.publish("recorder/v1/R1/presence", "here", qos=1, retain=True)
    wanted = replace(settings, retained_filter="recorder/v1/+/presence")
    session = await Mqtt5Session.open(wanted)
    births = await take(session)
    assert {(b"here", True)} == {(birth.payload, birth.retained) for birth in births}
    await publisher.publish("recorder/v1/R2/presence", "there", qos=1, retain=True)
    assert [b"there"] == await drain(session)
    await session.close()
    again = await Mqtt5Session.open(wanted)
    assert again.resumed
    await publisher.publish("recorder/v1/R1/presence", "still here", qos=1, retain=True)
    assert [b"still here"] == await drain(again)
    await again.close()


async def test_two_workers_of_one_name_both_get_time_to_work(settings: SessionSettings, writer: Writer) -> None:
    opened: list[float] = []

    async def open_session() -> Session:
        opened.append(asyncio.get_running_loop().time())
        return await Mqtt5Session.open(settings)

    cut = WorkerSettings(retry_least_s=0.05, retry_most_s=0.8)
    workers = [asyncio.create_task(Worker(open_session, writer, cut, Progress()).run()) for _ in range(2)]
    await asyncio.sleep(4.0)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    # 0.05 + 0.1 + ... + 0.8 and then every 0.8 s, twice; without pauses it would be thousands.
    assert 6 <= len(opened) <= 24


async def test_what_waits_for_a_worker_that_left_is_stored_and_its_turn_in_the_group_is_given_up(
    settings: SessionSettings, publisher: aiomqtt.Client, writer: Writer, database: str
) -> None:
    other = await Mqtt5Session.open(replace(settings, client_id="worker-2"))
    await (await Mqtt5Session.open(settings)).close()
    await publish(publisher, "R1", 100)
    assert 50 == len(await drain(other))
    outcome = await take_leave(await Mqtt5Session.open(replace(settings, leaves=True)), writer)
    assert (50, 0) == (outcome.stored, outcome.rejected)
    connection = await asyncpg.connect(database)
    assert 50 == await connection.fetchval("SELECT count(*) FROM battery")
    await connection.close()
    await publish(publisher, "R2", 100)
    assert 100 == len(await drain(other))
    await other.close()
    back = await Mqtt5Session.open(settings)
    assert not back.resumed
    await back.forget()


async def test_a_worker_that_never_was_leaves_at_once(settings: SessionSettings, writer: Writer) -> None:
    outcome = await take_leave(await Mqtt5Session.open(replace(settings, leaves=True)), writer)
    assert 0 == outcome.stored


class _Terse(asyncio.Protocol):
    """A broker that takes a session back and then says *word* or nothing."""

    def __init__(self, word: bytes = b"") -> None:
        self._word = word

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        packet, _ = mqtt5.read(memoryview(data))
        if isinstance(packet, mqtt5.ConnectPacket):
            self._transport.write(mqtt5.ConnAckPacket(session_present=True).write() + self._word)


@asynccontextmanager
async def terse_broker(word: bytes = b"") -> AsyncIterator[SessionSettings]:
    async with await asyncio.get_running_loop().create_server(lambda: _Terse(word), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield SessionSettings("127.0.0.1", port, "worker-1", "recorder/v1/#", keep_alive_s=1)


async def test_a_broker_that_falls_silent_is_left() -> None:
    async with terse_broker() as settings:
        session = await Mqtt5Session.open(settings)
        with pytest.raises(BrokerUnavailableError, match="silent"):
            await session.take(1, 10.0)


async def test_who_is_taken_over_says_what_that_means() -> None:
    taken_over = mqtt5.DisconnectPacket(reason_code=mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER)
    async with terse_broker(taken_over.write()) as settings:
        session = await Mqtt5Session.open(settings)
        with pytest.raises(SessionTakenOverError, match="another client came as worker-1"):
            await session.take(1, 10.0)


async def test_a_worker_that_shares_now_and_didn_t_before_or_the_other_way_misses_nothing_and_hears_nothing_twice(
    broker: Mosquitto, publisher: aiomqtt.Client, database: str
) -> None:
    opened = await Database.open(database)
    settings = Settings(broker=BrokerSettings(host=broker.host, port=broker.port, tls=False))
    try:
        for shared in (False, True, False, True):
            recorder = f"R{shared}"
            await (await open_ingest(settings, opened, "turncoat", shared=not shared)).close()
            await publish(publisher, recorder, 50)
            session = await open_ingest(settings, opened, "turncoat", shared=shared)
            assert 50 == len(await drain(session))
            await publish(publisher, recorder, 50)
            assert 50 == len(await drain(session))
            await session.close()
    finally:
        await opened.close()


async def test_what_is_published_between_a_broker_s_restart_and_the_worker_s_return_waits_for_it(
    tmp_path: Path, database: str
) -> None:
    opened = await Database.open(database)
    names = ["R1", "R2"]
    secrets = await issue_secrets(opened, names, "recorder")
    password = (await issue_secrets(opened, [SERVER_ACCOUNT], "server"))[SERVER_ACCOUNT]
    accounts = await known_accounts(opened)
    try:
        async with embedded_broker(tmp_path, accounts, kind="mosquitto") as restarting:
            address = BrokerAddress(restarting.host, restarting.port)
            wanted = BrokerSettings(host=restarting.host, port=restarting.server_port, password=password, tls=False)
            settings = Settings(broker=wanted)
            await (await open_ingest(settings, opened, "worker-1", shared=False)).close()
            before = await run_load(LoadSettings(2, 200, seed=1, prefix="R", secrets=secrets), address)
            await restarting.restart()
            after = await run_load(LoadSettings(2, 200, seed=2, prefix="R", secrets=secrets), address)
            session = await open_ingest(settings, opened, "worker-1", shared=False)
            assert before.acknowledged + after.acknowledged == len(set(await drain(session)))
            await session.close()
    finally:
        await opened.close()
