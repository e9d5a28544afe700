"""What could not be judged is told to the engineers once, and seen wherever they look."""

from datetime import datetime

from trace_builder import at

from alerts.notices.planner import plan_notices
from alerts.notices.settings import NoticeSettings
from telemetry.cli.checks import check_rules
from telemetry.health.faults import judging_faults
from telemetry.health.look import find_faults
from telemetry.store.platform import judging, not_judged
from telemetry.store.pool import Database

_NOW = at("10:00")


async def _set_aside(database: Database, key: str, tried_at: datetime | None) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO judgement_aside (kind, key, stage, reason, since, tried_at) "
            "VALUES ('recorder', $1, 'silences', 'KeyError: boot', $2, $3)",
            key,
            _NOW,
            tried_at,
        )


async def test_what_is_set_aside_is_a_fault_with_its_name_and_reason(plain_database: str) -> None:
    database = await Database.open(plain_database)
    assert "nothing is set aside" == (await check_rules(database)).detail
    await _set_aside(database, "R0017", _NOW)
    await _set_aside(database, "R0018", None)
    assert {"rules.aside": "not_judged"} == {
        fault.place: fault.code for fault in await find_faults(database) if fault.place.startswith("rules")
    }
    assert ["R0017"] == [row["key"] for row in await not_judged(database, 10)]
    assert 1 == (await judging(database))["aside"]
    edge = await check_rules(database)
    assert "recorder R0017 (silences: KeyError: boot)" in (edge.fault or "")
    await database.close()


async def test_the_engineers_have_one_notice_of_it(plain_database: str) -> None:
    database = await Database.open(plain_database)
    await _set_aside(database, "R0017", _NOW)
    for _ in range(2):
        await plan_notices(database, NoticeSettings(), _NOW)
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT person, message->>'text' AS text FROM notice")
    assert ["post:engineers"] == [row["person"] for row in rows]
    assert "recorder R0017（KeyError: boot）" in rows[0]["text"]
    await database.close()


def test_rules_that_nobody_asks_any_more_are_a_fault() -> None:
    assert [] == judging_faults(3.0, 0) + judging_faults(None, 0)
    assert ["no_tick"] == [fault.code for fault in judging_faults(600.0, 0)]
