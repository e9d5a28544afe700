"""A server whose clock is wrong says so, judges nobody by it, rings SOS all the same, and nothing of it stays."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import aiomqtt
import pytest
import pytest_asyncio
from services.mosquitto import Mosquitto
from standins.squad import LONG_BEFORE, OFFICERS, UNITS
from store_scene import NINE, Device, Store, open_store

from alerts.evaluation.engine import Evaluator, tick
from alerts.facts.load import Loaded, put_facts
from telemetry.domain.clock import wall_now
from telemetry.health.look import find_faults
from telemetry.ingest.own_clock import OwnClock
from telemetry.ingest.session import Mqtt5Session, SessionSettings
from telemetry.ingest.worker import Progress, Worker, WorkerSettings
from telemetry.ingest.writer import Writer
from telemetry.store.backtest import filling
from telemetry.store.evaluation import Questions
from telemetry.store.platform import pull_back_states
from telemetry.store.pool import Database
from telemetry.store.queries import query
from telemetry.store.standstills import CLOCK
from telemetry.watching import watch_clock

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
STANDSTILL: Final = "INSERT INTO standstill (part, starts_at, ends_at, reason) VALUES ('clock', $1, $2, 'wrong')"
FLEET: Final = 12


@dataclass
class Scene:
    """One registered recorder; *wrong* is how far the server's clock is ahead."""

    database: Database
    at: datetime = NINE
    wrong: timedelta = timedelta(0)
    device: Device = field(default_factory=Device)
    seq: int = 0

    async def say(self, kind: str = "battery", **fields: Any) -> None:
        """A live message that arrives by the server's clock, a minute after the last."""
        self.at += MINUTE
        self.seq += 1
        said = fields or {"level_pct": 61, "charging": False}
        arrival = self.device.send(kind, self.seq, self.at, self.at + self.wrong + SECOND, **said)
        await Writer(self.database, now=lambda: self.at + self.wrong).write([arrival])

    async def be_born(self) -> None:
        self.at += MINUTE
        self.seq += 1
        birth = self.device.birth(self.seq, self.at, self.at + self.wrong + SECOND)
        await Writer(self.database).write([birth])

    async def tick(self, *, is_believed: bool = True) -> None:
        self.at += 2 * SECOND
        assert 0 == (await tick(self.database, self.at + self.wrong, is_believed=is_believed)).aside

    async def standing(self, rule: str) -> list[tuple[str, str]]:
        rows = await self.fetch("SELECT status, confidence FROM incident WHERE rule = $1 ORDER BY detected_at", rule)
        return [(row[0], row[1]) for row in rows]

    async def fetch(self, sql: str, *values: Any) -> Sequence[Any]:
        async with self.database.connection() as connection:
            return await connection.fetch(sql, *values)


@asynccontextmanager
async def scene(dsn: str) -> AsyncIterator[Scene]:
    async with filling(dsn) as database:
        facts: list[tuple[Any, list[dict[str, Any]]]] = [
            ("units", UNITS),
            ("officers", OFFICERS),
            ("recorders", [{"id": "R1", "unit_id": "U04", "model": "X"}]),
        ]
        for collection, elements in facts:
            assert isinstance(await put_facts(database, collection, elements, "test", LONG_BEFORE), Loaded)
        yield Scene(database)


@pytest.mark.parametrize("wrong", [HOUR, -HOUR], ids=["ahead", "behind"])
async def test_a_clock_of_ours_that_is_wrong_makes_no_recorder_s_wrong(plain_database: str, wrong: timedelta) -> None:
    async with scene(plain_database) as one:
        one.wrong = wrong
        await one.fetch(STANDSTILL, NINE, None)
        await one.be_born()
        for _ in range(3):
            await one.say()
        await one.tick()
        assert 300 < abs((await one.fetch("SELECT clock_offset_s FROM recorder_boot"))[0][0])
        assert [] == await one.standing("clock-wrong")


async def test_what_was_said_before_the_wrong_clock_was_noticed_is_taken_back_and_stays_so(plain_database: str) -> None:
    async with scene(plain_database) as one:
        one.wrong = HOUR
        await one.be_born()
        await one.say()
        await one.say()
        await one.tick()
        assert [("open", "confirmed")] == await one.standing("clock-wrong")
        await one.fetch(STANDSTILL, NINE, None)
        await one.tick()
        assert [("withdrawn", "confirmed")] == await one.standing("clock-wrong")
        one.wrong = timedelta(0)
        await one.fetch("UPDATE standstill SET ends_at = $1", one.at)
        for _ in range(3):
            await one.say()
            await one.tick()
        assert [("withdrawn", "confirmed")] == await one.standing("clock-wrong")


async def test_a_recorder_whose_own_clock_is_wrong_is_still_told_of(plain_database: str) -> None:
    async with scene(plain_database) as one:
        await one.fetch(STANDSTILL, NINE - 5 * HOUR, NINE - 4 * HOUR)
        one.wrong = timedelta(days=2)
        await one.be_born()
        await one.say()
        await one.say()
        await one.tick()
        assert [("open", "confirmed")] == await one.standing("clock-wrong")


async def test_while_the_time_is_not_believed_an_sos_rings_once_and_the_rest_waits(plain_database: str) -> None:
    async with scene(plain_database) as one:
        await one.be_born()
        await one.tick()
        ticked_at = (await one.fetch("SELECT ticked_at FROM evaluation_clock"))[0][0]
        one.wrong = HOUR
        await one.say("event", type="sos")
        await one.say("event", type="tamper")
        waiting = (await one.fetch("SELECT count(*) FROM reading_change"))[0][0]
        await one.tick(is_believed=False)
        await one.tick(is_believed=False)
        assert [("open", "confirmed")] == await one.standing("sos")
        assert [] == await one.standing("tamper")
        assert ticked_at == (await one.fetch("SELECT ticked_at FROM evaluation_clock"))[0][0]
        assert waiting == (await one.fetch("SELECT count(*) FROM reading_change"))[0][0]
        one.wrong = timedelta(0)
        await one.tick()
        assert [("open", "confirmed")] == await one.standing("sos")
        assert 1 == len(await one.standing("tamper"))


async def test_who_does_not_believe_his_clock_leaves_the_lead_to_who_does(plain_database: str) -> None:
    database = await Database.open(plain_database)
    ticked = asyncio.Event()
    doubtful = Evaluator(database, name="doubtful", every_s=0.01, is_believed=lambda: False)
    certain = Evaluator(database, name="certain", every_s=0.01, works=ticked.set)
    first = asyncio.create_task(doubtful.run())
    try:
        async with asyncio.timeout(60):
            while doubtful.last is None:  # noqa: ASYNC110 - a tick, which wakes nobody
                await asyncio.sleep(0.01)
            second = asyncio.create_task(certain.run())
            while certain.last is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        second.cancel()
    finally:
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        await database.close()


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (NINE - HOUR, None, ["clock"]),
        (NINE - HOUR, NINE + MINUTE, ["clock"]),
        (NINE - HOUR, NINE - MINUTE, []),
        (NINE + MINUTE, None, []),
    ],
)
async def test_what_began_while_our_clock_was_wrong_is_in_doubt(
    plain_database: str, since: datetime, until: datetime | None, expected: list[str]
) -> None:
    database = await Database.open(plain_database)
    async with database.connection() as connection:
        await connection.execute(STANDSTILL, since, until)
        rows = await Questions(connection).of("conflicts", [(0, "R1", "U04", NINE, NINE + HOUR)])
    assert expected == [row[1] for row in rows]
    await database.close()


@pytest_asyncio.fixture
async def store(database: str) -> AsyncIterator[Store]:
    async with open_store(database) as opened:
        yield opened


STATE: Final = "SELECT level_pct, battery_at, last_heard_at, connected FROM recorder_state"


async def test_what_a_clock_that_was_ahead_has_stamped_does_not_stay_the_newest(store: Store) -> None:
    far = NINE + timedelta(days=20_000)
    ahead = Writer(store.database, now=lambda: far)
    right = Writer(store.database, now=lambda: NINE + 3 * MINUTE)
    device = Device()
    await ahead.write([device.birth(1, NINE, far), device.battery(2, NINE + SECOND, 10, far + SECOND)])
    assert [(10, far + SECOND, far + SECOND, True)] == await store.rows(STATE)
    other = Device(boot="b2")
    await right.write([other.birth(1, NINE + MINUTE), other.battery(2, NINE + MINUTE, 80)])
    await pull_back_states(store.database, NINE + 2 * MINUTE)
    assert [(10, NINE + 2 * MINUTE, NINE + 2 * MINUTE, True)] == await store.rows(STATE)
    at = NINE + 3 * MINUTE
    await right.write([other.battery(3, at, 79), other.will(NINE + MINUTE, at)])
    ((level_pct, battery_at, heard_at, connected),) = await store.rows(STATE)
    assert (79, at, at, False) == (level_pct, battery_at, heard_at, connected)
    assert (79,) == (await store.rows("SELECT level_pct FROM recorder_state"))[0]


async def test_what_is_within_the_tolerance_is_not_pulled_back(store: Store) -> None:
    await store.write(Device().battery(1, NINE + 4 * MINUTE, 80, NINE))
    await pull_back_states(store.database, NINE)
    assert [(NINE + 4 * MINUTE,)] == await store.rows("SELECT battery_at FROM recorder_state")


async def test_a_fleet_that_disagrees_is_said_in_health_until_it_agrees(database: str) -> None:
    opened = await Database.open(database)
    clock = OwnClock()
    loop = asyncio.get_running_loop()
    for number in range(FLEET):
        clock.fleet.hear(f"R{number}", 3600.0, loop.time())
    watching = asyncio.create_task(watch_clock(opened, CLOCK, clock=clock))

    async def faults() -> list[str]:
        return [fault.text for fault in await find_faults(opened) if fault.code == "clock"]

    try:
        async with asyncio.timeout(60):
            while not (said := await faults()):  # noqa: ASYNC110 - a row, which wakes nobody
                await asyncio.sleep(0.05)
            assert said[0].startswith("3600 s ahead of most recorders' clocks since ")
            assert not clock.is_believed
            for number in range(FLEET):
                clock.fleet.hear(f"R{number}", 0.2, loop.time())
            while await faults():  # noqa: ASYNC110 - a row, which wakes nobody
                await asyncio.sleep(0.1)
            while not clock.is_believed:  # noqa: ASYNC110 - set by the same look, a moment later
                await asyncio.sleep(0.01)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await opened.close()


async def test_a_clock_of_another_ingest_process_of_this_machine_is_ours(database: str) -> None:
    opened = await Database.open(database)
    async with opened.connection() as connection:
        await connection.execute(
            "INSERT INTO standstill (part, starts_at, reason) VALUES ('clock/m-2', now(), 'wrong')"
        )
    for machine, expected in (("m", False), ("other", True)):
        clock = OwnClock(is_believed=not expected)
        watching = asyncio.create_task(watch_clock(opened, CLOCK, clock=clock, workers=machine))
        async with asyncio.timeout(60):
            while clock.is_believed != expected:  # noqa: ASYNC110 - an attribute, which wakes nobody
                await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    await opened.close()


@pytest.mark.parametrize("is_believed", [True, False])
async def test_by_a_clock_that_is_not_believed_no_device_s_is_learned(database: str, *, is_believed: bool) -> None:
    opened = await Database.open(database, prepare=query("intake", "make_stages"))
    clock = OwnClock(is_believed=is_believed)
    with Mosquitto() as broker:
        settings = SessionSettings(broker.host, broker.port, "worker-1", "recorder/v1/#")
        progress = Progress(clock=clock)
        worker = Worker(lambda: Mqtt5Session.open(settings), Writer(opened), WorkerSettings(), progress)
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(60):
            while not progress.connected:  # noqa: ASYNC110 - a counter of metrics, which wakes nobody
                await asyncio.sleep(0.01)
            async with aiomqtt.Client(broker.host, broker.port) as publisher:
                for number in range(FLEET):
                    await publisher.publish(*_told_an_hour_ago(number), qos=1)
            while progress.outcome.stored < FLEET:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    async with opened.connection() as connection:
        learned = await connection.fetchval("SELECT count(*) FROM recorder_boot WHERE clock_offset_s IS NOT NULL")
    assert (FLEET if is_believed else 0) == learned
    ahead_s = clock.fleet.ahead_s(asyncio.get_running_loop().time())
    assert ahead_s is not None
    assert 3600 <= ahead_s < 3660
    await opened.close()


def _told_an_hour_ago(number: int) -> tuple[str, bytes]:
    ts = (wall_now() - HOUR).isoformat()
    payload = {"ts": ts, "boot": "b", "seq": 1, "level_pct": 61, "charging": False}
    return f"recorder/v1/R{number}/battery", json.dumps(payload).encode()
