"""Judging never stops: whatever fails for one subject, in whichever table, all others are judged, and it is too once it can be."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from hard_case_fleet import END, GOOD, HardCaseFleet
from services.databases import cloned_database
from trace_builder import Device, at

from alerts.evaluation import engine
from alerts.evaluation.engine import TickResult, tick
from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from alerts.facts.load import load_facts
from alerts.facts.versions import START_OF_FILE
from alerts.incidents.export import export_incidents
from telemetry.domain.errors import DatabaseUnavailableError
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Writer
from telemetry.store.backtest import filling
from telemetry.store.evaluation import take_changes, take_due
from telemetry.store.pool import Database

TICKS = (
    END + timedelta(minutes=20),
    END + timedelta(minutes=40),
    at("11:30", day=3),
    at("12:30", day=3),
    at("9:00", day=12),
)
WRITTEN = (
    *("finding", "incident", "incident_transition", "incident_revision", "silence", "evaluation_watch"),
    *("evaluation_due", "recorder", "sos_call"),
)
READ = (
    *(
        "heartbeat",
        "battery",
        "storage",
        "presence",
        "own_recording_state",
        "recorder_boot",
        "silence",
        "evaluation_watch",
    ),
    *("assignment_fact", "recorder"),
)
Found = set[tuple[Any, ...]]
POISON = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(COALESCE(NEW, OLD))::text LIKE '%BAD%' THEN RAISE EXCEPTION 'poisoned' USING errcode = '22003'; END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE FUNCTION is_sound(told text) RETURNS boolean LANGUAGE plpgsql COST 1000000 AS $$
BEGIN
    IF told LIKE '%BAD%' THEN RAISE EXCEPTION 'poisoned'; END IF;
    RETURN true;
END $$;
"""


def play(stage: HardCaseFleet, name: str) -> None:
    """A day on which nearly every rule has something to say of one recorder and its officer."""
    bureau = stage.bureau
    bureau.person(f"P-{name}-BORROWER", unit_id="U02")
    device = stage.start(name)
    stage.cut_off_until_back(device)
    bureau.add(
        "activities",
        id=f"A-{name}",
        officer_id=f"P-{name}",
        kind="inspection",
        starts_at=at("10:40"),
        ends_at=at("11:00"),
        times_from="device",
    )
    device.live(at("10:20:30"), at("10:45"))
    device.say(at("10:45"), "event", type="fault")
    device.live(at("10:45:30"), at("11:10"))
    device.say(at("11:10"), "event", type="sos")
    device.say(at("11:12"), "event", type="tamper")
    device.say(at("11:15"), "event", type="recording_deleted")
    device.level = 10.0
    device.say(at("11:20"), "event", type="login", detail={"officer_id": f"P-{name}-BORROWER"})
    device.officer = f"P-{name}-BORROWER"
    device.live(at("11:20:10"), at("11:50"))
    device.officer = f"P-{name}"
    device.say(at("11:50:05"), "event", type="login", detail={"officer_id": f"P-{name}"})
    device.live(at("11:50:10"), at("12:10"))
    device.goodbye(at("12:10"), "power_off")
    device.boot(at("12:29:50"))
    device.online(at("12:30"))
    device.live(at("12:30:30"), END)
    bureau.add("phone_footage", id=f"F-{name}", officer_id=f"P-{name}", recorded_at=at("10:50"))
    bureau.add(
        "fault_reports",
        id=f"R-{name}",
        officer_id=f"P-{name}",
        recorder_id=f"SPARE-{name}",
        kind="fault",
        reported_at=at("12:00"),
    )
    bureau.recorder(f"SPARE-{name}")


class Day(HardCaseFleet):
    """A stage with few others on it."""

    def __init__(self) -> None:
        super().__init__()
        self.trace.lines = [line for line in self.trace.lines if "/N00/" in line[1] or "/N01/" in line[1]]

    def cut_off_until_back(self, device: Device) -> None:
        device.will(at("10:00"))
        device.cut_off(at("10:00:05"), at("10:20"), sim="absent", rsrp=GOOD)
        device.online(at("10:20:10"))


@pytest.fixture(scope="module")
def day(embedded_postgres: str, embedded_template: str) -> Iterator[str]:
    """The name of a database that holds the day's facts and readings, and no judgement."""
    stage = Day()
    for name in ("GOOD", "BAD"):
        play(stage, name)
    with cloned_database(embedded_postgres, embedded_template) as dsn:
        asyncio.run(_fill(dsn, stage))
        yield urlsplit(dsn).path[1:]


async def _fill(dsn: str, stage: HardCaseFleet) -> None:
    async with filling(dsn) as database:
        facts = read_json(json.dumps(stage.bureau.facts).encode(), "facts.json")
        assert isinstance(facts, FactSet)
        await load_facts(database, facts, "test", START_OF_FILE)
        writer = Writer(database)
        ordered = sorted(stage.trace.lines, key=lambda line: line[0])
        arrivals = [Arrival(topic, json.dumps(body).encode(), moment) for moment, topic, body in ordered]
        for start in range(0, len(arrivals), 4000):
            await writer.write(arrivals[start : start + 4000])


async def _run(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def _ticks(database: Database, moments: tuple[datetime, ...], *, is_first: bool = False) -> list[TickResult]:
    return [await tick(database, moment, is_first=is_first) for moment in moments]


async def _found(database: Database, *names: str) -> Found:
    """What stands of the recorders and people whose names end so."""
    async with database.connection() as connection:
        incidents = await export_incidents(connection)
    return {
        tuple(
            i[field] for field in ("rule", "recorder_id", "officer_id", "confidence", "status", "starts_at", "ends_at")
        )
        for i in incidents
        if any(name in f"{i['recorder_id']} {i['officer_id']}" for name in names)
    }


@pytest.fixture(scope="module")
def sound(embedded_postgres: str, day: str) -> dict[str, Found]:
    """What is found of each when nothing fails."""

    async def judge(dsn: str) -> dict[str, Found]:
        database = await Database.open(dsn)
        results = await _ticks(database, TICKS)
        assert 0 == sum(result.aside for result in results)
        found = {name: await _found(database, name) for name in ("GOOD", "BAD")}
        await database.close()
        return found

    with cloned_database(embedded_postgres, day) as dsn:
        return asyncio.run(judge(dsn))


def test_the_day_is_one_of_nearly_every_rule(sound: dict[str, Found]) -> None:
    expected = {
        *("activity-unrecorded", "sim-removed", "sos", "tamper", "footage-removed", "import-overdue", "recorder-lent"),
        *("fault-unreported", "phone-footage-overdue", "recorder-offline"),
    }
    assert expected <= {each[0] for each in sound["GOOD"]}
    assert len(sound["GOOD"]) == len(sound["BAD"])


@pytest.mark.parametrize("table", WRITTEN)
def test_who_can_not_be_written_of_is_set_aside_and_all_others_are_judged(
    embedded_postgres: str, day: str, sound: dict[str, Found], table: str
) -> None:
    poison = f"CREATE TRIGGER refused BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
    with cloned_database(embedded_postgres, day) as dsn:
        found = asyncio.run(_poisoned(dsn, sound, [poison], [f"DROP TRIGGER refused ON {table}"]))
    assert sound["GOOD"] == found


@pytest.mark.parametrize("table", READ)
def test_a_table_that_can_not_be_read_keeps_nobody_from_what_does_not_need_it(
    embedded_postgres: str, day: str, sound: dict[str, Found], table: str
) -> None:
    poison = [
        f"ALTER TABLE {table} RENAME TO {table}_hidden",
        f"CREATE VIEW {table} AS SELECT * FROM {table}_hidden AS t WHERE is_sound(to_jsonb(t)::text)",
    ]
    with cloned_database(embedded_postgres, day) as dsn:
        antidote = [f"DROP VIEW {table}", f"ALTER TABLE {table}_hidden RENAME TO {table}"]
        found = asyncio.run(_poisoned(dsn, sound, poison, antidote))
    assert {("sos", "GOOD")} <= {each[:2] for each in found}


@pytest.mark.parametrize("most", [1, 3])
def test_what_a_full_tick_leaves_is_judged_in_the_next_ones_to_the_same_end(
    embedded_postgres: str, day: str, sound: dict[str, Found], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(engine, "_MOST", most)

    async def judge(dsn: str) -> tuple[int, Found]:
        database = await Database.open(dsn)
        ticks = 0
        for moment in TICKS:
            while (await tick(database, moment)).has_more:
                ticks += 1
        found = await _found(database, "GOOD", "BAD")
        await database.close()
        return ticks, found

    with cloned_database(embedded_postgres, day) as dsn:
        ticks, found = asyncio.run(judge(dsn))
    assert ticks > len(TICKS)
    assert sound["GOOD"] | sound["BAD"] == found


async def test_a_full_tick_takes_events_first_and_then_who_has_waited_longest(plain_database: str) -> None:
    async with filling(plain_database) as database, database.connection() as connection:
        await connection.executemany(
            "INSERT INTO reading_change (recorder_id, kind, from_at, to_at) VALUES ($1, $2, $3, $3)",
            [
                (name, kind, END)
                for name, kind in (("R1", "presence"), ("R2", "charge"), ("R3", "event"), ("R1", "late"))
            ],
        )
        taken = [{change.recorder_id for change in await take_changes(connection, most)} for most in (1, 1, 2)]
        assert [{"R3"}, {"R1"}, {"R2"}] == taken
        await connection.executemany(
            "INSERT INTO evaluation_due (kind, key, due_at) VALUES ('duty', $1, $2)",
            [("late", END), ("early", END - timedelta(hours=1)), ("early", END), ("later", END + timedelta(hours=1))],
        )
        assert [{("duty", "early")}, {("duty", "late")}, set()] == [
            await take_due(connection, END, 1) for _ in range(3)
        ]


def test_a_fault_of_the_database_is_no_subjects(embedded_postgres: str, day: str, sound: dict[str, Found]) -> None:
    full = """
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'No space left' USING errcode = '53100'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON finding FOR EACH ROW EXECUTE FUNCTION full_disk()
    """

    async def judge(dsn: str) -> None:
        database = await Database.open(dsn)
        await _run(dsn, full)
        for _ in range(2):
            with pytest.raises(DatabaseUnavailableError):
                await tick(database, TICKS[0])
        await _run(dsn, "DROP TRIGGER full_disk ON finding")
        assert 0 == sum(result.aside for result in await _ticks(database, TICKS))
        assert sound["GOOD"] == await _found(database, "GOOD")
        await database.close()

    with cloned_database(embedded_postgres, day) as dsn:
        asyncio.run(judge(dsn))


async def _poisoned(dsn: str, sound: dict[str, Found], poison: list[str], antidote: list[str]) -> Found:
    """What is found of the one while the other is poisoned; after that all is found of both."""
    await _run(dsn, POISON, *poison)
    database = await Database.open(dsn)
    results = await _ticks(database, TICKS)
    assert results[-1].aside > 0
    found = await _found(database, "GOOD")
    await _run(dsn, *antidote)
    later = (TICKS[-1] + timedelta(minutes=1), TICKS[-1] + timedelta(minutes=2))
    mended = await _ticks(database, later, is_first=True)
    assert 0 == mended[-1].aside
    for name in ("GOOD", "BAD"):
        assert {each[0] for each in sound[name]} == {each[0] for each in await _found(database, name)}
    await database.close()
    return found
