"""Faults of devices, modem and cards: what befalls one duty without anybody's ill will, and cards that are pulled."""

from random import Random
from typing import Final

from device_sim.bureau.roster import HOUR_MS, MIN_MS, Activity, Duty
from device_sim.bureau.scenario_state import ScenarioState, filmed_activities, gap, minutes, pull, remove_colleagues
from device_sim.device.actions import Action, ActionKind
from device_sim.faults import fault_kinds as kinds
from device_sim.world.spans import Span

_FOREIGN_CARD: Final = "898699"
_DEAD_PCT: Final = {True: 2.5, False: 0.5}


def sim_pull(state: ScenarioState, duty: Duty, fault: kinds.SimPull, rng: Random) -> bool:
    """Pull the card; False where the day has no room for it."""
    length_ms = minutes(rng, *fault.minutes)
    at_ms = gap(duty, length_ms + 4 * MIN_MS, rng)
    if at_ms is None:
        return False
    back_ms = at_ms + length_ms
    own = state.bound_iccid(duty.spec, at_ms)
    card = own if fault.card == "same" else f"{_FOREIGN_CARD}{rng.randrange(10**14):014d}"
    match fault.how:
        case "plain":
            pull(duty, at_ms, back_ms, card)
        case "then_off":
            pull(duty, at_ms, back_ms - 20_000, card)
            duty.extra_actions += [
                Action(at_ms + minutes(rng, 2, 4), ActionKind.POWER_OFF, "held"),
                Action(back_ms, ActionKind.POWER_ON),
            ]
        case "off_then_pull":
            duty.extra_actions += [Action(at_ms, ActionKind.POWER_OFF, "key"), Action(back_ms, ActionKind.POWER_ON)]
            pull(duty, at_ms + MIN_MS, back_ms - 30_000, card)
        case "in_dead_zone":
            duty.extra_actions += [
                Action(at_ms, ActionKind.ENTER, "garage"),
                Action(at_ms + length_ms // 2, ActionKind.LEAVE),
            ]
            pull(duty, at_ms + 2 * MIN_MS, back_ms, card)
    if fault.card == "other":
        pull(duty, duty.home_ms + MIN_MS, duty.home_ms + 150_000, own)
    return True


def dead_zone(_: ScenarioState, duty: Duty, fault: kinds.DeadZone, rng: Random) -> bool:
    """Into a garage or a lift, between activities or with the camera running."""
    taken: list[Span] = []
    for _visit in range(fault.visits):
        length_ms = minutes(rng, *fault.minutes)
        visit = _during_activity(duty, length_ms, taken, rng) if rng.random() < 0.4 else None
        if visit is None:
            at_ms = gap(duty, length_ms + MIN_MS, rng, taken)
            visit = None if at_ms is None else Span(at_ms, at_ms + length_ms)
        if visit is not None:
            taken.append(Span(visit.from_ms - 3 * MIN_MS, visit.to_ms + 3 * MIN_MS))
            duty.extra_actions += [
                Action(visit.from_ms, ActionKind.ENTER, fault.place),
                Action(visit.to_ms, ActionKind.LEAVE),
            ]
    return bool(taken)


def _during_activity(duty: Duty, length_ms: int, taken: list[Span], rng: Random) -> Span | None:
    for activity in duty.activities:
        span = activity.actual
        room_ms = span.to_ms - span.from_ms - length_ms - 4 * MIN_MS
        if room_ms > 0 and not any(t.from_ms < span.to_ms and span.from_ms < t.to_ms for t in taken):
            at_ms = span.from_ms + 2 * MIN_MS + rng.randrange(room_ms // 1000 + 1) * 1000
            return Span(at_ms, at_ms + length_ms)
    return None


def flicker(_: ScenarioState, duty: Duty, fault: kinds.Flicker, rng: Random) -> bool:
    """Lose the card's contact for some seconds, again and again."""
    room_ms = (duty.home_ms - duty.out_ms - 10 * MIN_MS) // fault.times
    if room_ms < 3 * MIN_MS:
        return False
    for time in range(fault.times):
        at_ms = duty.out_ms + 5 * MIN_MS + time * room_ms + rng.randrange((room_ms - 2 * MIN_MS) // 1000) * 1000
        duty.extra_actions.append(
            Action(at_ms, ActionKind.LOSE_SIM_CONTACT, rng.randint(*sorted(fault.seconds)) * 1000)
        )
    return True


def slow_sim(_: ScenarioState, duty: Duty, fault: kinds.SlowSim, rng: Random) -> bool:
    """Update and restart, after which the card takes its time."""
    at_ms = gap(duty, 5 * MIN_MS, rng)
    if at_ms is None:
        return False
    duty.extra_actions += [
        Action(at_ms - 1000, ActionKind.DELAY_SIM, fault.seconds * 1000),
        Action(at_ms, ActionKind.UPDATE),
        Action(at_ms + MIN_MS, ActionKind.POWER_ON),
    ]
    return True


def battery_flat(state: ScenarioState, duty: Duty, fault: kinds.BatteryFlat, rng: Random) -> bool:
    """Begin the day with so little charge that the battery dies within a filmed activity."""
    activity = _second_activity(duty, rng)
    if activity is None:
        return False
    at_ms = activity.actual.from_ms + int((activity.actual.to_ms - activity.actual.from_ms) * rng.uniform(0.35, 0.65))
    remove_colleagues(state, duty, activity.actual.from_ms)
    model = duty.spec.model
    filmed_ms = sum(max(0, min(span.to_ms, at_ms) - span.from_ms) for spans in duty.filming.values() for span in spans)
    spent = (model.standby_pct_per_h * (at_ms - duty.pick_up_ms) + model.recording_pct_per_h * filmed_ms) / HOUR_MS
    level = _DEAD_PCT[model.warns_of_low_battery] + spent
    if level > 99:
        return False
    # A whole percent is what an action can carry; the rest only moves the end by some minutes.
    duty.extra_actions.append(Action(duty.pick_up_ms, ActionKind.SET_BATTERY_LEVEL, max(int(level) + 1, 4)))
    alive_ms = duty.dock_ms + 15 * MIN_MS
    if fault.returns:
        alive_ms = at_ms + minutes(rng, 95, 110)
        duty.extra_actions += [
            Action(at_ms + 15 * MIN_MS, ActionKind.DOCK),
            Action(alive_ms - MIN_MS, ActionKind.POWER_ON),
            Action(alive_ms, ActionKind.UNDOCK),
            Action(alive_ms + 1000, ActionKind.START_PATROL),
        ]
    else:
        duty.extra_actions.append(Action(alive_ms, ActionKind.POWER_ON))
    if fault.reported:
        report(state, duty, "battery", at_ms + minutes(rng, 14, 22), resolved_ms=alive_ms)
    return True


def power_off(_: ScenarioState, duty: Duty, fault: kinds.PowerOff, rng: Random) -> bool:
    """Switch off for a while."""
    length_ms = minutes(rng, *fault.minutes)
    at_ms = gap(duty, length_ms + 2 * MIN_MS, rng)
    if at_ms is None:
        return False
    duty.extra_actions += [
        Action(at_ms, ActionKind.POWER_OFF, fault.how),
        Action(at_ms + length_ms, ActionKind.POWER_ON),
    ]
    return True


def reboots(_: ScenarioState, duty: Duty, fault: kinds.Reboots, rng: Random) -> bool:
    """Restart by itself a few times within one gap."""
    every_ms = minutes(rng, 3, 6)
    at_ms = gap(duty, every_ms * fault.times + MIN_MS, rng)
    if at_ms is None:
        return False
    for time in range(fault.times):
        down_ms = at_ms + time * every_ms
        duty.extra_actions += [
            Action(down_ms, ActionKind.POWER_OFF, "watchdog"),
            Action(down_ms + rng.randrange(20_000, 45_000), ActionKind.POWER_ON),
        ]
    return True


def breakdown(state: ScenarioState, duty: Duty, fault: kinds.Breakdown, rng: Random) -> bool:
    """Stop filming for good: within an activity, or before one that a spare then films."""
    activity = _second_activity(duty, rng)
    if activity is None:
        return False
    if fault.spare:
        return _spare_takes_over(state, duty, activity, rng)
    at_ms = activity.actual.from_ms + int((activity.actual.to_ms - activity.actual.from_ms) * rng.uniform(0.3, 0.6))
    remove_colleagues(state, duty, activity.actual.from_ms)
    mended_ms = duty.dock_ms + 2 * HOUR_MS
    duty.extra_actions += [Action(at_ms, ActionKind.BREAK, "E17"), Action(mended_ms, ActionKind.REPAIR)]
    if fault.reported:
        reported_ms = at_ms + minutes(rng, 3, 8)
        report_id = report(state, duty, "fault", reported_ms, resolved_ms=mended_ms, repair_ms=duty.dock_ms + HOUR_MS)
        if fault.phone != "none":
            _phone(state, duty, report_id, reported_ms + MIN_MS, fault.phone)
    return True


def storage_full(state: ScenarioState, duty: Duty, fault: kinds.StorageFull, rng: Random) -> bool:
    """Go out with a disk that fills up within a filmed activity."""
    activity = _second_activity(duty, rng)
    if activity is None:
        return False
    remove_colleagues(state, duty, activity.actual.from_ms)
    filmed = duty.filming[activity.activity_id][0]
    left_s = (filmed.to_ms - filmed.from_ms) / 1000 * rng.uniform(0.35, 0.6)
    duty.extra_actions.append(Action(filmed.from_ms - 50_000, ActionKind.SET_FREE_SPACE, 120 + int(left_s * 0.55)))
    if fault.reported:
        at_ms = filmed.from_ms + int(left_s * 1000)
        report(state, duty, "storage", at_ms + minutes(rng, 4, 9), resolved_ms=duty.import_ms or duty.dock_ms + HOUR_MS)
    return True


def docked_on_duty(_: ScenarioState, duty: Duty, fault: kinds.DockedOnDuty, rng: Random) -> bool:
    """Back to the dock and out again."""
    length_ms = minutes(rng, *fault.minutes)
    at_ms = gap(duty, length_ms + 2 * MIN_MS, rng)
    if at_ms is None:
        return False
    back_ms = at_ms + length_ms
    duty.extra_actions += [
        Action(at_ms, ActionKind.DOCK),
        Action(back_ms, ActionKind.UNDOCK),
        Action(back_ms + 5000, ActionKind.START_PATROL),
    ]
    return True


def asleep(_: ScenarioState, duty: Duty, fault: kinds.Asleep, rng: Random) -> bool:
    """To sleep and awake again."""
    length_ms = minutes(rng, *fault.minutes)
    at_ms = gap(duty, length_ms + 2 * MIN_MS, rng)
    if at_ms is None:
        return False
    duty.extra_actions += [Action(at_ms, ActionKind.SLEEP), Action(at_ms + length_ms, ActionKind.WAKE)]
    return True


def flat_clock(_: ScenarioState, duty: Duty, fault: kinds.FlatClock, __: Random) -> bool:
    """Come on duty without a clock; False for makes that keep theirs."""
    if duty.spec.model.keeps_clock_when_flat:
        return False
    duty.extra_actions.append(Action(duty.pick_up_ms - 3 * MIN_MS, ActionKind.POWER_OFF, "battery_out"))
    if fault.in_garage:
        duty.extra_actions.append(Action(duty.pick_up_ms + 5000, ActionKind.ENTER, "garage"))
    return True


def clock_off(_: ScenarioState, duty: Duty, fault: kinds.ClockOff, __: Random) -> bool:
    """Wear a wrong clock for a day."""
    duty.extra_actions += [
        Action(duty.pick_up_ms, ActionKind.SET_CLOCK_OFF, int(fault.minutes * MIN_MS)),
        Action(duty.dock_ms + MIN_MS, ActionKind.SET_CLOCK_OFF, duty.spec.skew_ms),
    ]
    return True


def report(
    state: ScenarioState,
    duty: Duty,
    kind: str,
    reported_ms: int,
    *,
    resolved_ms: int | None = None,
    repair_ms: int | None = None,
) -> str:
    """File a fault report in the APP; return its id."""
    fields: dict[str, str | int] = {
        "officer_id": duty.officer.officer_id,
        "recorder_id": duty.spec.recorder_id,
        "kind": kind,
        "reported_at": reported_ms,
    }
    if repair_ms is not None:
        fields["repair_at"] = repair_ms
    if resolved_ms is not None:
        fields["resolved_at"] = resolved_ms
    return state.roster.add_fact("fault_reports", "F", fields)


def _second_activity(duty: Duty, rng: Random) -> Activity | None:
    # The first one is filmed by everybody: a shift with nothing filmed at all is another story.
    later = filmed_activities(duty, first=1)
    return rng.choice(later) if later else None


def _spare_takes_over(state: ScenarioState, duty: Duty, activity: Activity, rng: Random) -> bool:
    spare, day = duty.squad.spare, state.day_of(duty.shift.span.from_ms)
    at_ms = activity.actual.from_ms - 19 * MIN_MS
    if (spare.recorder_id, day) in state.roster.spares_taken or spare is duty.spec:
        return False
    state.roster.spares_taken.add((spare.recorder_id, day))
    remove_colleagues(state, duty, activity.actual.from_ms)
    mended_ms = duty.dock_ms + 2 * HOUR_MS
    duty.extra_actions += [Action(at_ms, ActionKind.BREAK, "E17"), Action(mended_ms, ActionKind.REPAIR)]
    report(state, duty, "fault", at_ms + minutes(rng, 2, 4), resolved_ms=mended_ms, repair_ms=duty.dock_ms + HOUR_MS)
    later = {a.activity_id for a in duty.activities if a.actual.to_ms > at_ms}
    second = Duty(
        shift=duty.shift,
        squad=duty.squad,
        spec=spare,
        pick_up_ms=at_ms + 7 * MIN_MS,
        out_ms=at_ms + 8 * MIN_MS,
        home_ms=duty.home_ms,
        dock_ms=duty.dock_ms + MIN_MS,
        import_ms=(duty.import_ms or duty.dock_ms) + 5 * MIN_MS,
        logs_in=True,
        switches_off=False,
        activities=[a for a in duty.activities if a.activity_id in later],
        filming={name: spans for name, spans in duty.filming.items() if name in later},
        fault_name="spare",
    )
    for name in later:
        duty.filming.pop(name, None)
    state.roster.duties.append(second)
    state.roster.assign(second, Span(second.pick_up_ms - MIN_MS, second.dock_ms + MIN_MS), "spare")
    return True


def _phone(state: ScenarioState, duty: Duty, report_id: str, recorded_ms: int, how: str) -> None:
    uploaded_ms = duty.dock_ms + 20 * MIN_MS
    if how == "uploaded_late":
        uploaded_ms += 26 * HOUR_MS
    delivered_ms = uploaded_ms + (9 * 24 if how == "delivered_late" else 20) * HOUR_MS
    state.roster.add_fact(
        "phone_footage",
        "M",
        {
            "officer_id": duty.officer.officer_id,
            "fault_report_id": report_id,
            "recorded_at": recorded_ms,
            "uploaded_at": uploaded_ms,
            "delivered_at": delivered_ms,
            "received_by": duty.squad.custodian.officer_id,
        },
    )
