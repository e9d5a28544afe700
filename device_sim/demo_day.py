"""A duty day for the demonstration: everything that it has to show happens within the first `STORY_MIN` minutes.

One squad loses its radio cells. Three officers on their own: one has the SIM card pulled, one goes out with a flat
battery, one films nothing. All others have an ordinary day that goes on for hours. The moments are fixed, not random:
people who watch a demonstration can't wait for chance.
"""

from collections.abc import Callable
from random import Random
from typing import Final

from device_sim.bureau.fleet_plan import plan_fleet
from device_sim.bureau.people import Squad, create_bureau
from device_sim.bureau.roster import MIN_MS, Activity, Duty, Roster, plan_activities, plan_duty
from device_sim.bureau.scenario_state import ScenarioState, pull_sim
from device_sim.device.models import HX_4G
from device_sim.faults.device_faults import BatteryFlat
from device_sim.scenario import Scenario
from device_sim.scenario_run import ScenarioRun
from device_sim.transport.trace_writer import TraceSettings
from device_sim.world.places import CELL_DEG, CellOutage, District, cell_at
from device_sim.world.spans import Span

LEAST_RECORDERS: Final = 24
"""Two full squads: one whose cells fail, and one for the three faults."""
STORY_MIN: Final = 88
"""Minutes from the start until everything has happened and can be detected."""
# Minutes from the start of the day.
_SHIFT: Final = (8, 518)
_SHORT_SHIFT: Final = (8, 70)
_PULL: Final = (24, 39)
_CELL: Final = (44, 56)
_FULL_SQUAD: Final = 12
_UNLUCKY_SQUAD: Final = 1
_LONE: Final = 3


def demo_day(recorders: int, from_ms: int, seed: int = 1) -> ScenarioRun:
    """Prepare a day that begins at *from_ms* (milliseconds since 1970), for at least `LEAST_RECORDERS` recorders."""
    bureau = create_bureau(max(recorders, LEAST_RECORDERS), seed)
    state = ScenarioState(bureau, Roster(from_ms, 1))
    full = [number for number, squad in enumerate(bureau.squads) if len(squad.recorders) >= _FULL_SQUAD]
    squads = [number for number in full if number != _UNLUCKY_SQUAD]
    faults = {(squads[nth % len(squads)], nth): fault for nth, fault in enumerate((_sim_pulled, _flat, _unrecorded))}
    for number, squad in enumerate(bureau.squads):
        _plan_squad(state, squad, Random(f"{seed}:demo:{number}"), [faults.get((number, nth)) for nth in range(_LONE)])
    _fail_cells(state, bureau.squads[_UNLUCKY_SQUAD])
    for duty in state.roster.duties:
        # A demonstration ends before the evening, when the docks would import the footage.
        duty.import_ms = None
    scenario = Scenario(name="demo-day", title="A duty day", seed=seed, recorders=len(bureau.recorders))
    fleet_plan = plan_fleet(bureau, state.roster, District(state.cell_outages), seed)
    settings = TraceSettings(from_ms, state.roster.to_ms, scenario.network.settings(), ())
    return ScenarioRun(scenario, state, fleet_plan, settings)


_ApplyFault = Callable[[ScenarioState, Squad, int, Random], None]


def _plan_squad(state: ScenarioState, squad: Squad, rng: Random, faults: list[_ApplyFault | None]) -> None:
    """Plan everybody's duty: some officers on their own, each with a fault or none, the rest in teams of two."""
    places = range(len(squad.wearers))
    lone = [place for place in places if squad.recorders[place].model is HX_4G][: len(faults)]
    for place, apply_fault in zip(lone, faults, strict=False):
        if apply_fault is None:
            duty = _go_out(state, squad, place, _SHIFT, rng)
            plan_activities(state.roster, [duty], duty.shift.span, rng)
        else:
            apply_fault(state, squad, place, rng)
    others = [place for place in places if place not in lone]
    for pair in zip(others[::2], others[1::2], strict=False):
        team = [_go_out(state, squad, place, _SHIFT, rng) for place in pair]
        team[0].partner, team[1].partner = team[1], team[0]
        plan_activities(state.roster, team, team[0].shift.span, rng)


def _sim_pulled(state: ScenarioState, squad: Squad, place: int, rng: Random) -> None:
    """Pull the SIM card for a quarter of an hour between two inspections."""
    duty = _go_out(state, squad, place, _SHIFT, rng)
    for minutes in ((13, 21), (46, 80)):
        _inspect(state, duty, minutes)
    span = _span(state, _PULL)
    pull_sim(duty, span.from_ms, span.to_ms, duty.spec.iccid)
    duty.fault_name = "sim_pull"


def _flat(state: ScenarioState, squad: Squad, place: int, rng: Random) -> None:
    """Start with little charge: the battery dies in the second inspection, and nobody reports it."""
    duty = _go_out(state, squad, place, _SHORT_SHIFT, rng)
    for minutes in ((12, 19), (24, 46)):
        _inspect(state, duty, minutes)
    BatteryFlat(what="battery_flat", count=1).apply(state, duty, rng)
    duty.fault_name = "battery_flat"


def _unrecorded(state: ScenarioState, squad: Squad, place: int, rng: Random) -> None:
    """Wear the recorder, switched on, for the whole shift, and film nothing."""
    _go_out(state, squad, place, _SHORT_SHIFT, rng).fault_name = "shift_unrecorded"


def _fail_cells(state: ScenarioState, squad: Squad) -> None:
    ground, span = squad.recorders[0].area, _span(state, _CELL)
    for row in (0, 1):
        for column in (0, 1):
            cell = cell_at(ground.south + (row + 0.5) * CELL_DEG, ground.west + (column + 0.5) * CELL_DEG)
            state.cell_outages[cell] = [CellOutage(span.from_ms, span.to_ms, radio_on=False)]


def _go_out(state: ScenarioState, squad: Squad, place: int, minutes: tuple[int, int], rng: Random) -> Duty:
    span, officer = _span(state, minutes), squad.wearers[place]
    duty = plan_duty(state.roster, squad, officer, place=place, day=0, span=span, rng=rng)
    # All recorders start in their docks, so nobody picks one up before the day begins.
    duty.pick_up_ms = max(duty.pick_up_ms, state.roster.from_ms + rng.randrange(60, 240) * 1000)
    return duty


def _inspect(state: ScenarioState, duty: Duty, minutes: tuple[int, int]) -> None:
    """Add an inspection by this officer alone, filmed from before its start to after its end."""
    roster, span = state.roster, _span(state, minutes)
    number = f"A{len(roster.activities) + 1:06d}"
    activity = Activity(number, "inspection", [duty.officer], span, span, "device", None)
    roster.activities.append(activity)
    duty.activities.append(activity)
    duty.filming[number] = [Span(span.from_ms - 10_000, span.to_ms + 10_000)]


def _span(state: ScenarioState, minutes: tuple[int, int]) -> Span:
    return Span(state.roster.from_ms + minutes[0] * MIN_MS, state.roster.from_ms + minutes[1] * MIN_MS)
