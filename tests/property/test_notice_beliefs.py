"""Notices: whatever becomes of those before, in the end everybody knows what holds, and nobody was told twice."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st
from standins.incident_scene import incident
from standins.notice_scene import NOW, directory

from alerts.notices.items import plan_items
from alerts.notices.routing import recipients
from telemetry.records.incidents import IncidentRow
from telemetry.records.notices import ItemRow, NewItem

incidents = st.builds(
    incident,
    status=st.sampled_from(["open", "acknowledged", "verifying", "excused", "withdrawn", "dismissed"]),
    confidence=st.sampled_from(["suspected", "probable", "confirmed"]),
    weight=st.sampled_from(["reminder", "check", "transfer"]),
    cause=st.sampled_from(["sim_removed", "power_off"]),
    officer_id=st.sampled_from(["P0031", "P0001", None]),
    outage_id=st.sampled_from([None, None, "I9"]),
)
Fate = Literal["pack", "claim", "send", "die", "lose", "wait"]
fates = st.lists(st.sampled_from(["pack", "claim", "send", "die", "lose", "wait"]), max_size=4)


@dataclass
class Desk:
    """What is to be told, and how it fares: pending, queued, claimed, sent, dead."""

    items: dict[int, dict[str, Any]] = field(default_factory=dict)
    now: datetime = NOW
    arrived: list[tuple[str, str, str]] = field(default_factory=list)

    def look(self, about: IncidentRow) -> bool:
        """Plan once; whether anything changed."""
        self.now += timedelta(minutes=1)
        rows = [ItemRow(**values) for values in self.items.values()]
        plan = plan_items(about, recipients(about, directory()), rows, self.now)
        for item_id, why in plan.drop.items():
            self.items[item_id]["dropped"] = why
        for item_id, values in self.items.items():
            if values["notice_id"] in plan.recall:
                assert values["is_open"]
                self.items[item_id] |= {"notice_id": None, "state": None, "is_open": False}
        for new in plan.new:
            item_id = len(self.items) + 1
            values = {name: getattr(new, name) for name in NewItem.__slots__}
            self.items[item_id] = {**values, "item_id": item_id, "notice_id": None, "dropped": None, "state": None}
            self.items[item_id] |= {"is_open": False, "may_have_arrived": False}
        return bool(plan.new or plan.drop)

    def fare(self, fate: str) -> None:
        """What becomes of all that is under way."""
        for item_id, values in self.items.items():
            if values["dropped"] is not None or values["state"] in {"sent", "dead"}:
                continue
            if fate == "pack" and values["notice_id"] is None:
                values |= {"notice_id": item_id, "state": "queued", "is_open": True}
            elif fate == "claim" and values["state"] == "queued":
                values |= {"is_open": False}
            elif fate in {"send", "die", "lose"} and values["state"] == "queued":
                values |= {"state": "sent" if fate == "send" else "dead", "is_open": False}
                values["may_have_arrived"] = fate == "lose"
                if fate != "die":
                    self.arrived.append((values["person"], values["kind"], values["capacity"]))

    def settle(self, about: IncidentRow) -> None:
        """Let everything be told."""
        for _ in range(4):
            self.look(about)
            for fate in ("pack", "claim", "send"):
                self.fare(fate)

    def believed(self) -> dict[str, dict[str, Any]]:
        reached = [v for v in self.items.values() if v["state"] == "sent" or v["may_have_arrived"]]
        return {values["person"]: values for values in reached}


@given(st.lists(st.tuples(incidents, fates), min_size=1, max_size=8))
def test_in_the_end_everybody_knows_what_holds(steps: list[tuple[IncidentRow, list[str]]]) -> None:
    desk = Desk()
    for about, fate in steps:
        desk.look(about)
        for one in fate:
            desk.fare(one)
    last = steps[-1][0]
    desk.settle(last)
    wanted = recipients(last, directory())
    believed = {person: values for person, values in desk.believed().items() if values["kind"] != "withdrawal"}
    # A dead notice that certainly did not arrive is seen among the dead, and not made anew.
    dead = {values["person"] for values in desk.items.values() if values["state"] == "dead"}
    assert believed.keys() - dead <= wanted.keys()
    assert wanted.keys() - dead <= believed.keys()
    assert not desk.look(last)


@given(st.lists(st.tuples(incidents, fates), min_size=1, max_size=8))
def test_nothing_is_said_twice_and_nothing_taken_back_that_was_not_said(
    steps: list[tuple[IncidentRow, list[str]]],
) -> None:
    desk = Desk()
    for about, fate in steps:
        desk.look(about)
        for one in fate:
            desk.fare(one)
    desk.settle(steps[-1][0])
    by_person: dict[str, list[str]] = {}
    for person, kind, _ in desk.arrived:
        by_person.setdefault(person, []).append(kind)
    for kinds in by_person.values():
        assert ("withdrawal", "withdrawal") not in pairwise(kinds)
        assert kinds[0] != "withdrawal" or "die" in {one for _, fate in steps for one in fate}


@given(incidents, incidents)
def test_what_is_suspected_or_excused_makes_no_notice(before: IncidentRow, after: IncidentRow) -> None:
    desk = Desk()
    desk.settle(before)
    said = len(desk.arrived)
    desk.settle(after)
    if after.confidence == "suspected" or after.status in {"excused", "withdrawn", "dismissed"}:
        assert {kind for _, kind, _ in desk.arrived[said:]} <= {"withdrawal"}
