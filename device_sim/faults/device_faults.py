"""Faults of the device itself: battery, power, storage, clock and hardware, with the fault reports that excuse them."""

from random import Random
from typing import Annotated, Final, Literal

from pydantic import Field

from device_sim.bureau.roster import HOUR_MS, MIN_MS, Activity, Duty, minutes_ms
from device_sim.bureau.scenario_state import ScenarioState, filmed_activities, find_gap, remove_colleagues
from device_sim.device.actions import Action, ActionKind
from device_sim.faults.fault import DutyFault, Range
from device_sim.world.spans import Span

_EMPTY_PCT: Final = {True: 2.5, False: 0.5}
"""Where the battery gives out, by whether the model warns of a low battery: as in `Device.is_flat`."""


class BatteryFlat(DutyFault):
    """The battery dies on duty; `reported` in the APP or not, with `returns` charged and taken out again."""

    changes_partner = True

    what: Literal["battery_flat"]
    reported: bool = False
    returns: bool = False

    def apply(self, state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Start the shift with so little charge that the battery dies during a filmed activity."""
        activity = _later_filmed_activity(duty, rng)
        if activity is None:
            return False
        at_ms = _moment_within(activity, rng.uniform(0.35, 0.65))
        remove_colleagues(state, duty, activity.actual.from_ms)
        model, all_filmed = duty.spec.model, [span for spans in duty.filming.values() for span in spans]
        filmed_ms = sum(max(0, min(span.to_ms, at_ms) - span.from_ms) for span in all_filmed)
        spent = (model.standby_pct_per_h * (at_ms - duty.pick_up_ms) + model.recording_pct_per_h * filmed_ms) / HOUR_MS
        level = _EMPTY_PCT[model.warns_of_low_battery] + spent
        if level > 99:
            return False
        # An action carries whole percents only; rounding moves the end by some minutes.
        duty.extra_actions.append(Action(duty.pick_up_ms, ActionKind.SET_BATTERY_LEVEL, max(int(level) + 1, 4)))
        back_ms = at_ms + minutes_ms(rng, 95, 110) if self.returns else duty.dock_ms + 15 * MIN_MS
        if self.returns:
            duty.extra_actions += [
                Action(at_ms + 15 * MIN_MS, ActionKind.DOCK),
                Action(back_ms - MIN_MS, ActionKind.POWER_ON),
                Action(back_ms, ActionKind.UNDOCK),
                Action(back_ms + 1000, ActionKind.START_PATROL),
            ]
        else:
            duty.extra_actions.append(Action(back_ms, ActionKind.POWER_ON))
        if self.reported:
            _report(state, duty, "battery", at_ms + minutes_ms(rng, 14, 22), resolved_ms=back_ms)
        return True


class PowerOff(DutyFault):
    """Switched off between two activities: by the key (with a goodbye), by holding it, or by taking the battery out."""

    what: Literal["power_off"]
    minutes: Range = (8, 30)
    how: Literal["key", "held", "battery_out"] = "key"

    def apply(self, _state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Switch it off in a gap between recordings, and on again."""
        gap = _gap_span(duty, self.minutes, rng)
        if gap is None:
            return False
        off = Action(gap.from_ms, ActionKind.POWER_OFF, self.how)
        duty.extra_actions += [off, Action(gap.to_ms, ActionKind.POWER_ON)]
        return True


class Reboots(DutyFault):
    """The device's watchdog restarts it, *times* times."""

    what: Literal["reboots"]
    times: Annotated[int, Field(ge=1, le=20)] = 3

    def apply(self, _state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Restart it every 3 to 6 minutes within one gap between recordings."""
        interval_ms = minutes_ms(rng, 3, 6)
        at_ms = find_gap(duty, interval_ms * self.times + MIN_MS, rng)
        if at_ms is None:
            return False
        for number in range(self.times):
            off_ms = at_ms + number * interval_ms
            on_ms = off_ms + rng.randrange(20_000, 45_000)
            off = Action(off_ms, ActionKind.POWER_OFF, "watchdog")
            duty.extra_actions += [off, Action(on_ms, ActionKind.POWER_ON)]
        return True


class Breakdown(DutyFault):
    """The device reports a fault and films no more.

    `reported` in the APP, with a repair; `phone` says whether the officer films with his phone and whether that footage
    comes in time. With `spare`, another recorder takes over.
    """

    changes_partner = True

    what: Literal["breakdown"]
    reported: bool = False
    spare: bool = False
    phone: Literal["none", "in_time", "uploaded_late", "delivered_late"] = "none"

    def apply(self, state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Break it during a filmed activity; before one if a spare films it."""
        activity = _later_filmed_activity(duty, rng)
        if activity is None:
            return False
        if self.spare:
            return _take_spare(state, duty, activity, rng)
        at_ms = _moment_within(activity, rng.uniform(0.3, 0.6))
        remove_colleagues(state, duty, activity.actual.from_ms)
        repaired_ms = _break(duty, at_ms)
        if self.reported:
            reported_ms = at_ms + minutes_ms(rng, 3, 8)
            repair_ms = duty.dock_ms + HOUR_MS
            report_id = _report(state, duty, "fault", reported_ms, resolved_ms=repaired_ms, repair_ms=repair_ms)
            if self.phone != "none":
                _add_phone_footage(state, duty, report_id, reported_ms + MIN_MS, self.phone)
        return True


class StorageFull(DutyFault):
    """The disk is full before an activity is over."""

    changes_partner = True

    what: Literal["storage_full"]
    reported: bool = False

    def apply(self, state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Fill the disk so that it is full during a filmed activity."""
        activity = _later_filmed_activity(duty, rng)
        if activity is None:
            return False
        remove_colleagues(state, duty, activity.actual.from_ms)
        filmed = duty.filming[activity.activity_id][0]
        left_s = (filmed.to_ms - filmed.from_ms) / 1000 * rng.uniform(0.35, 0.6)
        free_mb = 120 + int(left_s * 0.55)
        duty.extra_actions.append(Action(filmed.from_ms - 50_000, ActionKind.SET_FREE_SPACE, free_mb))
        if self.reported:
            reported_ms = filmed.from_ms + int(left_s * 1000) + minutes_ms(rng, 4, 9)
            _report(state, duty, "storage", reported_ms, resolved_ms=duty.import_ms or duty.dock_ms + HOUR_MS)
        return True


class DockedOnDuty(DutyFault):
    """Put back into the dock in the middle of a shift, and taken out again."""

    what: Literal["docked_on_duty"]
    minutes: Range = (20, 45)

    def apply(self, _state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Dock it in a gap between recordings."""
        gap = _gap_span(duty, self.minutes, rng)
        if gap is None:
            return False
        duty.extra_actions += [
            Action(gap.from_ms, ActionKind.DOCK),
            Action(gap.to_ms, ActionKind.UNDOCK),
            Action(gap.to_ms + 5000, ActionKind.START_PATROL),
        ]
        return True


class Asleep(DutyFault):
    """The device goes to sleep with a goodbye, and wakes up."""

    what: Literal["asleep"]
    minutes: Range = (12, 30)

    def apply(self, _state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Put it to sleep in a gap between recordings."""
        gap = _gap_span(duty, self.minutes, rng)
        if gap is None:
            return False
        duty.extra_actions += [Action(gap.from_ms, ActionKind.SLEEP), Action(gap.to_ms, ActionKind.WAKE)]
        return True


class FlatClock(DutyFault):
    """The device starts the shift with a clock in 1970; in a garage it waits long for the network's time."""

    what: Literal["flat_clock"]
    in_garage: bool = False

    def apply(self, _state: ScenarioState, duty: Duty, _rng: Random, /) -> bool:
        """Take the battery out before the shift; some models keep their clock then."""
        if duty.spec.model.keeps_clock_when_flat:
            return False
        duty.extra_actions.append(Action(duty.pick_up_ms - 3 * MIN_MS, ActionKind.POWER_OFF, "battery_out"))
        if self.in_garage:
            duty.extra_actions.append(Action(duty.pick_up_ms + 5000, ActionKind.ENTER, "garage"))
        return True


class ClockOff(DutyFault):
    """The device clock is wrong by *minutes* (negative: behind) for a shift."""

    what: Literal["clock_off"]
    minutes: Annotated[float, Field(ge=-1440, le=1440)] = 9

    def apply(self, _state: ScenarioState, duty: Duty, _rng: Random, /) -> bool:
        """Set the clock wrong at pick-up, and right again in the dock."""
        duty.extra_actions += [
            Action(duty.pick_up_ms, ActionKind.SET_CLOCK_OFF, int(self.minutes * MIN_MS)),
            Action(duty.dock_ms + MIN_MS, ActionKind.SET_CLOCK_OFF, duty.spec.skew_ms),
        ]
        return True


def _gap_span(duty: Duty, minutes: Range, rng: Random) -> Span | None:
    """Choose a span of some *minutes* between recordings; None if there is no room for it."""
    length_ms = minutes_ms(rng, *minutes)
    at_ms = find_gap(duty, length_ms + 2 * MIN_MS, rng)
    return None if at_ms is None else Span(at_ms, at_ms + length_ms)


def _later_filmed_activity(duty: Duty, rng: Random) -> Activity | None:
    # Not the first: everybody films that one, and without it the shift would be unrecorded altogether.
    later = filmed_activities(duty, first=1)
    return rng.choice(later) if later else None


def _moment_within(activity: Activity, share: float) -> int:
    return activity.actual.from_ms + int((activity.actual.to_ms - activity.actual.from_ms) * share)


def _break(duty: Duty, at_ms: int) -> int:
    """Break the recorder until two hours after it is docked; return when it is repaired."""
    repaired_ms = duty.dock_ms + 2 * HOUR_MS
    duty.extra_actions += [Action(at_ms, ActionKind.BREAK, "E17"), Action(repaired_ms, ActionKind.REPAIR)]
    return repaired_ms


def _report(
    state: ScenarioState, duty: Duty, kind: str, reported_ms: int, *, resolved_ms: int, repair_ms: int | None = None
) -> str:
    """Add a fault report to the facts; return its id."""
    fields: dict[str, str | int] = {
        "officer_id": duty.officer.officer_id,
        "recorder_id": duty.spec.recorder_id,
        "kind": kind,
        "reported_at": reported_ms,
    }
    if repair_ms is not None:
        fields["repair_at"] = repair_ms
    return state.roster.add_fact("fault_reports", "F", fields | {"resolved_at": resolved_ms})


def _take_spare(state: ScenarioState, duty: Duty, activity: Activity, rng: Random) -> bool:
    """Break the recorder before *activity*, and go on with the squad's spare as a second duty."""
    spare, day = duty.squad.spare, state.day_of(duty.shift.span.from_ms)
    at_ms = activity.actual.from_ms - 19 * MIN_MS
    if (spare.recorder_id, day) in state.roster.spares_taken or spare is duty.spec:
        return False
    state.roster.spares_taken.add((spare.recorder_id, day))
    remove_colleagues(state, duty, activity.actual.from_ms)
    repaired_ms, reported_ms = _break(duty, at_ms), at_ms + minutes_ms(rng, 2, 4)
    _report(state, duty, "fault", reported_ms, resolved_ms=repaired_ms, repair_ms=duty.dock_ms + HOUR_MS)
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


def _add_phone_footage(state: ScenarioState, duty: Duty, report_id: str, recorded_ms: int, how: str) -> None:
    uploaded_ms = duty.dock_ms + 20 * MIN_MS + (26 * HOUR_MS if how == "uploaded_late" else 0)
    delivered_ms = uploaded_ms + (9 * 24 if how == "delivered_late" else 20) * HOUR_MS
    fields = {
        "officer_id": duty.officer.officer_id,
        "fault_report_id": report_id,
        "recorded_at": recorded_ms,
        "uploaded_at": uploaded_ms,
        "delivered_at": delivered_ms,
        "received_by": duty.squad.custodian.officer_id,
    }
    state.roster.add_fact("phone_footage", "M", fields)
