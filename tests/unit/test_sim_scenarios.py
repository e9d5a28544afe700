"""Scenarios: their files, the bureau and its facts, and the truth that labels tell."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from standins.simulated_truth import simulate

from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from device_sim.bureau.facts import build_facts
from device_sim.bureau.people import create_bureau
from device_sim.scenario import Scenario, ScenarioError, load, names
from device_sim.scenario_run import prepare_run, scenario_labels, write_scenario
from device_sim.world.spans import Span, minus, total_ms, union, within
from telemetry.domain.decode import decode
from telemetry.domain.readings import Rejection

pytestmark = pytest.mark.slow  # whole days are played
_NOISY = {"lag_max_s": 25.0, "duplicates": 0.02, "disorder": 0.02, "garbage": 0.002, "shuffles_backlog": True}


def _scenario(*happens: dict[str, Any], recorders: int = 12, **more: Any) -> Scenario:
    fields: dict[str, Any] = {"name": "a-test", "title": "a test", "seed": 5, "recorders": recorders}
    return Scenario.model_validate(fields | {"happens": happens} | more)


def _played(scenario: Scenario, folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    written = write_scenario(scenario, folder)
    with gzip.open(written.trace, "rt") as file:
        lines = [json.loads(line) for line in file]
    return lines, json.loads(written.labels.read_text()), json.loads(written.facts.read_text())


def _incidents(labels: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    return Counter((label["rule"], label["expected"]) for label in labels if label["label"] == "incident")


@pytest.mark.parametrize("name", names())
def test_every_scenario_of_the_package_can_be_produced(name: str) -> None:
    scenario = load(name)
    assert name == scenario.name
    scenario_run = prepare_run(scenario)
    assert scenario.recorders == len(scenario_run.fleet_plan.recorders)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('name = "x"\ntitle = "x"\nrecorders = 0', "recorders"),
        ('name = "x"\ntitle = "x"\ndayz = 1', "dayz"),
        ('name = "X Y"\ntitle = "x"', "name"),
        ('name = "x"\ntitle = "x"\n[[happens]]\nwhat = "earthquake"', "happens.0"),
        (
            'name = "x"\ntitle = "x"\n[[happens]]\nwhat = "sim_pull"\ncount = 1\nminutes = [0, 5]',
            "happens.0.sim_pull.minutes.0",
        ),
        ('name = "x"\ntitle = "x"\n[[happens]]\nwhat = "sim_pull"', "count or share"),
        ('name = "x"\ntitle = "x"\n[network]\nlost = 2', "network.lost"),
        ("name = ", "no TOML"),
    ],
)
def test_a_wrong_scenario_is_refused_by_its_field(tmp_path: Path, text: str, field: str) -> None:
    file = tmp_path / "x.toml"
    file.write_text(text)
    with pytest.raises(ScenarioError, match=field):
        load(str(file))


def test_a_scenario_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ScenarioError, match="normal-duty-day"):
        load("abnormal-duty-day")


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    happens = ({"what": "sim_pull", "count": 1}, {"what": "dead_zone", "share": 0.3})
    scenario = _scenario(*happens, network=_NOISY)
    first, again = (write_scenario(scenario, tmp_path / name) for name in ("first", "again"))
    other = write_scenario(scenario.model_copy(update={"seed": 6}), tmp_path / "other")
    for mine, same, differs in zip(
        (first.trace, first.facts, first.labels),
        (again.trace, again.facts, again.labels),
        (other.trace, other.facts, other.labels),
        strict=True,
    ):
        assert mine.read_bytes() == same.read_bytes()
        assert mine.read_bytes() != differs.read_bytes()


def test_a_trace_stands_in_order_of_arrival_and_only_garbage_is_rejected(tmp_path: Path) -> None:
    lines, _, _ = _played(_scenario({"what": "dead_zone", "share": 0.5}, network=_NOISY), tmp_path)
    assert [line["received_at"] for line in lines] == sorted(line["received_at"] for line in lines)
    rejected = 0
    for line in lines:
        payload = line["payload"]
        raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
        decoded = decode(line["topic"], raw)
        items = getattr(decoded, "items", (decoded,))
        rejected += sum(isinstance(item, Rejection) for item in items)
    assert 0.0005 < rejected / len(lines) < 0.006


def test_a_will_arrives_90_s_after_the_last_message_and_has_no_seq(tmp_path: Path) -> None:
    scenario = _scenario(
        {"what": "sim_pull", "count": 2, "minutes": [15, 20]}, network={"disorder": 0, "duplicates": 0}
    )
    lines, labels, _ = _played(scenario, tmp_path)
    pulled = next(label for label in labels if label["rule"] == "sim-removed")
    own = [line for line in lines if f"/{pulled['recorder_id']}/" in line["topic"]]
    wills = [
        line for line in own if isinstance(line["payload"], dict) and line["payload"].get("reason") == "connection_lost"
    ]
    assert 1 == len(wills)
    assert "seq" not in wills[0]["payload"]
    assert pulled["starts_at"] < wills[0]["received_at"] < pulled["ends_at"]


def test_a_bureau_has_as_many_recorders_as_it_is_told() -> None:
    for recorders in (2, 12, 13, 500):
        bureau = create_bureau(recorders, seed=1)
        assert recorders == len(bureau.recorders) == len({spec.recorder_id for spec in bureau.recorders})
        assert len(bureau.officers) == len({officer.officer_id for officer in bureau.officers})


def test_the_facts_are_the_contracts() -> None:
    happens: tuple[dict[str, Any], ...] = (
        {"what": "card_change", "count": 1},
        {"what": "breakdown", "count": 1, "reported": True, "phone": "in_time"},
        {"what": "breakdown", "count": 1, "reported": True, "spare": True},
        {"what": "not_carried", "count": 1, "leave": True},
        {"what": "cancelled", "count": 1},
        {"what": "lent", "count": 2, "joint": True},
    )
    run = prepare_run(_scenario(*happens, recorders=72))
    facts = build_facts(run.state, simulate(run))
    assert all(facts.values()), [name for name, several in facts.items() if not several]
    assert all(len(several) == len({fact["id"] for fact in several}) for several in facts.values())
    read = read_json(json.dumps(facts).encode(), "facts.json")
    assert isinstance(read, FactSet), read[:3]


def test_an_ordinary_day_has_nothing_to_be_found(tmp_path: Path) -> None:
    _, labels, facts = _played(load("normal-duty-day").model_copy(update={"recorders": 24}), tmp_path)
    assert {} == _incidents(labels)
    assert 15 < len(facts["activities"])
    assert len(facts["dock_imports"]) == len({fact["recorder_id"] for fact in facts["dock_imports"]})


_FAULTS: list[tuple[dict[str, Any], dict[tuple[str, str], int]]] = [
    ({"what": "sim_pull", "models": ["HX-4G"]}, {("sim-removed", "open"): 1}),
    ({"what": "sim_pull", "models": ["YT-2"]}, {("sim-removed", "open"): 1}),
    ({"what": "sim_pull", "card": "other"}, {("sim-removed", "open"): 1}),
    ({"what": "sim_pull", "how": "then_off", "models": ["HX-4G"]}, {("sim-removed", "open"): 1}),
    ({"what": "sim_pull", "how": "off_then_pull"}, {}),
    ({"what": "sim_pull", "how": "off_then_pull", "card": "other"}, {("sim-removed", "open"): 1}),
    ({"what": "sim_pull", "how": "in_dead_zone", "minutes": [20, 30]}, {("sim-removed", "open"): 1}),
    ({"what": "card_change", "when": "during"}, {}),
    ({"what": "card_change", "when": "before"}, {}),
    ({"what": "dead_zone"}, {}),
    ({"what": "sim_flicker"}, {}),
    ({"what": "sim_slow"}, {}),
    ({"what": "power_off", "how": "held"}, {}),
    ({"what": "reboots"}, {}),
    ({"what": "docked_on_duty"}, {}),
    ({"what": "asleep"}, {}),
    ({"what": "flat_clock"}, {}),
    ({"what": "clock_off"}, {}),
    ({"what": "swap"}, {}),
    ({"what": "cancelled"}, {}),
    ({"what": "activity_unrecorded"}, {("activity-unrecorded", "open"): 1}),
    ({"what": "activity_unrecorded", "partner": "films"}, {}),
    ({"what": "recording_incomplete", "late": 16}, {("recording-incomplete", "open"): 1}),
    ({"what": "recording_incomplete", "pause": 5}, {("recording-incomplete", "open"): 1}),
    ({"what": "recording_incomplete", "pause": 2}, {}),
    ({"what": "not_carried"}, {("recorder-not-carried", "open"): 1, ("shift-unrecorded", "open"): 1}),
    (
        {"what": "not_carried", "leave": True},
        {("recorder-not-carried", "excused"): 1, ("shift-unrecorded", "excused"): 1},
    ),
    ({"what": "import_late", "hours": 30}, {("import-overdue", "open"): 1}),
    ({"what": "footage_removed"}, {("footage-removed", "open"): 1}),
    ({"what": "lent"}, {("recorder-lent", "open"): 1}),
    ({"what": "lent", "joint": True}, {}),
    ({"what": "sos"}, {("sos", "open"): 1}),
    ({"what": "tamper"}, {("tamper", "open"): 1}),
    ({"what": "breakdown", "reported": True, "spare": True}, {}),
]
"""Each with the incidents it must be labelled with on its own shift: rule, what is expected, how many."""


@pytest.fixture(scope="module")
def labels_by_fault() -> list[Counter[tuple[str, str]]]:
    """All of them in one bureau on one day, each befalling one duty."""
    scenario = _scenario(*(fault | {"count": 1} for fault, _ in _FAULTS), recorders=132)
    scenario_run = prepare_run(scenario)
    labels = scenario_labels(scenario_run, simulate(scenario_run))
    by_shift: dict[str, list[dict[str, Any]]] = {}
    for label in labels:
        by_shift.setdefault(label["shift_id"], []).append(label)
    found_labels = []
    for number in range(len(_FAULTS)):
        duty = scenario_run.state.duties_by_fault[number][0]
        team = (
            [duty] if duty.partner is None or duty.partner.fault_name not in {None, "partner"} else [duty, duty.partner]
        )
        found_labels.append(_incidents([label for one in team for label in by_shift.get(one.shift.shift_id, [])]))
    return found_labels


@pytest.mark.parametrize("number", range(len(_FAULTS)), ids=lambda number: str(_FAULTS[number][0]))
def test_one_fault_has_the_labels_it_should(number: int, labels_by_fault: list[Counter[tuple[str, str]]]) -> None:
    assert _FAULTS[number][1] == labels_by_fault[number]


@pytest.mark.parametrize("what", ["battery_flat", "breakdown", "storage_full"])
def test_a_failure_in_an_activity_is_a_fault_unless_it_is_reported(what: str) -> None:
    silent, reported = (
        prepare_run(_scenario({"what": what, "count": 1, "reported": reported}, recorders=12))
        for reported in (False, True)
    )
    assert 1 == _incidents(scenario_labels(silent, simulate(silent)))["fault-unreported", "open"]
    excused = _incidents(scenario_labels(reported, simulate(reported)))
    assert 0 == sum(count for (_, expected), count in excused.items() if expected == "open")
    assert 1 == len(reported.state.roster.facts["fault_reports"])


def test_an_outage_is_one_label_with_its_members(tmp_path: Path) -> None:
    outage = {"what": "platform_outage", "at": "10:40:00", "minutes": 5}
    lines, labels, _ = _played(_scenario(outage, recorders=24), tmp_path)
    outages = [label for label in labels if label["rule"] == "outage"]
    assert 1 == len(outages)
    assert 8 <= len(outages[0]["recorder_ids"])
    silent = [line for line in lines if "2026-03-02T10:40:10" < line["received_at"] < "2026-03-02T10:45:00"]
    assert [] == silent


def test_labels_name_who_wore_it_and_whose_fault_it_was_not(tmp_path: Path) -> None:
    scenario = _scenario({"what": "sim_pull", "count": 1}, {"what": "card_change", "count": 2, "when": "during"})
    _, labels, facts = _played(scenario, tmp_path)
    pulled = next(label for label in labels if label["rule"] == "sim-removed")
    shift = next(fact for fact in facts["shifts"] if fact["id"] == pulled["shift_id"])
    assert shift["officer_id"] == pulled["officer_id"]
    assert 2 == len({fact["recorder_id"] for fact in facts["sim_bindings"]})
    assert pulled["recorder_id"] not in {fact["recorder_id"] for fact in facts["sim_bindings"]}


def test_spans_are_sets_of_time() -> None:
    assert [Span(0, 7)] == union([Span(3, 7), Span(0, 3), Span(5, 6), Span(9, 9)])
    assert [Span(0, 2), Span(4, 5)] == minus([Span(0, 5)], [Span(2, 4), Span(8, 9)])
    assert [Span(2, 4)] == within([Span(0, 4)], Span(2, 9))
    assert 4 == total_ms([Span(0, 3), Span(2, 4)])
