"""An invented duty day for browser tests: who is on duty, and what happens at which minute; always the same.

Two squads on patrol. In the first, one officer's SIM is out of its slot for a quarter of an hour, and another officer
doesn't record his inspection. Later a SIM of the second squad is removed too.
"""

from random import Random
from typing import Final

from device_sim import scenario as s
from device_sim.bureau.fleet_plan import plan_fleet
from device_sim.bureau.people import Squad, create_bureau
from device_sim.bureau.roster import MIN_MS, Activity, Duty, Roster, plan_activities, plan_duty
from device_sim.bureau.scenario_state import ScenarioState, pull_sim
from device_sim.scenario_run import ScenarioRun
from device_sim.transport.trace_writer import TraceSettings
from device_sim.world.places import District
from device_sim.world.spans import Span

RECORDERS: Final = 24
PULLED: Final = "R0004"
PULLED_LATER: Final = "R0016"
UNFILMED: Final = "R0008"
SPARE: Final = "R0012"
SHIFT: Final = (4, 400)
PULL: Final = (9, 24)
LATER_PULL: Final = (30, 45)
INSPECTION: Final = (8, 12)
_SEED: Final = 1


def day_plan(from_ms: int) -> ScenarioRun:
    """The day that begins at *from_ms*; the minutes above count from then."""
    bureau = create_bureau(RECORDERS, _SEED)
    state = ScenarioState(bureau, Roster(from_ms, 1))
    for number, squad in enumerate(bureau.squads):
        rng = Random(f"{_SEED}:story:{number}")
        for place in range(len(squad.wearers)):
            _go_out(state, squad, place, rng)
    scenario = s.Scenario(name="story", title="A duty day", seed=_SEED, recorders=RECORDERS)
    fleet_plan = plan_fleet(bureau, state.roster, District({}), _SEED)
    return ScenarioRun(
        scenario, state, fleet_plan, TraceSettings(from_ms, state.roster.to_ms, scenario.network.settings(), ())
    )


def _go_out(state: ScenarioState, squad: Squad, place: int, rng: Random) -> None:
    span = _span(state, SHIFT)
    duty = plan_duty(state.roster, squad, squad.wearers[place], place=place, day=0, span=span, rng=rng)
    duty.pick_up_ms = max(duty.pick_up_ms, state.roster.from_ms + rng.randrange(40, 120) * 1000)
    duty.out_ms = duty.pick_up_ms + 30_000
    duty.import_ms = None
    pulled = {PULLED: PULL, PULLED_LATER: LATER_PULL}.get(duty.spec.recorder_id)
    if pulled is not None:
        out = _span(state, pulled)
        pull_sim(duty, out.from_ms, out.to_ms, duty.spec.iccid)
    elif duty.spec.recorder_id == UNFILMED:
        _inspect_unfilmed(state, duty)
    else:
        plan_activities(state.roster, [duty], span, rng)


def _inspect_unfilmed(state: ScenarioState, duty: Duty) -> None:
    span = _span(state, INSPECTION)
    activity = Activity("A900001", "inspection", [duty.officer], span, span, "device", None)
    state.roster.activities.append(activity)
    duty.activities.append(activity)


def _span(state: ScenarioState, minutes: tuple[int, int]) -> Span:
    return Span(state.roster.from_ms + minutes[0] * MIN_MS, state.roster.from_ms + minutes[1] * MIN_MS)
