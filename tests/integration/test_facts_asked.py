"""Facts asked on a database: logins out of readings, a part that answers like the whole, plans that use the indexes."""

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from facts_scene import element, read

from alerts.duty.on_duty import duty_excuses, recorder_excuses, recorder_on_duty
from alerts.duty.wearer import team_wore, wearers_during, worn_by
from alerts.facts.known_query import known_facts
from alerts.facts.load import Loaded, load_facts
from alerts.facts.models import Collection
from alerts.facts.versions import START_OF_FILE
from alerts.intervals import Interval
from telemetry.store.intake import COLUMNS
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

DAY = datetime(2026, 3, 2, tzinfo=UTC)
NOW = DAY + timedelta(hours=24)
WITHIN = Interval(DAY, NOW)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def iso(hour: float) -> str:
    return at(hour).isoformat()


def birth(recorder_id: str, hour: float, officer_id: str | None, seq: int = 1) -> tuple[Any, ...]:
    head = (recorder_id, at(hour), at(hour), at(hour), f"b{hour}", seq, False, True)
    return (*head, "online", None, None, "HX", "1", "861234567890123", None, 4, officer_id, None, None, None)


def event(recorder_id: str, hour: float, kind: str, officer_id: str | None) -> tuple[Any, ...]:
    detail = None if officer_id is None else json.dumps({"officer_id": officer_id})
    return (recorder_id, at(hour), at(hour), at(hour), "b", int(hour * 60) + 20_000, False, True, kind, detail)


async def _say(connection: Connection, births: list[tuple[Any, ...]], events: list[tuple[Any, ...]]) -> None:
    await connection.copy_records_to_table("presence", records=births, columns=COLUMNS["presence"])
    await connection.copy_records_to_table("event", records=events, columns=COLUMNS["event"])


@pytest_asyncio.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    """A migrated database on TimescaleDB."""
    pool = await Database.open(database)
    try:
        yield pool
    finally:
        await pool.close()


async def _logins(connection: Connection, since: float, until: float) -> list[tuple[Any, ...]]:
    rows = await connection.fetch(query("facts", "logins_between"), at(until), at(since), at(until), ["R1"])
    return [(row["officer_id"], row["starts_at"], row["ends_at"]) for row in rows]


async def _boot(connection: Connection, boot: str, first: float, last: float) -> None:
    row = ("R1", boot, at(first), at(last), at(first), at(last))
    columns = ("recorder_id", "boot", "first_received_at", "last_received_at", "first_at", "last_at")
    await connection.copy_records_to_table("recorder_boot", records=[row], columns=columns)


async def test_a_login_ends_with_a_boot_that_does_not_repeat_it_and_not_with_a_reconnection(opened: Database) -> None:
    async with opened.connection() as connection:
        await _say(connection, [birth("R1", 8, "P1"), birth("R1", 9, None)], [event("R1", 10, "login", "P2")])
        assert [("P1", at(8), at(10)), ("P2", at(10), None)] == await _logins(connection, 0, 24)
        await _boot(connection, "next", 12, 14)
        assert [("P1", at(8), at(10)), ("P2", at(10), at(12))] == await _logins(connection, 0, 24)


@pytest.mark.parametrize("said", ["goodbye", "event", "import"])
async def test_a_login_ends_with_the_dock_and_with_an_import(opened: Database, said: str) -> None:
    async with opened.connection() as connection:
        events = [event("R1", 12, "docked", None)] if said == "event" else []
        await _say(connection, [birth("R1", 8, "P1")], events)
        if said == "goodbye":
            head = ("R1", at(12), at(12), at(12), "b8", 9, False, True)
            gone = (*head, "offline", None, "docked", None, None, None, None, None, None, None, None, None)
            await _say(connection, [gone], [])
    if said == "import":
        docked = {"docked_at": iso(12), "imported_at": iso(13), "recorded_from": iso(9), "recorded_to": iso(10)}
        base = {name: [element(name)] for name in ("units", "officers")}
        imported = [element("dock_imports", recorder_id="R1", **docked)]
        told = read(**base, recorders=[element("recorders", id="R1")], dock_imports=imported)
        assert isinstance(await load_facts(opened, told, "test", DAY), Loaded)
    async with opened.connection() as connection:
        assert [("P1", at(8), at(12))] == await _logins(connection, 0, 24)
        assert [] == await _logins(connection, 14, 24)


async def test_a_login_holds_until_the_recorder_says_otherwise(opened: Database) -> None:
    async with opened.connection() as connection:
        births = [birth("R1", 8, "P1"), birth("R2", 9, "P9")]
        await _boot(connection, "silent", 12, 13)
        events = [event("R1", 10, "login", "P2"), event("R1", 14, "login", "P3"), event("R1", 15, "logout", "P3")]
        await _say(connection, births, events)
        assert [("P1", at(8), at(10)), ("P2", at(10), at(12)), ("P3", at(14), at(15))] == await _logins(
            connection, 0, 24
        )
        assert [("P2", at(10), None)] == await _logins(connection, 10.5, 11)
        assert [] == await _logins(connection, 12.5, 13.5)
        assert [] == await _logins(connection, 15, 30)


async def test_a_login_that_names_nobody_is_nobodys(opened: Database) -> None:
    async with opened.connection() as connection:
        await _say(connection, [birth("R1", 8, "P1")], [event("R1", 9, "login", None), event("R1", 10, "login", "P 2")])
        assert [("P1", at(8), at(9))] == await _logins(connection, 0, 24)


async def test_a_login_that_was_not_repeated_for_a_week_holds_no_longer(opened: Database) -> None:
    async with opened.connection() as connection:
        await _say(connection, [birth("R1", 8, "P1")], [])
        assert 1 == len(await _logins(connection, 8 + 7 * 24 - 1, 400))
        assert [] == await _logins(connection, 8 + 7 * 24 + 1, 400)


async def _bureau(database: Database, seed: int) -> tuple[list[str], list[str]]:
    """A squad of twelve whose day is as confused as can be."""
    draw = random.Random(seed)
    officers, recorders = [f"P{n}" for n in range(12)], [f"R{n}" for n in range(12)]

    def span(most_h: int) -> dict[str, str]:
        start = draw.randrange(-6, 24)
        return {"starts_at": iso(start), "ends_at": iso(start + draw.randrange(1, most_h))}

    arrays: dict[Collection, list[dict[str, Any]]] = {
        "units": [element("units")],
        "officers": [element("officers", id=officer_id) for officer_id in officers],
        "recorders": [
            element("recorders", id=recorder_id, holder_id=draw.choice([None, *officers])) for recorder_id in recorders
        ],
        "assignments": [
            element(
                "assignments",
                id=f"A{n}",
                recorder_id=draw.choice(recorders),
                officer_id=draw.choice(officers),
                reason=draw.choice(["daily", "spare", "swap", "joint"]),
                entered_at=draw.choice([None, iso(draw.randrange(30))]),
                **span(9),
            )
            for n in range(14)
        ],
        "shifts": [
            element(
                "shifts",
                id=f"S{n}",
                officer_id=draw.choice(officers),
                recorder_id=draw.choice([None, None, *recorders]),
                cancelled_at=draw.choice([None, None, iso(draw.randrange(24))]),
                **span(12),
            )
            for n in range(10)
        ],
        "activities": [
            element(
                "activities",
                id=f"C{n}",
                officer_id=draw.choice(officers),
                officer_ids=draw.sample(officers, 2),
                recorder_id=draw.choice([None, *recorders]),
                **span(4),
            )
            for n in range(10)
        ],
        "exemptions": [
            element("exemptions", id=f"E{n}", officer_id=draw.choice(officers), **span(5)) for n in range(3)
        ],
        "fault_reports": [
            element(
                "fault_reports",
                id=f"F{n}",
                officer_id=draw.choice(officers),
                recorder_id=draw.choice(recorders),
                reported_at=iso(draw.randrange(24)),
            )
            for n in range(3)
        ],
    }
    loaded = await load_facts(database, read(**arrays), "test", START_OF_FILE, approve=False)
    assert isinstance(loaded, Loaded), [str(fault) for fault in loaded]
    births = [birth(draw.choice(recorders), draw.randrange(24), draw.choice([None, *officers]), n) for n in range(12)]
    async with database.connection() as connection:
        await _say(connection, births, [])
        await connection.execute(
            "INSERT INTO recorder_state (recorder_id, first_received_at, last_received_at) SELECT DISTINCT recorder_id, now(), now() FROM presence"
        )
    return officers, recorders


@pytest.mark.parametrize("seed", range(8))
async def test_a_part_of_the_facts_answers_like_the_whole(opened: Database, seed: int) -> None:
    officers, recorders = await _bureau(opened, seed)
    async with opened.connection() as connection:
        whole = await known_facts(connection, NOW, WITHIN)
        for recorder_id in recorders:
            part = await known_facts(connection, NOW, WITHIN, recorder_ids=[recorder_id])
            assert wearers_during(recorder_id, WITHIN, whole) == wearers_during(recorder_id, WITHIN, part)
            assert recorder_on_duty(recorder_id, WITHIN, whole) == recorder_on_duty(recorder_id, WITHIN, part)
            assert recorder_excuses(recorder_id, WITHIN, whole) == recorder_excuses(recorder_id, WITHIN, part)
        for officer_id in officers:
            part = await known_facts(connection, NOW, WITHIN, recorder_ids=[], officer_ids=[officer_id])
            assert worn_by(officer_id, WITHIN, whole) == worn_by(officer_id, WITHIN, part)
        for duty in whole.duties:
            named = [] if duty.recorder_id is None else [duty.recorder_id]
            part = await known_facts(connection, NOW, WITHIN, recorder_ids=named, officer_ids=duty.officer_ids)
            assert team_wore(duty, WITHIN, whole) == team_wore(duty, WITHIN, part)
            assert duty_excuses(duty, WITHIN, whole) == duty_excuses(duty, WITHIN, part)


async def _plan(connection: Connection, text: str, *values: Any) -> str:
    return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {text}", *values))


async def test_what_touches_a_stretch_is_found_by_indexes_and_not_by_reading_history(opened: Database) -> None:
    async with opened.connection() as connection:
        await connection.execute("""
            INSERT INTO shift_fact (shift_id, version, slice, known_from, late, officer_id, starts_at, ends_at, kind)
            SELECT 'S' || n, 1, 0, '2025-01-01', false, 'P' || n % 500, t, t + INTERVAL '8 h', 'patrol'
            FROM generate_series(1, 60000) n, LATERAL (SELECT timestamptz '2025-06-01' + n * INTERVAL '6 min') AS s (t)
        """)
        await connection.execute("""
            INSERT INTO activity_fact (activity_id, version, slice, known_from, late, officer_id, officer_ids, kind, starts_at, ends_at, times_from)
            SELECT 'C' || n, 1, 0, '2025-01-01', false, 'P' || n % 500, ARRAY['P' || n % 500], 'penalty', t, t + INTERVAL '1 h', 'manual'
            FROM generate_series(1, 60000) n, LATERAL (SELECT timestamptz '2025-06-01' + n * INTERVAL '6 min') AS s (t)
        """)
        await connection.execute(
            "INSERT INTO activity_officer SELECT officer_id, ends_at, activity_id, 1, 0 FROM activity_fact"
        )
        await connection.execute("ANALYZE")
        until = datetime(2026, 2, 5, tzinfo=UTC)
        span = (until, until - timedelta(days=1), until)
        for name, scope in (("known_shifts_of", (["R1"], ["P1"])), ("known_activities_of", (["R1"], ["P1"]))):
            plan = await _plan(connection, query("facts", name), *span, *scope)
            assert "Seq Scan" not in plan, plan
        for name, scope in (("known_shifts", ()), ("known_activities", ())):
            plan = await _plan(connection, query("facts", name), *span, *scope)
            assert "Seq Scan" not in plan, plan
        plan = await _plan(connection, query("facts", "changed_between"), span[1], span[2])
        assert "Seq Scan on shift_fact" not in plan, plan
        assert "Seq Scan on activity_fact" not in plan, plan
