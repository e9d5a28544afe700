"""A login that can't be read ends the one before it and names nobody: assignments decide, and without them nobody wears it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from store_scene import Device, Store, open_store

from alerts.duty.wearer import Wearer, login_at, wearer
from alerts.facts.known_query import known_facts
from alerts.facts.load import Loaded, put_facts
from alerts.intervals import Interval
from telemetry.ingest.arrival import Arrival
from telemetry.store.live import live_snapshot

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=2)
DEVICE = Device("R1")
TWO = {"id": "A2", "recorder_id": "R1", "officer_id": "P2", "starts_at": BEFORE.isoformat()}
FACTS: dict[str, list[dict[str, Any]]] = {
    "units": [{"id": "U1", "name": "局", "kind": "bureau"}],
    "officers": [{"id": p, "name": p, "unit_id": "U1", "role": "officer"} for p in ("P1", "P2")],
    "recorders": [{"id": "R1", "unit_id": "U1", "model": "X"}],
}


def birth(minutes_ago: int, **said: Any) -> Arrival:
    seq = 60 - minutes_ago
    born = {"state": "online", "model": "X", "firmware": "1", "imei": "861234567890123", "uptime_s": seq * 60 + 1}
    return DEVICE.send("presence", seq, NOW - timedelta(minutes=minutes_ago), session=f"s{seq}", **born, **said)


def login(minutes_ago: int, **detail: Any) -> Arrival:
    return DEVICE.send("event", 60 - minutes_ago, NOW - timedelta(minutes=minutes_ago), type="login", detail=detail)


async def answers(store: Store, *arrivals: Arrival, assigned: bool) -> tuple[Wearer, str | None]:
    """Who wears the recorder by the rules, and by the live picture."""
    for collection, elements in (FACTS | ({"assignments": [TWO]} if assigned else {})).items():
        told: Any = collection
        entered = [{**each, "entered_at": BEFORE.isoformat()} for each in elements]
        assert isinstance(await put_facts(store.database, told, entered, "t", BEFORE), Loaded)
    for arrival in arrivals:
        await store.write(arrival)
    (row,) = await live_snapshot(store.database, NOW)
    async with store.database.connection() as connection:
        known = await known_facts(connection, NOW, Interval(NOW - timedelta(hours=24), NOW + timedelta(hours=1)))
    return wearer("R1", NOW, known, login_at("R1", NOW, known)), row.officer_id


UNREAD = [
    pytest.param(birth(10, officer_id="P 1?"), id="a birth"),
    pytest.param(birth(10, officer_id=17), id="a birth with a number"),
    pytest.param(login(10, officer_id=None), id="an event"),
]


@pytest.mark.parametrize("unread", UNREAD)
async def test_it_ends_the_login_before_it_and_names_nobody(database: str, unread: Arrival) -> None:
    async with open_store(database) as store:
        answer, shown = await answers(store, birth(50, officer_id="P1"), unread, assigned=False)
    assert (None, ()) == (answer.officer_id, answer.candidates)
    assert shown is None


@pytest.mark.parametrize("unread", UNREAD)
async def test_it_leaves_the_wearer_to_the_assignment(database: str, unread: Arrival) -> None:
    async with open_store(database) as store:
        answer, shown = await answers(store, birth(50, officer_id="P1"), unread, assigned=True)
    assert ("P2", "P2") == (answer.officer_id, shown)


async def test_a_readable_login_after_it_counts_from_then_on_only(database: str) -> None:
    said = (login(50, officer_id="??"), birth(40, officer_id="P1"))
    async with open_store(database) as store:
        answer, shown = await answers(store, *said, assigned=False)
        rows = await store.rows(
            "SELECT officer_id, starts_at FROM logins_between($1, $2, ARRAY['R1'], $2)", BEFORE, NOW
        )
    assert ("P1", "P1") == (answer.officer_id, shown)
    assert [("P1", NOW - timedelta(minutes=40))] == rows


async def test_a_birth_that_says_nothing_of_a_login_ends_none(database: str) -> None:
    async with open_store(database) as store:
        answer, shown = await answers(store, birth(50, officer_id="P1"), birth(10), assigned=False)
    assert ("P1", "P1") == (answer.officer_id, shown)
