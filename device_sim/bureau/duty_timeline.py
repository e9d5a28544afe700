"""From a planned duty to the acts that its recorder lives through: picked up, worn, filmed with, docked, emptied."""

from collections.abc import Iterable, Sequence
from random import Random

from device_sim.bureau.fleet_plan import Cast, Role
from device_sim.bureau.people import Bureau
from device_sim.bureau.roster import Duty, Roster
from device_sim.device.actions import Act, Do
from device_sim.world.places import District


def acts_of(duty: Duty) -> list[Act]:
    """What happens to the duty's recorder, in no order."""
    if not duty.is_carried:
        return list(duty.extra)
    officer_id = duty.officer.officer_id
    acts = [
        Act(duty.pick_up_ms - 1000, Do.POWER_ON),
        Act(duty.pick_up_ms, Do.UNDOCK),
        Act(duty.out_ms, Do.SET_OUT),
        Act(duty.home_ms, Do.COME_HOME),
        Act(duty.dock_ms, Do.DOCK),
    ]
    if duty.logs_in:
        acts += [Act(duty.pick_up_ms + 40_000, Do.LOGIN, officer_id), Act(duty.dock_ms - 50_000, Do.LOGOUT)]
    if duty.switches_off:
        acts.append(Act(duty.dock_ms - 20_000, Do.POWER_OFF, "key"))
    if duty.import_ms is not None:
        acts.append(Act(duty.import_ms, Do.IMPORTED))
    for spans in duty.filming.values():
        for span in spans:
            acts += [Act(span.from_ms, Do.RECORD, "manual"), Act(span.to_ms, Do.STANDBY)]
    return acts + duty.extra


def cast_of(bureau: Bureau, roster: Roster, district: District, seed: int) -> Cast:
    """Everybody's timeline: a recorder lies in its dock but for its duties."""
    acts: dict[str, list[Act]] = {spec.recorder_id: [] for spec in bureau.recorders}
    for duty in roster.duties:
        acts[duty.spec.recorder_id] += acts_of(duty)
    roles = []
    for spec in bureau.recorders:
        rng = Random(f"{seed}:wake:{spec.recorder_id}")
        woken_ms = roster.from_ms + rng.randrange(30_000)
        morning = [Act(woken_ms, Do.POWER_ON), Act(woken_ms, Do.DOCK)]
        role = Role(spec, _sorted(morning, acts[spec.recorder_id]), f"{seed}:life:{spec.recorder_id}")
        roles.append(role)
    return Cast(district, tuple(roles))


def _sorted(*several: Iterable[Act]) -> tuple[Act, ...]:
    together: Sequence[Act] = [act for acts in several for act in acts]
    return tuple(sorted(together, key=lambda act: act.at_ms))
