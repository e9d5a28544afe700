"""A scenario from its file to everything that can be made of it: a cast to play, a trace, facts, labels."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_sim.bureau.duty_timeline import cast_of
from device_sim.bureau.facts import Facts, facts_of
from device_sim.bureau.fleet_plan import Cast
from device_sim.bureau.people import found
from device_sim.bureau.roster import plan
from device_sim.bureau.scenario_state import Play
from device_sim.device.device_truth import Truth
from device_sim.faults.fault_plan import let_happen
from device_sim.scenario import Scenario
from device_sim.transport.simulated_connection import Passage
from device_sim.transport.trace_writer import TraceSettings, write_trace
from device_sim.truth.ground_truth import Witness
from device_sim.truth.labels import labels_of
from device_sim.world.places import District


@dataclass(slots=True, frozen=True)
class Production:
    """A scenario, ready to be played."""

    scenario: Scenario
    play: Play
    cast: Cast
    settings: TraceSettings


@dataclass(slots=True, frozen=True)
class Written:
    """The three files of a scenario, and how many messages the trace holds."""

    trace: Path
    facts: Path
    labels: Path
    messages: int


def produce(scenario: Scenario) -> Production:
    """Found the bureau, plan its days, and let happen what the scenario says. Raises TooFewDutiesError."""
    bureau = found(scenario.recorders, scenario.seed, only_models=scenario.models)
    play = Play(bureau, plan(bureau, scenario.seed, scenario.from_ms, scenario.days))
    let_happen(play, scenario.happens, scenario.seed)
    cast = cast_of(bureau, play.roster, District(play.cell_outages), scenario.seed)
    settings = TraceSettings(
        scenario.from_ms, play.roster.to_ms, scenario.network.settings(), tuple(play.platform_outages)
    )
    return Production(scenario, play, cast, settings)


def write_scenario(
    scenario: Scenario, folder: Path, *, plain: bool = False, on_slice: Callable[[int, int], None] | None = None
) -> Written:
    """Write `trace.jsonl.gz` (*plain*: `trace.jsonl`), `facts.json` and `labels.json` into *folder*."""
    production = produce(scenario)
    folder.mkdir(parents=True, exist_ok=True)
    trace = folder / ("trace.jsonl" if plain else "trace.jsonl.gz")
    result = write_trace(trace, production.cast, production.settings, on_slice=on_slice)
    facts, labels = folder / "facts.json", folder / "labels.json"
    _write_json(facts, facts_of(production.play, result.truths))
    _write_json(labels, labels_after(production, result.truths))
    return Written(trace, facts, labels, result.messages)


def labels_after(production: Production, truths: dict[str, Truth]) -> list[dict[str, Any]]:
    """The labels of a production that was lived through."""
    return labels_of(Witness(production.play, truths, production.settings.to_ms))


def facts_ahead(production: Production) -> Facts:
    """The facts of a production that is yet to be played live: what is recorded hangs on no network.

    Facts that come about later (imports, reports) carry their times, and no rule looks ahead.
    """
    return facts_of(production.play, truths_of(production))


def truths_of(production: Production) -> dict[str, Truth]:
    """What really happens to each recorder, without a trace being written."""
    truths: dict[str, Truth] = {}
    settings = production.settings
    for number, role in enumerate(production.cast.roles):
        passage = Passage(number, role, production.cast.district, settings.network, settings.platform_outages)
        passage.run_until(settings.to_ms)
        passage.finish(settings.to_ms)
        truths[role.spec.recorder_id] = passage.recorder.truth
    return truths


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
