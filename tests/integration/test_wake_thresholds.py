"""A rule is woken at its own parameter: where a bureau sets another level, that is where it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from hard_case_fleet import HardCaseFleet
from trace_builder import at

from alerts.evaluation.engine import tick
from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from alerts.facts.load import load_facts
from alerts.facts.versions import START_OF_FILE
from alerts.rules.settings import RuleSettings
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Writer
from telemetry.store.backtest import filling
from telemetry.store.incidents import all_incidents
from telemetry.store.pool import Connection

LEVELS = [30.0, 21.0, 19.0, 17.0, 11.0, 9.0, 7.0]
"""Per cent, ten minutes apart from 09:00 on."""


class Draining(HardCaseFleet):
    """One recorder on duty whose battery runs down."""

    def normal(self, name: str) -> None:
        """Nobody else is there."""


def drained() -> Draining:
    stage = Draining()
    device = stage.device("LOW")
    moment = at("08:31")
    for level, until in zip([80.0, *LEVELS], [at("09:00") + timedelta(minutes=10 * n) for n in range(8)], strict=True):
        device.level = level
        device.live(moment, until)
        moment = until
    return stage


@asynccontextmanager
async def ticked(dsn: str, settings: RuleSettings, end: datetime) -> AsyncIterator[Connection]:
    """The database after a tick each minute up to *end*."""
    stage = drained()
    async with filling(dsn) as database:
        facts = read_json(json.dumps(stage.bureau.facts).encode(), "facts.json")
        assert isinstance(facts, FactSet)
        await load_facts(database, facts, "test", START_OF_FILE)
        writer = Writer(database)
        then, is_first = at("08:29"), True
        while then < end:
            now = then + timedelta(minutes=1)
            said = [line for line in stage.trace.lines if then <= line[0] < now]
            arrivals = [
                Arrival(topic, json.dumps(body).encode(), m)
                for m, topic, body in sorted(said, key=lambda line: line[0])
            ]
            if arrivals:
                await writer.write(arrivals)
            await tick(database, now, settings, is_first=is_first)
            then, is_first = now, False
        async with database.connection() as connection:
            yield connection


def told_at(dsn: str, settings: RuleSettings) -> list[datetime]:
    """When each reminder of a low battery opened."""

    async def run() -> list[datetime]:
        async with ticked(dsn, settings, at("10:20")) as connection:
            return sorted(i.detected_at for i in await all_incidents(connection) if i.rule == "battery-low")

    return asyncio.run(run())


def test_a_running_duty_is_judged_again_at_its_end_only(database: str) -> None:
    async def due() -> list[bool]:
        async with ticked(database, RuleSettings(), at("09:20")) as connection:
            return list(
                await connection.fetchrow(
                    "SELECT count(*) > 0, bool_and(d.due_at >= s.ends_at) FROM evaluation_due d "
                    "JOIN shift_fact s ON s.shift_id = d.key WHERE d.kind = 'shift'"
                )
                or []
            )

    assert [True, True] == asyncio.run(due())


@pytest.mark.parametrize(("below_pct", "opens"), [(20, "09:20"), (10, "09:50"), (5, None)])
def test_a_battery_is_told_of_below_the_level_that_the_bureau_set(
    database: str, below_pct: int, opens: str | None
) -> None:
    settings = RuleSettings().changed({"battery-low": {"below_pct": below_pct}})
    found = told_at(database, settings)
    if opens is None:
        assert [] == found
    else:
        (detected_at,) = found
        # Two readings a minute apart, and the tick after them.
        assert at(opens) <= detected_at <= at(opens) + timedelta(minutes=5)
