"""The platform is away for five minutes while a whole bureau is on duty: one outage, nobody accused, hardly a notice."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from backend import IS_FULL
from standins.duty_fleet import DutyFleet
from standins.notice_scene import settings as notice_settings

from alerts.evaluation.engine import tick
from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from alerts.facts.load import load_facts
from alerts.facts.versions import START_OF_FILE
from alerts.notices.planner import plan_notices
from alerts.rules.on_duty_snapshot import OnDutySnapshot
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Writer
from telemetry.store.backtest import filling
from telemetry.store.pool import Database

pytestmark = pytest.mark.slow

SIZE = 2_000 if IS_FULL else 200
BEGINS = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LOST_AT = BEGINS + timedelta(minutes=5)
BACK_AT = LOST_AT + timedelta(minutes=5)
ENDS = BACK_AT + timedelta(minutes=25)
EVERY = timedelta(seconds=10)


@pytest.fixture
async def store(database: str) -> AsyncIterator[Database]:
    async with filling(database) as opened:
        yield opened


def arrivals(fleet: DutyFleet) -> list[Arrival]:
    """Everybody online, then silent at once without a will, then back with what they measured meanwhile."""
    said: list[Arrival] = []
    for n in range(fleet.size):
        offset = timedelta(seconds=n % 30)
        said.append(fleet.birth(n, BEGINS + offset / 3))
        heard = [fleet.minute(n, BEGINS + offset + timedelta(minutes=minute)) for minute in range(5)]
        said += [arrival for minute in heard for arrival in minute]
        # What was measured after the loss waited in the device: a heartbeat each 30 s, of the same boot.
        back = BACK_AT + timedelta(seconds=n % 40)
        said.append(fleet.birth(n, back))
        said += fleet.backlog(n, LOST_AT + offset, back, back + timedelta(seconds=2))
        again = [fleet.minute(n, back + timedelta(seconds=5, minutes=minute)) for minute in range(24)]
        said += [arrival for minute in again for arrival in minute]
    return sorted(said, key=lambda arrival: arrival.received_at)


async def test_a_platform_outage_is_one_incident_and_accuses_nobody(store: Database) -> None:
    """And the system is through with the return before it has lasted two minutes; how long it took is printed."""
    fleet = DutyFleet(SIZE, BEGINS)
    facts = read_json(fleet.facts(), "facts")
    assert isinstance(facts, FactSet)
    await load_facts(store, facts, "test", START_OF_FILE, approve=False)
    spent_s = await pass_time(store, arrivals(fleet))
    async with store.connection() as connection:
        incidents = await connection.fetch("SELECT * FROM incident")
        notices = await connection.fetch("SELECT person, COALESCE(routes->0->>0, 'console') AS channel FROM notice")
        silent = await connection.fetchval("SELECT count(*) FROM silence WHERE until IS NULL")
    told = Counter((i["rule"], i["cause"], i["status"]) for i in incidents if i["status"] != "withdrawn")
    assert {("outage", "platform_outage", "resolved"): 1} == told
    assert 0 == silent
    told_by = [("post:command_centre", "console"), ("post:command_centre", "siren")]
    assert told_by == sorted((row["person"], row["channel"]) for row in notices)
    print(f"\n{SIZE} recorders back: written and evaluated in {spent_s:.1f} s of the two minutes")  # noqa: T201


async def pass_time(store: Database, said: list[Arrival]) -> float:
    """Write and tick as the server would; the seconds that the first two minutes after the return took to work off."""
    writer, snapshot, notices = Writer(store), OnDutySnapshot(), notice_settings()
    now, first, spent_s = BEGINS, 0, 0.0
    while now < ENDS:
        now += EVERY
        last = first
        while last < len(said) and said[last].received_at <= now:
            last += 1
        began = time.perf_counter()
        for start in range(first, last, 4_000):
            await writer.write(said[start : min(start + 4_000, last)])
        await tick(store, now, snapshot=snapshot)
        await plan_notices(store, notices, now)
        if BACK_AT <= now <= BACK_AT + timedelta(minutes=2):
            spent_s += time.perf_counter() - began
        first = last
    return spent_s
