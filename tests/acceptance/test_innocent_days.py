"""Days without offence, spoiled by machines, networks and imports: nobody may be accused of anything, by the back-test."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import uvloop
from backend import IS_FULL
from standins.innocent_days import UNTIL
from standins.innocent_spoilers import KINDS, Fleet, innocent_fleet

from alerts.backtest.run import run_backtest
from telemetry.store.embedded import embedded_postgres
from telemetry.store.migrate import migrate
from telemetry.store.pool import Database

pytestmark = pytest.mark.slow

Incident = dict[str, Any]

RECORDERS: Final = 800 if IS_FULL else 40
SEEDS: Final = range(30_000, 30_007) if IS_FULL else range(14, 15)
LEAST: Final = 2_000_000 if IS_FULL else 5_000
"""Mutations in all fleets together, at least."""
OF_NOBODY: Final = {"recorder-offline", "outage"}
"""What the command centre is told of silences, whoever or whatever caused them."""
OF_DEVICES: Final = {
    "identity-conflict": {"boot reused", "seq wrapped", "IMEI not read"},
    "not-understood": {
        "refused",
        "refused for an hour",
        *(kind for kind in KINDS if "sentinel" in kind or " read" in kind),
    },
}
"""What engineers are told, and the mutations that it is true of."""


@dataclass(frozen=True, slots=True)
class Played:
    """One fleet and what the back-test made of it."""

    seed: int
    fleet: Fleet
    messages: int
    incidents: list[Incident]

    def accusations(self) -> list[Incident]:
        """What is above `suspected`, and neither cleared nor true."""
        return [i for i in self.incidents if i["confidence"] != "suspected" and not self._is_right(i)]

    def _is_right(self, incident: Incident) -> bool:
        # What was withdrawn had been told, unless it was a reminder of something that nobody knew better then.
        is_cleared = incident["status"] == "withdrawn" and incident["weight"] == "reminder"
        if is_cleared or incident["status"] == "excused" or incident["rule"] in OF_NOBODY:
            return True
        days = self.fleet.recorders.get(incident["recorder_id"])
        done = set() if days is None else {kind for kind, _ in days.spoiled}
        return bool(done & OF_DEVICES.get(incident["rule"], set()))

    def told(self, incident: Incident) -> str:
        """One line on an incident that should not be, and what had been done to that recorder's days."""
        days = self.fleet.recorders.get(incident["recorder_id"])
        kinds = Counter() if days is None else Counter(kind for kind, _ in days.spoiled)
        rare = [] if days is None else [f"{kind}: {what}" for kind, what in days.spoiled if kinds[kind] < 30][:12]
        names = ("recorder_id", "rule", "confidence", "status", "starts_at", "ends_at", "activity_id")
        about = " ".join(str(incident[name]) for name in names)
        return f"seed {self.seed} {about} {incident['evidence'].get('key')}\n  {dict(kinds)}\n  " + "\n  ".join(rare)


async def _play(seed: int, folder: Path) -> Played:
    fleet = innocent_fleet(RECORDERS, seed)
    lines = fleet.lines()
    (folder / "facts.json").write_text(json.dumps(fleet.facts(), ensure_ascii=False), "utf-8")
    (folder / "trace.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    async with embedded_postgres(folder / "pg", throw_away=True) as dsn:
        await _note_standstills(dsn, fleet)
        await run_backtest(folder / "facts.json", folder / "trace.jsonl", UNTIL, folder / "out.json", dsn=dsn)
    return Played(seed, fleet, len(lines), json.loads((folder / "out.json").read_text("utf-8")))


async def _note_standstills(dsn: str, fleet: Fleet) -> None:
    """Write the standstills that ingest would have noted itself."""
    database = await Database.open(dsn)
    try:
        async with database.connection() as connection:
            await migrate(connection)
            for began, ended in fleet.standstills:
                await connection.execute(
                    "INSERT INTO standstill (part, starts_at, ends_at, reason) VALUES ('broker', $1, $2, 'away')",
                    began,
                    ended,
                )
    finally:
        await database.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_that_befalls_an_innocent_day_becomes_an_accusation(seed: int, tmp_path: Path) -> None:
    played = uvloop.run(_play(seed, tmp_path))
    found = played.accusations()
    by_rule = Counter(incident["rule"] for incident in found)
    assert not found, f"{dict(by_rule)} in seed {seed}\n" + "\n".join(map(played.told, found[:8]))


def test_every_kind_of_mutation_occurs_and_some_days_are_left_alone() -> None:
    fleets = [innocent_fleet(RECORDERS, seed) for seed in SEEDS]
    done = sum((fleet.spoiled() for fleet in fleets), Counter[str]())
    assert set() == KINDS ^ set(done)
    assert LEAST <= done.total()
    assert all(any(not days.spoiled for days in fleet.recorders.values()) for fleet in fleets)
