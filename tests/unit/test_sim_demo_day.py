"""The demonstration's day: what its labels say must open, and when that is known."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from standins.simulated_truth import simulate

from device_sim.bureau.facts import build_facts
from device_sim.demo_day import LEAST_RECORDERS, STORY_MIN, demo_day
from device_sim.scenario_run import scenario_labels
from telemetry.domain.clock import wall_now

FROM = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
FROM_MS = int(FROM.timestamp() * 1000)


def told_in_the_story(labels: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """Rule and cause of what opens and is decidable while the story is told."""
    return sorted(
        (label["rule"], label["cause"])
        for label in labels
        if label["label"] == "incident"
        and label["decidable_at"] is not None
        and datetime.fromisoformat(label["decidable_at"]) <= FROM + timedelta(minutes=STORY_MIN)
    )


@pytest.mark.slow
@pytest.mark.parametrize("recorders", [LEAST_RECORDERS, 60])
def test_everything_that_is_promised_happens_while_it_is_told_and_nothing_else_does(recorders: int) -> None:
    day = demo_day(recorders, FROM_MS)
    told = told_in_the_story(scenario_labels(day, simulate(day)))
    rules = [rule for rule, _ in told]
    assert 1 == rules.count("sim-removed"), told
    assert 1 == rules.count("shift-unrecorded"), told
    assert {"sim-removed", "shift-unrecorded", "recording-incomplete", "fault-unreported", "outage"} >= set(rules), told


def test_the_same_seed_is_the_same_day_and_the_day_begins_when_it_is_told_to() -> None:
    first, second = demo_day(60, FROM_MS), demo_day(60, FROM_MS)
    assert build_facts(first.state, {}) == build_facts(second.state, {})
    assert FROM_MS <= min(
        action.at_ms for recorder_plan in first.fleet_plan.recorders for action in recorder_plan.actions
    )


@pytest.mark.parametrize("recorders", [1, 24, 25, 60, 100])
def test_a_fleet_of_any_size_has_its_stars_and_each_is_another_officer(recorders: int) -> None:
    stars = [duty for duty in demo_day(recorders, FROM_MS).state.roster.duties if duty.fault_name]
    assert ["battery_flat", "shift_unrecorded", "sim_pull"] == sorted(str(duty.fault_name) for duty in stars)
    assert 3 == len({duty.officer.officer_id for duty in stars})
    assert all(duty.spec.model.senses_sim for duty in stars)


def test_the_day_is_of_the_facts_contract_with_times_from_now_on() -> None:
    day = demo_day(24, int(wall_now().timestamp() * 1000))
    assert {"units", "officers", "recorders", "shifts", "activities"} <= {
        name for name, several in build_facts(day.state, {}).items() if several
    }
