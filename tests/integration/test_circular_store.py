"""Circulars on a database: coverage and punctuality counted from readings and facts, months closed once and frozen."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from standins.incident_scene import LEADER, OFFICER, OTHER_VERIFIER, VERIFIER, Weekdays, committed, finding
from standins.squad import LONG_BEFORE, squad

from alerts.facts.load import Loaded, put_facts
from alerts.incidents.human_actions import act
from alerts.incidents.reconcile import reconcile
from alerts.incidents.revise import incident_id
from alerts.paperwork.circulars.closing import (
    NOT_OVER,
    OUT_OF_ORDER,
    close_period,
    closed_months,
    count_open_months,
    figures_at,
)
from alerts.paperwork.circulars.figures import Figures, circular_of
from telemetry.records.circulars import CountRow
from telemetry.records.incidents import IncidentRow
from telemetry.store.circulars import keep_count
from telemetry.store.pool import Database

TEN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai."""
HOUR = timedelta(hours=1)
APRIL, MAY = datetime(2026, 4, 1, 1, 0, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC)


async def put(database: Database, collection: Any, **values: Any) -> None:
    said = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    loaded = await put_facts(database, collection, [said], "test", LONG_BEFORE)
    assert isinstance(loaded, Loaded), loaded


async def recorded(database: Database, start: datetime, end: datetime, seq: int) -> None:
    """R0017 recorded from *start* to *end*."""
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO recording_state (recorder_id, boot, since_ts, state, since, last_at) VALUES"
            " ('R0017', $3, $1::timestamptz, 'recording', $1, $2), ('R0017', $3, $2::timestamptz, 'standby', $2, $2)",
            start,
            end,
            f"b{seq}",
        )


async def upheld(database: Database, key: str, at: datetime) -> str:
    one = finding(key=key, starts_at=at - HOUR, ends_at=at - HOUR / 2)
    async with database.transaction() as connection:
        await reconcile(connection, [one], at)
    for minutes, (action, who) in enumerate(
        (("acknowledge", LEADER), ("state", OFFICER), ("verify", VERIFIER), ("uphold", VERIFIER))
    ):
        await decide(database, key, action, who, at + timedelta(minutes=minutes))
    return incident_id("sim-removed", key)


async def decide(database: Database, key: str, action: Any, who: Any, at: datetime) -> None:
    name = incident_id("sim-removed", key)
    done = await committed(database, act, name, action, who, "理由", expected_version=None, now=at, calendar=Weekdays())
    assert isinstance(done, IncidentRow), done


async def test_coverage_and_punctuality_come_of_readings_and_facts(database: str) -> None:
    async with squad(database) as base:
        await put(base, "recorders", id="R0017", unit_id="U04", model="HX", holder_id="P0031")
        activity = {"officer_id": "P0031", "kind": "inspection"}
        await put(base, "activities", id="A1", starts_at=TEN, ends_at=TEN + HOUR, **activity)
        await put(base, "activities", id="A2", starts_at=TEN + 4 * HOUR, ends_at=TEN + 5 * HOUR, **activity)
        await put(base, "activities", id="A3", starts_at=TEN - 96 * HOUR, ends_at=TEN - 95 * HOUR, **activity)
        await recorded(base, TEN, TEN + HOUR, 1)
        await recorded(base, TEN + 4 * HOUR, TEN + 4.5 * HOUR, 2)
        await put(
            base,
            "dock_imports",
            id="D1",
            recorder_id="R0017",
            station_id="ST1",
            docked_at=TEN + 2 * HOUR,
            imported_at=TEN + 3 * HOUR,
            files=1,
            megabytes=1,
            recorded_from=TEN,
            recorded_to=TEN + HOUR,
        )
        async with base.connection() as connection:
            figures = await figures_at(connection, "2026-03", APRIL)
            february = await figures_at(connection, "2026-02", APRIL)
    [squads] = [tally for tally in figures.tallies if tally.unit_id == "U04"]
    assert (2, 7200.0, 5400.0, 2, 1) == (
        squads.activities,
        squads.activity_s,
        squads.recorded_s,
        squads.imports_due,
        squads.imports_in_time,
    )
    assert 1 == sum(tally.activities for tally in february.tallies)


async def test_a_month_is_closed_once_and_what_changes_later_is_corrected_in_the_next(database: str) -> None:
    async with squad(database) as base:
        stays = await upheld(base, "R0017|a", TEN)
        goes = await upheld(base, "R0018|b", TEN + 24 * HOUR)
        assert NOT_OVER == await committed(base, close_period, "2026-03", "qinwu", TEN)
        closings = await asyncio.gather(*(committed(base, close_period, "2026-03", "qinwu", APRIL) for _ in range(3)))
        assert 1 == sum(isinstance(one, Figures) for one in closings)
        async with base.connection() as connection:
            before = await figures_at(connection, "2026-03", APRIL)
        for minutes, action in enumerate(("reopen", "revoke")):
            await decide(base, "R0018|b", action, OTHER_VERIFIER, APRIL + timedelta(hours=1, minutes=minutes))
        assert OUT_OF_ORDER != await committed(base, close_period, "2026-04", "qinwu", MAY)
        assert OUT_OF_ORDER == await committed(base, close_period, "2026-02", "qinwu", MAY)
        async with base.connection() as connection:
            again = await figures_at(connection, "2026-03", MAY)
            march, april = await closed_months(connection)
    assert before == again == march
    assert {stays, goes} == set(circular_of(again, None, None, "全局").total.incident_ids)
    corrections = circular_of(april, march, None, "全局").corrections
    assert [(goes, -1, "2026-03")] == [(one.incident_id, one.sign, one.of_period) for one in corrections]


async def test_open_months_are_counted_once_a_day_and_closed_ones_no_more(database: str) -> None:
    async with squad(database) as base:
        assert 2 == await count_open_months(base, APRIL)
        assert 0 == await count_open_months(base, APRIL + 14 * HOUR)
        assert isinstance(await committed(base, close_period, "2026-03", "qinwu", APRIL + 15 * HOUR), Figures)
        assert 1 == await count_open_months(base, APRIL + 24 * HOUR)


async def test_a_count_that_took_long_stands_for_the_day_and_one_from_before_the_end_closes_no_month(
    database: str,
) -> None:
    end = datetime(2026, 3, 31, 16, 0, tzinfo=UTC)
    async with squad(database) as base:

        async def activities(counted_at: datetime, took_s: float, now: datetime) -> tuple[int, str]:
            tally = {"unit_id": "U04", "name": "一中队", "parent_id": None, "kind": "squad", "activities": 7}
            async with base.connection() as connection:
                await keep_count(connection, CountRow("2026-03", counted_at, took_s, [tally]))
                figures = await figures_at(connection, "2026-03", now)
            return sum(t.activities for t in figures.tallies), figures.as_of

        early = end - 20 * HOUR
        assert (7, early.isoformat()) == await activities(early, 60.0, early + HOUR)
        assert (0, (end + HOUR).isoformat()) == await activities(early, 60.0, end + HOUR)
        assert 7 == (await activities(end + HOUR, 60.0, end + 9 * HOUR))[0]
        assert 0 == (await activities(end + HOUR, 60.0, end + 28 * HOUR))[0]
        assert 0 == (await activities(end + 2 * HOUR, 0.5, end + 9 * HOUR))[0]
        assert 7 == (await activities(end + 3 * HOUR, 60.0, end + 9 * HOUR))[0]
        closed = await committed(base, close_period, "2026-03", "qinwu", end + 10 * HOUR)
    assert isinstance(closed, Figures)
    assert (7, (end + 3 * HOUR).isoformat()) == (sum(t.activities for t in closed.tallies), closed.as_of)


async def test_a_closed_month_is_never_edited(database: str) -> None:
    async with squad(database) as base:
        assert isinstance(await committed(base, close_period, "2026-03", "qinwu", APRIL), Figures)
    connection = await asyncpg.connect(database)
    try:
        for statement in ("UPDATE circular SET closed_by = 'x'", "DELETE FROM circular"):
            with pytest.raises(asyncpg.PostgresError, match="never edited"):
                await connection.execute(statement)
    finally:
        await connection.close()
