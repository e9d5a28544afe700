"""Facts on a database: all or nothing, nothing rewritten, and what could be known at a moment."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from facts_scene import element, everything, fact, read

from alerts.facts.elements import FactSet
from alerts.facts.faults import FactFault
from alerts.facts.json_file import read_json
from alerts.facts.known_query import known_facts
from alerts.facts.load import Loaded, load_facts, put_facts
from alerts.facts.models import MODELS, Collection
from alerts.facts.rows import TABLES, values_of
from alerts.facts.versions import START_OF_FILE, Mark, next_version, settle, write
from alerts.intervals import Interval
from telemetry.store import fact_review as review
from telemetry.store import facts as store
from telemetry.store.pool import Database

DAY = datetime(2026, 3, 1, 16, tzinfo=UTC)
"""Midnight of 2 March in Shanghai."""


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


@pytest_asyncio.fixture
async def bureau(database: str) -> AsyncIterator[Database]:
    """A database on TimescaleDB with one element of every collection, loaded long ago."""
    opened = await Database.open(database)
    try:
        await _load(opened, read(**everything()), now=START_OF_FILE, approve=False)
        yield opened
    finally:
        await opened.close()


async def _load(database: Database, facts: FactSet, *, now: datetime, approve: bool = True) -> Loaded:
    loaded = await load_facts(database, facts, "test", now, approve=approve)
    assert isinstance(loaded, Loaded), [str(fault) for fault in loaded]
    return loaded


async def _put(database: Database, collection: Collection, now: datetime, *elements: dict[str, Any]) -> Loaded:
    loaded = await put_facts(database, collection, list(elements), "test", now)
    assert isinstance(loaded, Loaded), [str(fault) for fault in loaded]
    return loaded


async def _rows(database: Database, text: str, *values: Any) -> list[tuple[Any, ...]]:
    async with database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(text, *values)]


async def test_every_collection_is_known_as_it_was_written(bureau: Database) -> None:
    for collection in MODELS:
        async with bureau.connection() as connection:
            (row,) = await connection.fetch(f"SELECT * FROM {collection}_known_at($1)", at(240))
        expected = values_of(collection)(fact(collection))
        kept = tuple(row[column] for column in TABLES[collection].columns)
        assert [list(v) if isinstance(v, tuple) else v for v in expected] == list(kept), collection


async def test_the_same_file_again_adds_nothing(bureau: Database) -> None:
    loaded = await _load(bureau, read(**everything()), now=at(9))
    assert (dict.fromkeys(MODELS, 0), dict.fromkeys(MODELS, 1)) == (loaded.new, loaded.unchanged)
    assert [(11, 1)] == await _rows(bureau, "SELECT count(*), max(version) FROM fact_version")


async def test_an_unknown_reference_stores_nothing_and_is_named(bureau: Database) -> None:
    elements = [element("shifts", id="S2"), element("shifts", id="S3", officer_id="P404")]
    faults = await put_facts(bureau, "shifts", elements, "test", at(8))
    assert isinstance(faults, list)
    assert ["shifts[1]: officer_id: no officer P404"] == [str(fault) for fault in faults]
    assert [(1,)] == await _rows(bureau, "SELECT count(*) FROM shift_fact")


async def test_an_unknown_reference_in_a_file_has_its_line(bureau: Database) -> None:
    data = json.dumps({"shifts": [element("shifts", id="S2"), element("shifts", officer_id="P404")]}, indent=1)
    facts = read_json(data.encode(), "facts.json")
    assert isinstance(facts, FactSet)
    faults = await load_facts(bureau, facts, "test", at(8))
    assert isinstance(faults, list)
    assert ["facts.json:10: shifts[1]: officer_id: no officer P404"] == [str(fault) for fault in faults]
    assert data.splitlines()[9].strip() == "{"


async def test_a_faulty_element_stores_nothing_and_is_named(bureau: Database) -> None:
    faults = await put_facts(bureau, "shifts", [element("shifts", id="S2"), {"id": "S3"}], "test", at(8))
    assert isinstance(faults, list)
    assert {1} == {fault.element for fault in faults}
    assert [(1,)] == await _rows(bureau, "SELECT count(*) FROM shift_fact")


async def test_a_reference_may_lead_to_what_was_stored_before(bureau: Database) -> None:
    await _put(bureau, "officers", at(8), element("officers", id="P2", unit_id="U1"))


async def test_a_unit_never_comes_to_stand_above_itself(bureau: Database) -> None:
    await _put(bureau, "units", at(8), element("units", id="U2", parent_id="U1"))
    faults = await put_facts(bureau, "units", [element("units", parent_id="U2")], "test", at(9))
    assert isinstance(faults, list)
    assert ["parent_id"] == [fault.field for fault in faults]


async def test_what_is_written_again_is_another_version_and_the_earlier_is_kept(bureau: Database) -> None:
    await _put(bureau, "recorders", at(10), element("recorders", holder_id="P1"))
    known = [await _rows(bureau, "SELECT holder_id FROM recorders_known_at($1)", at(h)) for h in (9, 10, 11)]
    assert [[(None,)], [("P1",)], [("P1",)]] == known
    async with bureau.connection() as connection:
        history = await review.history(connection, "recorders", "R1")
    assert [(1, START_OF_FILE), (2, at(10))] == [(past.version, past.loaded_at) for past in history]


async def test_versions_within_one_file_count_from_when_they_were_entered(bureau: Database) -> None:
    corrected = [
        element("activities", id="C2", entered_at=at(9).isoformat(), ends_at=at(11).isoformat()),
        element("activities", id="C2", entered_at=at(20).isoformat(), ends_at=at(12).isoformat()),
    ]
    for _ in range(2):
        await _load(bureau, read(activities=corrected), now=START_OF_FILE, approve=False)
    known = [
        await _rows(bureau, "SELECT ends_at FROM activities_known_at($1) WHERE activity_id = 'C2'", at(h))
        for h in (8, 9, 19, 20)
    ]
    assert [[], [(at(11),)], [(at(11),)], [(at(12),)]] == known


async def test_what_is_cancelled_is_known_no_longer(bureau: Database) -> None:
    await _put(bureau, "shifts", at(8), element("shifts", cancelled_at=at(8.5).isoformat()))
    known = [await _rows(bureau, "SELECT shift_id FROM shifts_known_at($1)", at(h)) for h in (8.4, 8.5)]
    assert [[("S1",)], []] == known


async def test_footage_is_known_as_far_as_it_had_come(bureau: Database) -> None:
    footage = element("phone_footage", uploaded_at=at(18).isoformat(), delivered_at=at(40).isoformat(), id="M2")
    await _load(bureau, read(phone_footage=[footage]), now=START_OF_FILE, approve=False)
    text = "SELECT uploaded_at, delivered_at FROM phone_footage_known_at($1) WHERE phone_footage_id = 'M2'"
    known = [await _rows(bureau, text, at(h)) for h in (15, 16, 18, 40)]
    assert [[], [(None, None)], [(at(18), None)], [(at(18), at(40))]] == known


async def test_segments_are_kept_as_the_moments_that_they_cover(bureau: Database) -> None:
    segments = [
        {"from": at(10).isoformat(), "to": at(11).isoformat()},
        {"from": at(10.5).isoformat(), "to": at(12).isoformat()},
        {"from": at(14).isoformat(), "to": at(14).isoformat()},
    ]
    await _put(bureau, "dock_imports", at(18), element("dock_imports", id="I2", segments=segments))
    await _put(bureau, "dock_imports", at(18), element("dock_imports", id="I3", segments=[]))
    text = "SELECT dock_import_id, lower(s), upper(s), segments IS NULL FROM dock_import_fact LEFT JOIN LATERAL unnest(segments) s ON true ORDER BY 1"
    assert [("I1", None, None, True), ("I2", at(10), at(12), False), ("I3", None, None, False)] == await _rows(
        bureau, text
    )


async def test_the_register_shows_what_is_known_now(bureau: Database) -> None:
    await _put(bureau, "units", at(8), element("units", id="U2", parent_id="U1"))
    await _put(bureau, "recorders", at(9), element("recorders", unit_id="U2", status="spare"))
    assert [("U1", None), ("U2", "U1")] == await _rows(bureau, "SELECT unit_id, parent_id FROM unit ORDER BY 1")
    assert [("R1", "U2", "spare")] == await _rows(bureau, "SELECT recorder_id, unit_id, status FROM recorder")
    await _put(bureau, "recorders", at(10), element("recorders", unit_id="U2", cancelled_at=at(10).isoformat()))
    assert [] == await _rows(bureau, "SELECT recorder_id FROM recorder")


async def test_the_register_waits_for_a_unit_that_is_entered_later(bureau: Database) -> None:
    facts = read(
        units=[element("units", id="U2", entered_at=at(12).isoformat())],
        recorders=[element("recorders", id="R2", unit_id="U2")],
    )
    await _load(bureau, facts, now=at(8))
    assert [("R1",)] == await _rows(bureau, "SELECT recorder_id FROM recorder")
    async with bureau.connection() as connection:
        assert 2 == await store.refresh_register(connection, at(12))
    assert [("R1",), ("R2",)] == await _rows(bureau, "SELECT recorder_id FROM recorder ORDER BY 1")


async def test_changes_are_told_once_and_later_ones_by_their_own_times(bureau: Database) -> None:
    async with bureau.connection() as connection:
        assert 11 == len(await store.take_changes(connection))
        assert [] == await store.take_changes(connection)
    await _put(bureau, "shifts", at(8), element("shifts", id="S2", kind="campaign", entered_at=at(12).isoformat()))
    async with bureau.connection() as connection:
        assert [("shifts", "S2")] == await store.take_changes(connection)
        assert [] == await store.changed_between(connection, at(9), at(11.9))
        assert [("shifts", "S2")] == await store.changed_between(connection, at(11.9), at(12))
        assert [] == await store.changed_between(connection, at(12), at(12.1))
        # The report of the scene is made at 15:00, its footage at 15:20, its import at 17:50.
        assert [at(12), at(15)] == [await store.next_change(connection, at(h)) for h in (9, 12)]
        assert await store.next_change(connection, at(400)) is None


async def test_what_is_overtaken_before_it_counts_never_changes_anything(bureau: Database) -> None:
    later, sooner = at(14).isoformat(), at(13).isoformat()
    await _put(bureau, "shifts", at(8), element("shifts", id="S2", entered_at=later, cancelled_at=sooner))
    async with bureau.connection() as connection:
        assert [] == await store.changed_between(connection, at(8), at(14.5))


async def test_a_load_waits_for_the_one_before_it(bureau: Database) -> None:
    async with asyncio.timeout(30), bureau.transaction() as connection:
        await store.lock_facts(connection)
        second = asyncio.create_task(_put(bureau, "shifts", at(8), element("shifts", id="S2", kind="office")))
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not await connection.fetchval(waiting):
            assert not second.done()
    assert 1 == (await second).new["shifts"]


async def test_two_loads_at_once_write_each_version_once(bureau: Database) -> None:
    shifts = [element("shifts", id=f"S{n}", ends_at=at(n / 4 + 0.1).isoformat()) for n in range(50, 90)]
    loads = await asyncio.gather(*(_put(bureau, "shifts", at(8), *shifts) for _ in range(4)))
    assert 40 == sum(loaded.new["shifts"] for loaded in loads)
    assert [(1,)] == await _rows(bureau, "SELECT max(version) FROM fact_version WHERE collection = 'shifts'")


@pytest.mark.parametrize("seed", range(6))
async def test_the_database_knows_at_every_moment_what_was_worked_out_for_it(bureau: Database, seed: int) -> None:
    draw = random.Random(seed)
    loads: list[tuple[datetime, list[dict[str, Any]]]] = []
    for hour in sorted(draw.sample(range(24), 4)):
        times = {
            name: at(draw.randrange(48)).isoformat()
            for name in ("entered_at", "cancelled_at", "repair_at", "resolved_at")
        }
        chosen = {name: times[name] for name in draw.sample(sorted(times), draw.randrange(5))}
        loads.append(
            (at(hour), [element("fault_reports", id="X", reported_at=at(draw.randrange(24)).isoformat(), **chosen)])
        )
    marks: list[Mark] = []
    facts: dict[tuple[int, int], Any] = {}
    for number, (now, elements) in enumerate(loads, 1):
        loaded = await _load(bureau, read(fault_reports=elements), now=now, approve=False)
        assert 1 == loaded.new["fault_reports"]
        written = read(fault_reports=elements).elements["fault_reports"][0].fact
        version = next_version(number, None, write(written), now, approve=False)
        for piece_number, piece in enumerate(version.slices):
            marks.append(Mark(number, piece_number, piece.known_from, written.cancelled_at))
            facts[number, piece_number] = piece.fact
    text = "SELECT repair_at, resolved_at, reported_at FROM fault_reports_known_at($1) WHERE fault_report_id = 'X'"
    for hour in range(-1, 50):
        expected = [
            (f.repair_at, f.resolved_at, f.reported_at)
            for mark, known_to in zip(marks, settle(marks), strict=True)
            if mark.known_from <= at(hour) and (known_to is None or at(hour) < known_to)
            for f in (facts[mark.version, mark.slice],)
        ]
        assert expected == await _rows(bureau, text, at(hour)), hour


async def test_known_facts_are_those_that_touch_the_stretch(bureau: Database) -> None:
    async with bureau.connection() as connection:
        known = await known_facts(connection, at(24), Interval(at(9), at(17)))
        before = await known_facts(connection, at(24), Interval(at(0), at(7)))
    assert (["U1"], ["P1"], ["R1"]) == (list(known.unit), list(known.officer), list(known.recorders_by_id))
    assert {"S1", "C1"} == {duty.duty_id for duty in known.duties}
    assert (["A1"], ["E1"], ["F1"]) == (
        [a.assignment_id for a in known.assignments],
        [e.exemption_id for e in known.exemptions],
        [r.fault_report_id for r in known.reports],
    )
    assert ([], [], []) == (list(before.assignments), list(before.duties), list(before.exemptions))


async def test_a_load_that_fails_on_the_way_leaves_nothing(bureau: Database) -> None:
    found = await put_facts(bureau, "shifts", {"id": "S2"}, "test", at(8))
    assert isinstance(found, list)
    assert isinstance(found[0], FactFault)
    assert "is no array" == found[0].reason


async def test_a_second_import_under_new_ids_adds_nothing_and_says_so(bureau: Database) -> None:
    again = [element("shifts", id="N1"), element("activities", id="N2")]
    loads = [
        await _put(bureau, collection, at(200), one)
        for collection, one in zip(("shifts", "activities"), again, strict=True)
    ]
    assert [{"shifts": 0}, {"activities": 0}] == [loaded.new for loaded in loads]
    assert ["taken as S1: the same conduct", "taken as C1: the same conduct"] == [
        warning.reason for loaded in loads for warning in loaded.warnings
    ]
    assert [("C1",)] == await _rows(bureau, "SELECT activity_id FROM activities_known_at($1)", at(240))
    assert [("S1",)] == await _rows(bureau, "SELECT shift_id FROM shifts_known_at($1)", at(240))


async def test_what_is_written_later_under_the_other_id_changes_the_one_fact(bureau: Database) -> None:
    await _put(bureau, "shifts", at(2), element("shifts", id="N1"))
    await _put(bureau, "shifts", at(3), element("shifts", id="N1", ends_at=at(18).isoformat()))
    assert [("S1", at(18))] == await _rows(bureau, "SELECT shift_id, ends_at FROM shifts_known_at($1)", at(4))
    await _put(bureau, "shifts", at(5), element("shifts", id="N1", cancelled_at=at(5).isoformat()))
    assert [] == await _rows(bureau, "SELECT shift_id FROM shifts_known_at($1)", at(6))


async def test_a_team_that_is_listed_person_by_person_is_one_activity(bureau: Database) -> None:
    await _put(bureau, "officers", at(8), element("officers", id="P2"))
    case = {"case_no": "示例案〔2026〕1号", "ends_at": at(11).isoformat()}
    rows = [element("activities", id=f"X{n}", officer_id=f"P{n}", **case) for n in (1, 2)]
    for _ in range(2):
        await _put(bureau, "activities", at(12), *rows)
    text = "SELECT activity_id, officer_ids FROM activities_known_at($1) WHERE case_no IS NOT NULL"
    assert [("X1", ["P1", "P2"])] == await _rows(bureau, text, at(13))
    assert [(1,)] == await _rows(bureau, "SELECT max(version) FROM fact_version WHERE fact_id = 'X1'")


async def test_a_fact_that_says_why_it_is_another_is_one(bureau: Database) -> None:
    loaded = await _put(bureau, "shifts", at(8), element("shifts", id="N1", override="同一时段两项任务"))
    assert ({"shifts": 1}, []) == (loaded.new, loaded.warnings)


async def test_what_came_after_a_cancelled_one_is_its_own(bureau: Database) -> None:
    await _put(bureau, "shifts", at(2), element("shifts", cancelled_at=at(2).isoformat()))
    await _put(bureau, "shifts", at(3), element("shifts", id="N1"))
    assert [("N1",)] == await _rows(bureau, "SELECT shift_id FROM shifts_known_at($1)", at(4))


async def test_a_number_of_another_stored_recorder_is_refused(bureau: Database) -> None:
    await _put(bureau, "recorders", at(8), element("recorders", imei="861234567890123"))
    second = element("recorders", id="R2", imei="861234567890123")
    faults = await put_facts(bureau, "recorders", [second], "test", at(9))
    assert isinstance(faults, list)
    assert ["recorders[0]: imei: the same as of recorder R1"] == [str(fault) for fault in faults]
    moved = [element("recorders"), second]
    assert {"recorders": 2} == (await _put(bureau, "recorders", at(9), *moved)).new


async def test_what_is_hardly_plausible_is_refused_with_its_line_or_says_why_it_is_right(bureau: Database) -> None:
    long = element("shifts", id="S2", ends_at="2062-03-02T17:00:00+08:00")
    faults = await load_facts(bureau, read(shifts=[long]), "test", at(8))
    assert isinstance(faults, list)
    assert ["facts.json:1: shifts[0]: ends_at: over 3 years from 2026-03-02"] == [str(fault) for fault in faults]
    loaded = await _load(bureau, read(shifts=[long | {"override": "长期借调"}]), now=at(8))
    assert {"shifts": 1} == loaded.new
