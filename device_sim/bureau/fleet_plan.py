"""What each recorder of a fleet goes through: its specification and a timeline of actions, planned from the roster."""

from dataclasses import dataclass
from random import Random
from typing import Final

from device_sim.bureau.people import Bureau, spec_of
from device_sim.bureau.roster import Duty, Roster
from device_sim.device.actions import Action, ActionKind, in_order
from device_sim.device.models import RecorderSpec
from device_sim.world.places import District

_MIN_MS: Final = 60_000


@dataclass(slots=True, frozen=True)
class RecorderPlan:
    """One recorder and its actions in order of time; `seed` seeds everything random about it."""

    spec: RecorderSpec
    actions: tuple[Action, ...]
    seed: str


@dataclass(slots=True, frozen=True)
class FleetPlan:
    """Everything that a live fleet or a trace writer needs: the district and the recorders in it."""

    district: District
    recorders: tuple[RecorderPlan, ...]


def plan_patrol_fleet(
    recorders: int, seed: int, from_ms: int, *, minutes: int = 480, ramp_s: int = 20, prefix: str = "R"
) -> FleetPlan:
    """Plan *recorders* recorders on patrol: all on within *ramp_s* seconds, filming a third of the time, for *minutes*."""
    width = max(4, len(str(recorders)))
    plans = []
    for number in range(1, recorders + 1):
        rng = Random(f"{seed}:duty:{number}")
        on_ms = from_ms + int(ramp_s * 1000 * rng.random())
        actions = [
            Action(on_ms, ActionKind.POWER_ON),
            Action(on_ms, ActionKind.LOGIN, f"P{number:0{width}d}"),
            Action(on_ms, ActionKind.START_PATROL),
        ]
        at_ms = on_ms + rng.randrange(15 * _MIN_MS)
        while at_ms < from_ms + minutes * _MIN_MS:
            until_ms = at_ms + rng.randrange(8 * _MIN_MS, 25 * _MIN_MS)
            actions += [Action(at_ms, ActionKind.RECORD), Action(until_ms, ActionKind.STANDBY)]
            at_ms = until_ms + rng.randrange(15 * _MIN_MS, 50 * _MIN_MS)
        plans.append(
            RecorderPlan(spec_of(number, seed, prefix=prefix, width=width), tuple(actions), f"{seed}:live:{number}")
        )
    return FleetPlan(District(), tuple(plans))


def actions_of(duty: Duty) -> list[Action]:
    """List what happens to the recorder of *duty*; not sorted by time."""
    if not duty.is_carried:
        return list(duty.extra_actions)
    officer_id = duty.officer.officer_id
    actions = [
        Action(duty.pick_up_ms - 1000, ActionKind.POWER_ON),
        Action(duty.pick_up_ms, ActionKind.UNDOCK),
        Action(duty.out_ms, ActionKind.START_PATROL),
        Action(duty.home_ms, ActionKind.RETURN_TO_STATION),
        Action(duty.dock_ms, ActionKind.DOCK),
    ]
    if duty.logs_in:
        actions += [
            Action(duty.pick_up_ms + 40_000, ActionKind.LOGIN, officer_id),
            Action(duty.dock_ms - 50_000, ActionKind.LOGOUT),
        ]
    if duty.switches_off:
        actions.append(Action(duty.dock_ms - 20_000, ActionKind.POWER_OFF, "key"))
    if duty.import_ms is not None:
        actions.append(Action(duty.import_ms, ActionKind.IMPORTED))
    for spans in duty.filming.values():
        for span in spans:
            actions += [Action(span.from_ms, ActionKind.RECORD, "manual"), Action(span.to_ms, ActionKind.STANDBY)]
    return actions + duty.extra_actions


def plan_fleet(bureau: Bureau, roster: Roster, district: District, seed: int) -> FleetPlan:
    """Plan every recorder of *bureau*: it is in its dock except for the duties that *roster* has for it."""
    actions: dict[str, list[Action]] = {spec.recorder_id: [] for spec in bureau.recorders}
    for duty in roster.duties:
        actions[duty.spec.recorder_id] += actions_of(duty)
    plans = []
    for spec in bureau.recorders:
        rng = Random(f"{seed}:wake:{spec.recorder_id}")
        on_ms = roster.from_ms + rng.randrange(30_000)
        start = [Action(on_ms, ActionKind.POWER_ON), Action(on_ms, ActionKind.DOCK)]
        timeline = in_order([*start, *actions[spec.recorder_id]])
        plans.append(RecorderPlan(spec, tuple(timeline), f"{seed}:life:{spec.recorder_id}"))
    return FleetPlan(district, tuple(plans))
