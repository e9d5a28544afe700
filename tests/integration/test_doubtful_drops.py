"""What the broker dropped, and what was stamped by a wrong clock of ours, is nobody's absence."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hard_case_fleet import HardCaseFleet
from trace_builder import at

from alerts.evaluation.engine import tick
from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from alerts.facts.load import load_facts
from alerts.facts.versions import START_OF_FILE
from alerts.incidents.export import export_incidents
from telemetry.domain.topics import BROKER_DROPPED, BROKER_UPTIME
from telemetry.health.faults import standstill_faults
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.drops import Count, DropWatch
from telemetry.ingest.own_clock import ClockWatch, Comparison
from telemetry.ingest.writer import Writer
from telemetry.store.backtest import filling
from telemetry.store.pool import Database
from telemetry.store.standstills import CLOCK, PastStandstill, list_standstills, put_count
from telemetry.watching import note_clock, note_drops, watch_clock

Incidents = list[dict[str, Any]]
Watching = Callable[[Database, datetime, datetime], Awaitable[None]]
"""What is watched beside the readings in the minute from the first moment to the second."""


class Alone(HardCaseFleet):
    """A stage without a fleet around the case."""

    def normal(self, name: str) -> None:
        """Nobody else is there."""


def play(dsn: str, stage: HardCaseFleet, watching: Watching, until: datetime) -> Incidents:
    """Live: minute by minute what arrived, what was watched beside it, and a tick."""

    async def run() -> Incidents:
        async with filling(dsn) as database:
            facts = read_json(json.dumps(stage.bureau.facts).encode(), "facts.json")
            assert isinstance(facts, FactSet)
            await load_facts(database, facts, "test", START_OF_FILE)
            writer = Writer(database)
            lines = sorted(stage.trace.lines, key=lambda line: line[0])
            then = lines[0][0].replace(second=0, microsecond=0)
            while then < until:
                now = then + timedelta(minutes=1)
                arrivals = [Arrival(topic, json.dumps(body).encode(), m) for m, topic, body in lines if then <= m < now]
                if arrivals:
                    await writer.write(arrivals)
                await watching(database, then, now)
                assert 0 == (await tick(database, now)).aside
                then = now
            async with database.connection() as connection:
                return await export_incidents(connection)

    return asyncio.run(run())


def broker(*, drops: bool) -> Watching:
    """The broker looks at itself each 10 s; from 10:05 to 10:25 it drops one message each time."""
    watch = DropWatch(Count(0, at("08:29")))

    async def watching(database: Database, then: datetime, now: datetime) -> None:
        moment = then
        told: list[Arrival] = []
        while moment < now:
            told.append(Arrival(BROKER_UPTIME, b"10 seconds", moment))
            if drops and at("10:05") < moment <= at("10:25"):
                dropped = (moment - at("10:05")) // timedelta(seconds=10)
                told.append(Arrival(BROKER_DROPPED, str(dropped).encode(), moment))
            moment += timedelta(seconds=10)
        found = watch.hear(told)
        assert watch.count is not None
        await note_drops(database, "broker:1883", watch.count, found)

    return watching


def clock(ahead: timedelta) -> Watching:
    """Our clock is *ahead* of the database's from 10:05 to 10:25, compared each minute."""
    watch = ClockWatch()

    async def watching(database: Database, _: datetime, now: datetime) -> None:
        ours = now + (ahead if at("10:05") <= now < at("10:25") else timedelta(0))
        await note_clock(database, CLOCK, watch, Comparison(ours, now, ours))

    return watching


def lost_for_ever() -> HardCaseFleet:
    """An activity falls into a time whose messages are lost; the recorder says that it can't deliver them any more."""
    stage = Alone()
    device = stage.start("LOST", until="10:00")
    stage.activity("LOST", at("10:06"), at("10:24"))
    device.seq += 200
    device.online(at("10:30"))
    stage.trace.lines[-1][2]["dropped"] = 200
    device.live(at("10:30:10"), at("12:30"))
    return stage


def unrecorded(incidents: Incidents) -> tuple[str, str, list[str]]:
    (incident,) = [i for i in incidents if i["rule"] == "activity-unrecorded" and i["status"] != "withdrawn"]
    return incident["confidence"], incident["weight"], list(incident["evidence"]["facts"].get("doubts", ()))


@pytest.mark.parametrize(
    ("watching", "doubts"),
    [
        (partial(broker, drops=True), ["standstill"]),
        (partial(clock, timedelta(hours=1)), ["clock", "standstill"]),
        (partial(clock, -timedelta(minutes=2)), ["clock", "standstill"]),
    ],
    ids=["dropped", "an hour ahead", "two minutes behind"],
)
def test_an_absence_while_the_broker_dropped_messages_or_our_clock_was_wrong_is_suspected(
    plain_database: str, watching: Callable[[], Watching], doubts: list[str]
) -> None:
    found = unrecorded(play(plain_database, lost_for_ever(), watching(), at("12:10")))
    assert ("suspected", "check", doubts) == found


@pytest.mark.parametrize(
    "watching", [partial(broker, drops=False), partial(clock, timedelta(seconds=50))], ids=["nothing", "50 s ahead"]
)
def test_the_same_absence_is_probable_where_nothing_was_dropped_and_the_clocks_agree(
    plain_database: str, watching: Callable[[], Watching]
) -> None:
    found = unrecorded(play(plain_database, lost_for_ever(), watching(), at("12:10")))
    assert ("probable", "check", []) == found


@pytest.mark.parametrize(("start", "end", "is_in_doubt"), [("10:32", "10:33", True), ("10:50", "10:51", False)])
def test_a_silence_whose_backlog_may_have_been_dropped_is_in_doubt_as_a_whole(
    plain_database: str, start: str, end: str, *, is_in_doubt: bool
) -> None:
    async def run() -> list[tuple[Any, ...]]:
        async with filling(plain_database) as database, database.connection() as connection:
            await connection.execute(
                "INSERT INTO silence (recorder_id, since, until, noted_at, touched_at) VALUES ('R1', $1, $2, $1, $2)",
                at("10:00"),
                at("10:30"),
            )
            await connection.execute(
                "INSERT INTO standstill VALUES ('broker', $1, $2, 'dropped 3 messages')", at(start), at(end)
            )
            return [
                tuple(row)
                for row in await connection.fetch(
                    "SELECT * FROM doubts_between('R1', $1, $2)", at("10:05"), at("10:25")
                )
            ]

    expected = [("standstill", at("10:05"), at("10:25"))] if is_in_doubt else []
    assert expected == asyncio.run(run())


async def test_a_standstill_that_goes_on_in_steps_is_news_of_its_latest_step_only(database: str) -> None:
    opened = await Database.open(database)
    try:
        for end in ("10:10", "10:20"):
            told = [PastStandstill(at("10:00"), at(end), "dropped 1 messages")]
            await put_count(opened, "broker:1883", 1, at(end), told)
        async with opened.connection() as connection:
            rows = await connection.fetch(
                "SELECT from_at, to_at FROM reading_change WHERE kind = 'standstill' ORDER BY to_at"
            )
    finally:
        await opened.close()
    assert [(at("10:00"), at("10:10")), (at("10:10"), at("10:20"))] == [tuple(row) for row in rows]


async def test_a_clock_that_disagrees_is_a_fault_until_it_agrees(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telemetry.watching._COMPARE_S", 0.05)
    wrong = timedelta(0)
    opened = await Database.open(database)

    def now() -> datetime:
        return datetime.now(at("9:00").tzinfo) + wrong

    async def standstill_where(*, is_over: bool) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while True:
                for row in await list_standstills(opened, 60):
                    if is_over == bool(row["ends_at"]):
                        return row
                await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch_clock(opened, CLOCK, now))
    try:
        before = now()
        wrong = timedelta(hours=-2)
        lasting = await standstill_where(is_over=False)
        (fault,) = standstill_faults([lasting])
        assert ("clock", "clock") == (fault.place, fault.code)
        assert fault.text.startswith("7200 s behind the database's clock since ")
        wrong = timedelta(0)
        over = await standstill_where(is_over=True)
        assert lasting["starts_at"] == over["starts_at"]
        assert before - timedelta(seconds=60) < over["starts_at"] < over["ends_at"] < now() + timedelta(seconds=60)
        assert [] == standstill_faults([over])
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await opened.close()
