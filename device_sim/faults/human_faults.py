"""What people do and leave undone: not filming, not carrying, not importing, lending, swapping, and what excuses it."""

from random import Random
from typing import Final

from device_sim.bureau.roster import HOUR_MS, MIN_MS, Duty
from device_sim.bureau.scenario_state import ScenarioState, filmed_activities, gap, minutes, pull
from device_sim.device.actions import Action, ActionKind
from device_sim.faults import fault_kinds as kinds
from device_sim.world.spans import Span

_TYPED_TOLERANCE_MIN: Final = 10
_CLEARLY_MIN: Final = 4


def card_change(state: ScenarioState, duty: Duty, fault: kinds.CardChange, rng: Random) -> bool:
    """Put in a new card with a binding for it: nobody's fault."""
    at_ms = duty.pick_up_ms - 6 * MIN_MS if fault.when == "before" else gap(duty, 6 * MIN_MS, rng)
    if at_ms is None:
        return False
    card = f"898600{rng.randrange(10**14):014d}"
    pull(duty, at_ms, at_ms + minutes(rng, 2, 3), card)
    state.roster.add_fact(
        "sim_bindings",
        "B",
        {"recorder_id": duty.spec.recorder_id, "iccid": card, "valid_from": at_ms - 4 * MIN_MS},
    )
    return True


def unrecorded(state: ScenarioState, duty: Duty, fault: kinds.Unrecorded, rng: Random) -> bool:
    """Leave an activity unfilmed, by both officers or by one of them."""
    activities = filmed_activities(duty, first=1)
    if not activities:
        return False
    activity = rng.choice(activities)
    filmed = duty.filming.pop(activity.activity_id)
    others = [other for other in state.duties_of(activity) if other is not duty]
    for other in others:
        other.filming.pop(activity.activity_id, None)
        if fault.partner == "films":
            other.filming[activity.activity_id] = filmed
    return bool(others) or fault.partner == "off"


def incomplete(state: ScenarioState, duty: Duty, fault: kinds.Incomplete, rng: Random) -> bool:
    """Film an activity too late, not to its end, or with a pause: clearly over what the rule tolerates, or within it."""
    least_min = fault.late + fault.early + fault.pause + 6
    fitting = [
        activity
        for activity in filmed_activities(duty, first=1)
        if activity.registered.to_ms - activity.registered.from_ms > least_min * MIN_MS
        and (activity.times_from in {"device", "checkin"} or _is_clear(fault))
    ]
    if not fitting:
        return False
    activity = rng.choice(fitting)
    begins = activity.actual.from_ms + int(fault.late * MIN_MS) + 5000
    ends = activity.actual.to_ms - int(fault.early * MIN_MS) + 5000
    if fault.pause:
        pause_ms = int(fault.pause * MIN_MS)
        middle_ms = (begins + ends - pause_ms) // 2
        spans = [Span(begins, middle_ms), Span(middle_ms + pause_ms, ends)]
    else:
        spans = [Span(begins, ends)]
    for other in state.duties_of(activity):
        other.filming.pop(activity.activity_id, None)
    duty.filming[activity.activity_id] = spans
    return True


def _is_clear(fault: kinds.Incomplete) -> bool:
    """Whether it shows against typed times too, which may be off by as much as is tolerated."""
    worst = [minutes for minutes in (fault.late, fault.early) if minutes]
    return all(minutes > _TYPED_TOLERANCE_MIN + _CLEARLY_MIN for minutes in worst)


def not_carried(state: ScenarioState, duty: Duty, fault: kinds.NotCarried, _: Random) -> bool:
    """Leave the recorder in its dock; the partner, if there is one, films what there is."""
    if not fault.leave and duty.partner is None:
        return False
    state.drop_assignment(duty)
    duty.is_carried = False
    duty.filming.clear()
    for activity in duty.activities:
        if duty.partner is not None:
            duty.partner.filming.setdefault(
                activity.activity_id, [Span(activity.actual.from_ms - 10_000, activity.actual.to_ms + 10_000)]
            )
        if fault.leave:
            activity.officers[:] = [officer for officer in activity.officers if officer is not duty.officer]
            if not activity.officers:
                activity.cancelled_ms = duty.shift.span.from_ms - HOUR_MS
                activity.officers[:] = [duty.officer]
    if fault.leave:
        duty.activities.clear()
        state.roster.add_fact(
            "exemptions",
            "E",
            {
                "officer_id": duty.officer.officer_id,
                "starts_at": duty.shift.span.from_ms,
                "ends_at": duty.shift.span.to_ms,
                "reason": "leave",
                "approved_by": duty.squad.leader.officer_id,
                "entered_at": duty.shift.span.from_ms - 14 * HOUR_MS,
            },
        )
    return True


def import_late(state: ScenarioState, duty: Duty, fault: kinds.ImportLate, rng: Random) -> bool:
    """Bring the footage in late, or never; a recorder that goes out again before is emptied after that duty."""
    if not filmed_activities(duty):
        return False
    import_ms = None if fault.hours is None else duty.dock_ms + int(fault.hours * HOUR_MS) + rng.randrange(60_000)
    goes_out_again = any(
        other.spec is duty.spec and duty.dock_ms < other.pick_up_ms < (import_ms or 0) for other in state.roster.duties
    )
    duty.import_ms = None if goes_out_again else import_ms
    return True


def footage_removed(_: ScenarioState, duty: Duty, fault: kinds.FootageRemoved, rng: Random) -> bool:
    """Delete what was filmed, between two later activities or on the way home."""
    filmed = sorted(span for spans in duty.filming.values() for span in spans)
    if len(filmed) < fault.files:
        return False
    before = Span(duty.out_ms, filmed[fault.files - 1].to_ms + 3 * MIN_MS)
    at_ms = gap(duty, 4 * MIN_MS, rng, [before])
    if at_ms is None:
        return False
    duty.extra_actions.append(Action(at_ms, ActionKind.DELETE, fault.files))
    return True


def lent(state: ScenarioState, duty: Duty, fault: kinds.Lent, rng: Random) -> bool:
    """Go out with another unit's spare."""
    day = state.day_of(duty.shift.span.from_ms)
    lenders = [
        squad
        for squad in state.bureau.squads
        if squad is not duty.squad
        and len(squad.recorders) > 1
        and (squad.spare.recorder_id, day) not in state.roster.spares_taken
    ]
    if duty.squad.assignment_mode != "daily" or not lenders:
        return False
    spare = rng.choice(lenders).spare
    state.roster.spares_taken.add((spare.recorder_id, day))
    state.drop_assignment(duty)
    duty.spec, duty.logs_in = spare, True
    if fault.joint:
        state.roster.assign(duty, Span(duty.pick_up_ms - MIN_MS, duty.dock_ms + MIN_MS), "joint")
    return True


def swap(state: ScenarioState, duty: Duty, _: kinds.Swap, __: Random) -> bool:
    """Two of a team wear each other's recorder, with assignments for it."""
    partner = duty.partner
    if partner is None or duty.squad.assignment_mode != "held":
        return False
    duty.spec, partner.spec = partner.spec, duty.spec
    for one in (duty, partner):
        state.roster.assign(one, Span(one.pick_up_ms - MIN_MS, one.dock_ms + MIN_MS), "swap")
    return True


def cancelled(state: ScenarioState, duty: Duty, _: kinds.Cancelled, rng: Random) -> bool:
    """Cancel an activity before it begins."""
    activities = filmed_activities(duty, first=1)
    if not activities:
        return False
    activity = rng.choice(activities)
    activity.cancelled_ms = activity.actual.from_ms - minutes(rng, 10, 40)
    for other in state.duties_of(activity):
        other.filming.pop(activity.activity_id, None)
    return True


def press(_: ScenarioState, duty: Duty, fault: kinds.Press, rng: Random) -> bool:
    """Press SOS for some minutes of film, or open the case."""
    at_ms = gap(duty, 7 * MIN_MS, rng)
    if at_ms is None:
        return False
    if fault.what == "tamper":
        duty.extra_actions.append(Action(at_ms, ActionKind.TAMPER))
    else:
        duty.extra_actions += [Action(at_ms, ActionKind.SOS), Action(at_ms + minutes(rng, 2, 5), ActionKind.STANDBY)]
    return True
