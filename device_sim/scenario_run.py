"""Turns a scenario into a fleet plan, and that into a trace with facts and labels."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_sim.bureau.facts import build_facts
from device_sim.bureau.fleet_plan import FleetPlan, plan_fleet
from device_sim.bureau.people import create_bureau
from device_sim.bureau.roster import plan_roster
from device_sim.bureau.scenario_state import ScenarioState
from device_sim.device.device_truth import DeviceTruth
from device_sim.faults.fault_plan import apply_faults
from device_sim.scenario import Scenario
from device_sim.transport.trace_writer import TraceSettings, write_trace
from device_sim.truth.ground_truth import GroundTruth
from device_sim.truth.labels import build_labels
from device_sim.world.places import District


@dataclass(slots=True, frozen=True)
class ScenarioRun:
    """A scenario that is ready to be simulated."""

    scenario: Scenario
    state: ScenarioState
    fleet_plan: FleetPlan
    settings: TraceSettings


@dataclass(slots=True, frozen=True)
class ScenarioFiles:
    """The three files of a scenario, and the number of messages in the trace."""

    trace: Path
    facts: Path
    labels: Path
    messages: int


def prepare_run(scenario: Scenario) -> ScenarioRun:
    """Invent the bureau, plan its days and apply the faults. Raises TooFewDutiesError."""
    bureau = create_bureau(scenario.recorders, scenario.seed, only_models=scenario.models)
    state = ScenarioState(bureau, plan_roster(bureau, scenario.seed, scenario.from_ms, scenario.days))
    apply_faults(state, scenario.happens, scenario.seed)
    fleet_plan = plan_fleet(bureau, state.roster, District(state.cell_outages), scenario.seed)
    settings = TraceSettings(
        scenario.from_ms, state.roster.to_ms, scenario.network.settings(), tuple(state.platform_outages)
    )
    return ScenarioRun(scenario, state, fleet_plan, settings)


def write_scenario(
    scenario: Scenario, folder: Path, *, plain: bool = False, on_slice: Callable[[int, int], None] | None = None
) -> ScenarioFiles:
    """Write `trace.jsonl.gz` (*plain*: `trace.jsonl`), `facts.json` and `labels.json` into *folder*.

    *on_slice* is called with the simulated time (ms since 1970) and the number of messages so far. Raises
    TooFewDutiesError.
    """
    scenario_run = prepare_run(scenario)
    folder.mkdir(parents=True, exist_ok=True)
    trace = folder / ("trace.jsonl" if plain else "trace.jsonl.gz")
    result = write_trace(trace, scenario_run.fleet_plan, scenario_run.settings, on_slice=on_slice)
    facts, labels = folder / "facts.json", folder / "labels.json"
    _write_json(facts, build_facts(scenario_run.state, result.truths))
    _write_json(labels, scenario_labels(scenario_run, result.truths))
    return ScenarioFiles(trace, facts, labels, result.messages)


def scenario_labels(scenario_run: ScenarioRun, truths: dict[str, DeviceTruth]) -> list[dict[str, Any]]:
    """The labels of a run with the true histories of its recorders."""
    return build_labels(GroundTruth(scenario_run.state, truths, scenario_run.settings.to_ms))


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
