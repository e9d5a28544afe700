"""A trace played over MQTT to the running server ends in the same incidents as its back-test."""

import asyncio
import gzip
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from backend import IS_FULL, wait_until_subscribed
from pydantic import SecretStr
from services.mosquitto import Mosquitto

from alerts.backtest.run import run_backtest
from alerts.evaluation.engine import tick
from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from alerts.facts.load import load_facts
from alerts.facts.versions import START_OF_FILE
from alerts.incidents.export import export_incidents
from device_sim.scenario import load
from device_sim.scenario_run import write_scenario
from device_sim.transport.mqtt5_client import BrokerAddress
from device_sim.transport.replay import ReplaySettings, replay
from telemetry.app import serving
from telemetry.domain.clock import Pace
from telemetry.domain.trace import read_lines
from telemetry.settings import BrokerSettings, DatabaseSettings, HttpSettings
from telemetry.settings_tree import Settings
from telemetry.store.pool import Database

pytestmark = pytest.mark.slow

SPEED = 1.0 if IS_FULL else 30.0
"""Simulated seconds a second: in the long form half an hour lasts half an hour."""
RECORDERS = 60 if IS_FULL else 30
HALF_AN_HOUR = timedelta(minutes=30)
LEAD = timedelta(minutes=3)
BEHIND = timedelta(seconds=2 * SPEED)
"""How far the rules are told to be behind: what is on its way must be stored before a tick passes it."""
WITHIN = timedelta(minutes=1) + BEHIND
"""Times agree within a tick; a back-test ticks once a minute."""
TIMES = ("starts_at", "ends_at", "confirmed_at")


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with Mosquitto() as mosquitto:
        yield mosquitto


async def test_what_is_played_live_ends_as_its_back_test(broker: Mosquitto, database: str, tmp_path: Path) -> None:
    """Rule, subject, period, confidence, weight and status of every incident; the times within a tick."""
    facts, trace = half_an_hour(tmp_path)
    lines = list(read_lines(trace))
    until = lines[-1].received_at + BEHIND
    out = tmp_path / "incidents.json"
    await run_backtest(facts, trace, until, out)
    tested = by_subject(json.loads(out.read_text("utf-8")))
    assert 2 <= sum(subject[0] == "sim-removed" for subject in tested)

    live = by_subject(await play(broker, database, (facts, trace), (lines[0].received_at, until)))
    assert tested.keys() == live.keys()
    for subject, expected in tested.items():
        found = live[subject]
        assert [expected[name] for name in ("confidence", "weight", "status", "cause")] == [
            found[name] for name in ("confidence", "weight", "status", "cause")
        ], subject
        for name in TIMES:
            assert (expected[name] is None) == (found[name] is None), (subject, name)
            if expected[name] is not None:
                apart = datetime.fromisoformat(expected[name]) - datetime.fromisoformat(found[name])
                assert abs(apart) <= WITHIN, (subject, name)


def half_an_hour(folder: Path) -> tuple[Path, Path]:
    """A scenario's facts, and of its trace the half hour in which most cards are pulled and come back."""
    scenario = load("sim-pulls")
    written = write_scenario(scenario.model_copy(update={"recorders": RECORDERS, "seed": 910_004}), folder)
    pulls = [
        (datetime.fromisoformat(label["starts_at"]), datetime.fromisoformat(label["ends_at"]))
        for label in json.loads(written.labels.read_text("utf-8"))
        if label["rule"] == "sim-removed" and label["ends_at"] is not None
    ]
    starts = [start - LEAD for start, _ in pulls]
    begins = max(starts, key=lambda at: sum(at < start and end < at + HALF_AN_HOUR - LEAD for start, end in pulls))
    trace = folder / "half_an_hour.jsonl"
    with gzip.open(written.trace, "rt", encoding="utf-8") as lines, trace.open("w", encoding="utf-8") as kept:
        for line in lines:
            if begins <= datetime.fromisoformat(json.loads(line)["received_at"]) < begins + HALF_AN_HOUR:
                kept.write(line)
    return written.facts, trace


async def play(
    broker: Mosquitto, dsn: str, files: tuple[Path, Path], between: tuple[datetime, datetime]
) -> list[dict[str, Any]]:
    """Serve while the trace is published in its own pace, then look at the incidents as they stand at the end."""
    facts, trace = files
    first, until = between
    began: float | None = None
    settings = Settings(
        database=DatabaseSettings(url=SecretStr(dsn)),
        broker=BrokerSettings(host=broker.host, port=broker.port, tls=False),
        http=HttpSettings(port=0),
    )

    def now() -> datetime:
        return first if began is None else first + timedelta(seconds=(time.monotonic() - began) * SPEED)

    pace = Pace(now, lambda: min(now() - BEHIND, until), tick_s=0.5, plan_s=60.0)
    database = await Database.open(dsn)
    try:
        await load_facts(database, facts_of(facts), "test", START_OF_FILE, approve=False)
        async with serving(settings, pace=pace):
            await wait_until_subscribed(dsn, 1)
            began = time.monotonic()
            await replay(trace, ReplaySettings(SPEED), BrokerAddress(broker.host, broker.port))
            await asyncio.sleep(max(0.0, (until + BEHIND - now()).total_seconds() / SPEED))
        await tick(database, until)
        async with database.connection() as connection:
            return await export_incidents(connection)
    finally:
        await database.close()


def facts_of(path: Path) -> FactSet:
    read = read_json(path.read_bytes(), "facts")
    assert isinstance(read, FactSet)
    return read


def by_subject(incidents: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Incidents by rule and subject, and where somebody has several of a rule, by their order in time."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for incident in sorted(incidents, key=lambda each: str(each["starts_at"])):
        names = ("rule", "recorder_id", "officer_id", "unit_id", "shift_id", "activity_id")
        subject = tuple(incident[name] for name in names)
        number = sum(known[:-1] == subject for known in found)
        found[*subject, number] = incident
    return found
