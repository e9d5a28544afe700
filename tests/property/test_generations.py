"""The same name is not the same message: every message of a boot id drawn again is stored, and every duplicate is inert."""

import json
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from telemetry.ingest.arrival import Arrival
from telemetry.ingest.plan import plan_connections, plan_rows
from telemetry.ingest.sort import sort_arrivals
from telemetry.records.boots import Boot, BootKey

START: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
WRAP: Final = 40


class Ledger:
    """What the database would have of readings and boots after some batches."""

    def __init__(self) -> None:
        self.boots: dict[BootKey, Boot] = defaultdict(Boot)
        self.rows: list[tuple[Any, ...]] = []
        self.stored: dict[str, set[tuple[int, datetime]]] = defaultdict(set)
        self.heard: list[Any] = []

    def write(self, arrivals: list[Arrival]) -> None:
        batch = sort_arrivals(arrivals)
        for key in batch.boots:
            self.boots[key] = self.boots[key]
        plan = plan_rows(batch, self.boots, dict.fromkeys(batch.boots, self.stored))
        plan_connections(plan, {key: [] for key in plan.presence})
        for kind, rows in plan.rows.readings.items():
            for row in rows:
                self.rows.append((kind, row[4], row[5], row[2], row[1]))
                self.stored[row[4]].add((row[5], row[2]))
        self.heard += plan.rows.states

    def clocks(self) -> Any:
        boot = self.boots["R1", "b1"]
        return [replace(generation, later=[]) for generation in (boot, *boot.later)]


def said(kind: str, seq: int, at: datetime, late_s: float = 1.0, **fields: Any) -> Arrival:
    payload = {"ts": at.isoformat(), "boot": "b1", "seq": seq, **fields}
    return Arrival(f"recorder/v1/R1/{kind}", json.dumps(payload).encode(), at + timedelta(seconds=late_s))


def power_on(began: datetime, random: Random) -> list[Arrival]:
    """One generation: some of it measured before there was a link, then its birth, that backlog in any order, and readings."""
    stored, length = random.choice([0, 0, 3, 8]), random.randint(2, 12)
    measured = []
    for seq in range(stored):
        at = began + timedelta(seconds=5 + 30 * seq)
        measured.append({"kind": "battery", "ts": at.isoformat(), "boot": "b1", "seq": seq, **charge()})
    at = began + timedelta(seconds=5 + 30 * stored)
    uptime_s = int((at - began).total_seconds())
    about = {"state": "online", "model": "X", "firmware": "1", "uptime_s": uptime_s, "session": f"s{at:%H%M%S}"}
    arrivals = [said("presence", stored, at, **about)]
    if random.random() < 0.5:
        measured.reverse()
    live = []
    for seq in range(stored + 1, stored + 1 + length):
        at += timedelta(seconds=30)
        live.append(said("battery", seq, at, **charge()))
    sent = at + timedelta(seconds=5)
    late = [said("backlog", stored + 1 + length, sent, messages=measured)] if measured else []
    return [*arrivals, *live, *late]


def charge() -> dict[str, Any]:
    return {"level_pct": 50, "charging": False}


def wrapped(random: Random) -> list[Arrival]:
    """One power-on of which `seq` wraps, within a run of readings."""
    birth = said("presence", 0, START, state="online", model="X", firmware="1", uptime_s=1)
    numbers = range(1, WRAP * random.randint(2, 4))
    return [birth, *(said("battery", n % WRAP, START + timedelta(seconds=10 * n), **charge()) for n in numbers)]


def powers(random: Random) -> list[Arrival]:
    arrivals: list[Arrival] = []
    began = START
    for _ in range(random.randint(1, 4)):
        arrivals += power_on(began, random)
        began = arrivals[-1].received_at + timedelta(seconds=random.choice([20, 90, 4000]))
    return arrivals


def in_batches(arrivals: list[Arrival], random: Random) -> list[list[Arrival]]:
    batches = []
    while arrivals:
        size = random.choice([1, 2, 5, 50])
        batches.append(arrivals[:size])
        arrivals = arrivals[size:]
    return batches


def names(arrivals: list[Arrival]) -> int:
    """How many different messages there are, those in backlogs counted."""
    found = set()
    for arrival in arrivals:
        payload = json.loads(arrival.payload)
        found |= {(inner["seq"], inner["ts"]) for inner in payload.get("messages", [payload])}
    return len(found)


@given(st.integers(0, 2**32), st.sampled_from([powers, wrapped]))
def test_every_message_of_a_boot_id_used_again_is_stored_once(seed: int, trace: Any) -> None:
    random = Random(seed)
    arrivals = trace(random)
    ledger = Ledger()
    for batch in in_batches(arrivals, random):
        ledger.write(batch)
    assert names(arrivals) == len(ledger.rows)
    assert len(ledger.rows) == len({row[:3] for row in ledger.rows})
    generations = 1 + len(ledger.boots["R1", "b1"].later)
    assert [generations > 1] * generations == [boot.reused for boot in ledger.clocks()]
    if trace is wrapped:
        assert all(len(boot.seen) == 2 for boot in ledger.clocks()), "every generation is without holes"


@given(st.integers(0, 2**32), st.sampled_from([powers, wrapped]))
def test_what_comes_twice_changes_nothing_whenever_it_comes(seed: int, trace: Any) -> None:
    random = Random(seed)
    arrivals = trace(random)
    once, twice = Ledger(), Ledger()
    for arrival in arrivals:
        once.write([arrival])
    for number, arrival in enumerate(arrivals):
        twice.write([arrival])
        again = random.choice(arrivals[: number + 1])
        late = timedelta(seconds=random.choice([0.5, 40, 700, 90_000]))
        twice.write([Arrival(again.topic, again.payload, again.received_at + late)])
    assert once.rows == twice.rows
    assert once.clocks() == twice.clocks()
    assert once.heard == twice.heard
