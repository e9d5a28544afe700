"""Replaying or shuffling what arrived, in whatever batches, ends in the same rows."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from telemetry.domain.connection import PresenceFact
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.plan import plan_connections, plan_rows
from telemetry.ingest.sort import sort_arrivals
from telemetry.records.boots import Boot, BootKey

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RECORDERS = ("R1", "R2")


class Ledger:
    """What the database would have after some batches: each statement of intake.sql in a line or two."""

    def __init__(self) -> None:
        self.boots: dict[BootKey, Boot] = defaultdict(Boot)
        self.readings: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self.facts: dict[BootKey, list[PresenceFact]] = defaultdict(list)
        self.connections: dict[BootKey, Any] = {}
        self.states: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self.latest: dict[tuple[str, str], tuple[Any, ...]] = {}
        self.stored: dict[str, set[tuple[int, datetime]]] = defaultdict(set)
        self.copies = 0

    def write(self, arrivals: list[Arrival]) -> None:
        batch = sort_arrivals(arrivals)
        plan = plan_rows(batch, self.boots, dict.fromkeys(batch.boots, self.stored))
        plan_connections(plan, {key: self.facts[key] for key in plan.presence})
        for kind, rows in plan.rows.readings.items():
            for row in rows:
                self.copies += 1
                self.stored[row[4]].add((row[5], row[2]))
                self.readings[kind, row[0], row[4], row[5], row[2]] = row
        for key, fresh in plan.presence.items():
            self.facts[key] += [fact for fact, _ in fresh if fact not in self.facts[key]]
        self.connections |= plan.rows.connections
        for recorder_id, boot, since_ts, state, since, last_at, file_id, _, rank in plan.rows.recording_states:
            key = (recorder_id, boot, since_ts)
            known = self.states.get(key, (state, (rank, since), last_at, file_id))
            self.states[key] = (max(known[0], state), min(known[1], (rank, since)), max(known[2], last_at), file_id)

    def seen(self) -> dict[BootKey, list[int]]:
        return {key: boot.seen for key, boot in self.boots.items()}


def fleet(random: Random) -> list[Arrival]:
    """A few boots of two recorders: online, readings, a lost link, a backlog, a will, a goodbye."""
    arrivals = []
    for recorder in RECORDERS:
        for boot_number in range(random.randint(1, 2)):
            arrivals += boot_messages(recorder, f"b{boot_number}", START + timedelta(hours=boot_number), random)
    return arrivals


def boot_messages(recorder: str, boot: str, began: datetime, random: Random) -> list[Arrival]:
    arrivals = []
    stored: list[dict[str, Any]] = []
    seq = 0
    offline_until = 0
    connected, session = began, "s0"
    for minute in range(random.randint(3, 25)):
        at = began + timedelta(minutes=minute)
        late = timedelta(seconds=random.random() * 25)
        reconnected = minute == offline_until
        if reconnected:
            connected, session = at, f"s{minute}"
        kind, body = ("presence", birth(session, minute)) if reconnected else measure(at, random)
        seq += 1
        payload = {"ts": at.isoformat(), "boot": boot, "seq": seq, **body}
        if minute < offline_until:
            stored.append({"kind": kind, **payload})
            continue
        if stored:
            seq += 1
            envelope = {"ts": at.isoformat(), "boot": boot, "seq": seq, "messages": stored}
            arrivals.append(arrival(recorder, "backlog", envelope, at + late))
            stored = []
        arrivals.append(arrival(recorder, kind, payload, at + late))
        if random.random() < 0.15:
            offline_until = minute + random.randint(1, 5)
            will = {"ts": connected.isoformat(), "boot": boot, "state": "offline", "reason": "connection_lost"}
            will["session"] = session
            arrivals.append(arrival(recorder, "presence", will, at + timedelta(seconds=90)))
    return arrivals


def birth(session: str, minute: int) -> dict[str, Any]:
    about = {"model": "X", "firmware": "1", "imei": "861234567890123", "uptime_s": minute * 60 + 1}
    return {"state": "online", "session": session, **about}


def measure(at: datetime, random: Random) -> tuple[str, dict[str, Any]]:
    match random.randrange(3):
        case 0:
            return "battery", {"level_pct": random.randint(0, 100), "charging": False}
        case 1:
            since = at - timedelta(seconds=at.minute % 7 * 30)
            return "recording", {"state": random.choice(["recording", "standby"]), "since": since.isoformat()}
        case _:
            heartbeat = {"uptime_s": at.minute * 60 + 1, "network": "4g", "rsrp_dbm": -80, "cell": None}
            return "heartbeat", heartbeat


def arrival(recorder: str, kind: str, payload: dict[str, Any], at: datetime) -> Arrival:
    return Arrival(f"recorder/v1/{recorder}/{kind}", json.dumps(payload).encode(), at)


def in_batches(arrivals: list[Arrival], random: Random) -> list[list[Arrival]]:
    batches = []
    while arrivals:
        size = random.randint(1, 9)
        batches.append(arrivals[:size])
        arrivals = arrivals[size:]
    return batches


@given(st.integers(0, 2**32))
def test_shuffling_and_redelivery_end_in_the_same_rows(seed: int) -> None:
    random = Random(seed)
    arrivals = fleet(random)
    in_order, disturbed = Ledger(), Ledger()
    for batch in in_batches(arrivals, random):
        in_order.write(batch)
    again = arrivals + random.choices(arrivals, k=len(arrivals) // 2)
    random.shuffle(again)
    for batch in in_batches(again, random):
        disturbed.write(batch)

    assert in_order.readings == disturbed.readings
    assert len(disturbed.readings) == disturbed.copies
    assert in_order.seen() == disturbed.seen()
    assert in_order.states == disturbed.states
    assert in_order.connections == disturbed.connections
