"""The live picture's statement and `alerts.duty.wearer`, `alerts.duty.on_duty` say the same of every recorder, whatever the facts."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from store_scene import Device, open_store

from alerts.duty.on_duty import recorder_on_duty
from alerts.duty.wearer import login_at, wearer
from alerts.facts.known_query import known_facts
from alerts.facts.load import Loaded, put_facts
from alerts.intervals import Interval
from telemetry.store.live import live_snapshot
from telemetry.store.pool import Database

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=2)
RECORDERS = [f"R{n}" for n in range(1, 9)]
PEOPLE = [f"P{n}" for n in range(1, 7)]
BEAT = {"uptime_s": 60, "network": "4g", "rsrp_dbm": -80, "cell": None}
UNITS = [
    {"id": "U1", "name": "局", "kind": "bureau"},
    {"id": "U2", "name": "队", "kind": "squad", "parent_id": "U1"},
    {"id": "U3", "name": "组", "kind": "squad", "parent_id": "U2"},
]


def drawn(chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    """Facts that contradict one another as often as not, all around NOW."""

    def hours(lowest: float, highest: float) -> str:
        return (NOW + timedelta(hours=chance.uniform(lowest, highest))).isoformat()

    def times(*, may_run: bool = False) -> dict[str, str]:
        found = {"starts_at": hours(-8, 1), "ends_at": hours(1, 4)}
        if chance.random() < 0.25:
            found["ends_at"] = hours(-0.1, 0.5) if found["starts_at"] < hours(-1, -1) else found["ends_at"]
        if may_run and chance.random() < 0.3:
            del found["ends_at"]
        return found

    def maybe(values: list[str], name: str, odds: float = 0.5) -> dict[str, str]:
        return {name: chance.choice(values)} if chance.random() < odds else {}

    return {
        "units": UNITS,
        "officers": [{"id": p, "name": p, "unit_id": chance.choice(["U2", "U3"]), "role": "officer"} for p in PEOPLE],
        "recorders": [{"id": r, "unit_id": "U2", "model": "X", **maybe(PEOPLE, "holder_id", 0.6)} for r in RECORDERS],
        "assignments": [
            {
                "id": f"A{n}",
                "recorder_id": chance.choice(RECORDERS),
                "officer_id": chance.choice(PEOPLE),
                "reason": chance.choice(["daily", "daily", "spare", "swap", "joint"]),
                **times(may_run=True),
            }
            for n in range(chance.randrange(7))
        ],
        "shifts": [
            {
                "id": f"S{n}",
                "officer_id": chance.choice(PEOPLE),
                "kind": chance.choice(["patrol", "patrol", "campaign", "office"]),
                **maybe(RECORDERS, "recorder_id", 0.4),
                **times(),
            }
            for n in range(chance.randrange(6))
        ],
        "activities": [
            {
                "id": f"C{n}",
                "officer_id": (team := chance.sample(PEOPLE, 2))[0],
                "officer_ids": team,
                "kind": "inspection",
                **maybe(RECORDERS, "recorder_id", 0.5),
                **times(may_run=True),
            }
            for n in range(chance.randrange(4))
        ],
        "exemptions": [
            {
                "id": f"E{n}",
                "reason": "meeting",
                "approved_by": "P0",
                **(maybe(PEOPLE, "officer_id", 1) if chance.random() < 0.7 else maybe(["U2", "U3"], "unit_id", 1)),
                **times(),
            }
            for n in range(chance.randrange(3))
        ],
    }


async def loaded(database: Database, facts: dict[str, list[dict[str, Any]]]) -> None:
    for collection, elements in facts.items():
        told: Any = collection
        # Entered before anything in them began: nothing waits for approval.
        done = await put_facts(database, told, [{**e, "entered_at": BEFORE.isoformat()} for e in elements], "t", BEFORE)
        assert isinstance(done, Loaded), done


@pytest.mark.parametrize("seed", range(12))
async def test_the_statement_names_whom_the_rules_would_name(database: str, seed: int) -> None:
    chance = random.Random(seed)
    async with open_store(database) as store:
        await loaded(store.database, drawn(chance))
        for recorder_id in RECORDERS:
            if chance.random() < 0.5:
                device = Device(recorder_id)
                said = {"officer_id": chance.choice([*PEOPLE, "P99"])} if chance.random() < 0.6 else {}
                at = NOW - timedelta(minutes=chance.randrange(1, 90))
                born = {"state": "online", "model": "X", "firmware": "1", "imei": "861234567890123", "uptime_s": 1}
                await store.write(device.send("presence", 0, at, session="s", **born, **said))
                if chance.random() < 0.3:
                    await store.write(device.send("event", 1, at + timedelta(seconds=30), type="docked"))
                elif chance.random() < 0.3:
                    await store.write(device.send("heartbeat", 1, NOW, **BEAT))
        rows = {row.recorder_id: row for row in await live_snapshot(store.database, NOW)}
        async with store.database.connection() as connection:
            known = await known_facts(connection, NOW, Interval(NOW - timedelta(hours=24), NOW + timedelta(hours=1)))
    # Whether his own recorder was on meanwhile is asked by the rules only.
    known = replace(known, used=())
    for recorder_id in RECORDERS:
        row = rows[recorder_id]
        answer = wearer(recorder_id, NOW, known, login_at(recorder_id, NOW, known))
        stretches = recorder_on_duty(recorder_id, Interval(NOW, NOW + timedelta(microseconds=1)), known)
        said = (recorder_id, answer.officer_id, tuple(answer.candidates), bool(stretches))
        assert said == (recorder_id, row.officer_id, tuple(sorted(row.candidates)), row.on_duty), answer
