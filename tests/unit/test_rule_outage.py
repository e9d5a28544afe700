"""Which losses many share: the thresholds of domain.md's table, and nothing under them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from duty_scene import at

from alerts.rules import outage as rule
from alerts.rules.shared_losses import KeyedOutage
from alerts.silences.outage import OnAir, Outage, OutageParameters, find_outages
from alerts.silences.rows import SilenceRow


def fleet(count: int, *, cells: int = 10, units: int = 4) -> dict[str, OnAir]:
    """*count* recorders on duty, spread evenly over units and cells."""
    return {
        f"R{n}": OnAir(f"R{n}", frozenset({f"U{n % units}", "bureau"}), f"460-00-1-{n % cells}") for n in range(count)
    }


def loss(name: str, seconds: float = 0, **more: Any) -> SilenceRow:
    values: dict[str, Any] = dict.fromkeys(SilenceRow.__slots__)
    values |= {
        "silence_id": int(name[1:]),
        "recorder_id": name,
        "since": at("10:00") + timedelta(seconds=seconds),
        "cell": f"460-00-1-{int(name[1:]) % 10}",
        "counts": True,
    }
    return SilenceRow(**{**values, **more})


def scopes(losses: list[SilenceRow], on_air: dict[str, OnAir]) -> list[tuple[str, str, int, str]]:
    found = find_outages(losses, on_air, OutageParameters())
    return [(*o.scope, len(o.members), o.kind) for o in found]


def test_eight_and_a_fifth_of_the_fleet_within_two_minutes_are_an_outage() -> None:
    losses = [loss(f"R{n}", n * 10) for n in range(8)]
    assert [("unit", "bureau", 8, "platform_outage")] == scopes(losses, fleet(40))


def test_seven_are_none_however_small_the_fleet() -> None:
    assert [] == scopes([loss(f"R{n}", n) for n in range(7)], fleet(10, cells=10))


def test_less_than_a_fifth_is_none() -> None:
    assert [] == scopes([loss(f"R{n}", n) for n in range(8)], fleet(41, cells=41, units=1))


def test_losses_further_apart_than_two_minutes_are_none() -> None:
    assert [] == scopes([loss(f"R{n}", n * 20) for n in range(8)], fleet(40, cells=40))


def test_three_and_three_fifths_of_a_cell_are_its_outage() -> None:
    losses = [loss("R0"), loss("R10", 30), loss("R20", 60)]
    assert [("cell", "460-00-1-0", 3, "cell_outage")] == scopes(losses, fleet(50))


def test_two_of_a_cell_or_less_than_three_fifths_are_none() -> None:
    assert [] == scopes([loss("R0"), loss("R10", 30)], fleet(20))
    assert [] == scopes([loss("R0"), loss("R10", 30), loss("R20", 60)], fleet(60))


def test_everybody_at_once_is_one_outage_of_the_platform() -> None:
    on_air = fleet(200)
    losses = [loss(name, int(name[1:]) % 60) for name in on_air]
    ((kind, _, members, cause),) = scopes(losses, on_air)
    assert ("unit", 200, "platform_outage") == (kind, members, cause)


def test_a_unit_that_goes_while_the_others_stay_is_one_outage_of_the_unit() -> None:
    on_air = fleet(200, cells=200)
    losses = [loss(f"R{n}", n % 60) for n in range(0, 200, 4)]
    assert [("unit", "U0", 50)] == [scope[:3] for scope in scopes(losses, on_air)]


def test_whoever_was_not_on_duty_counts_for_nothing() -> None:
    losses = [loss(f"R{n}", n) for n in range(100, 120)]
    assert [] == scopes(losses, fleet(40))


def test_a_slow_recorder_whose_next_heartbeat_was_not_due_was_lost_with_the_others() -> None:
    on_air = fleet(40, cells=40)
    on_air["R20"] = replace(on_air["R20"], heartbeat_s=300)
    losses = [*(loss(f"R{n}", n * 10) for n in range(8)), loss("R20", -240), loss("R21", -240)]
    (found,) = find_outages(losses, on_air, OutageParameters())
    assert {*(f"R{n}" for n in range(8)), "R20"} == {member.recorder_id for member in found.members}


def test_it_has_ended_once_four_fifths_are_back() -> None:
    back = at("10:20")
    losses = [loss(f"R{n}", n, until=back if n < 8 else None) for n in range(10)]
    (found,) = find_outages(losses, fleet(40, cells=40), OutageParameters())
    (finding,) = rule.judge(KeyedOutage("key", found), OutageParameters())
    assert ("resolved", back, "operational") == (finding.standing, finding.ends_at, finding.weight)
    assert 10 == len(finding.evidence.facts["members"])


def test_a_cell_is_back_when_most_of_its_members_are() -> None:
    members = tuple(
        loss(f"R{number}", cell=cell, until=None if back is None else at("10:00") + timedelta(seconds=back))
        for number, (cell, back) in enumerate([("C1", 300), ("C1", 320), ("C1", None), ("C2", 300), ("C2", None)])
    )
    outage = Outage(("fleet", ""), members, 9, "platform_outage")
    assert {"C1": at("10:00") + timedelta(seconds=320)} == outage.cells_back(0.6)
