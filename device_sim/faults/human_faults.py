"""What people do and leave undone: not filming, not carrying, importing late, lending, swapping, and what excuses it."""

from random import Random
from typing import Annotated, Final, Literal

from pydantic import Field

from device_sim.bureau.roster import HOUR_MS, MIN_MS, Activity, Duty, minutes_ms
from device_sim.bureau.scenario_state import ScenarioState, filmed_activities, find_gap
from device_sim.device.actions import Action, ActionKind
from device_sim.faults.fault import DutyFault
from device_sim.world.spans import Span

_TYPED_TOLERANCE_MIN: Final = 10
"""Minutes by which the rule lets times differ that somebody typed in."""
_CLEAR_EXCESS_MIN: Final = 4
_UpToAnHour = Annotated[float, Field(ge=0, le=60)]


class Unrecorded(DutyFault):
    """An activity that no officer films. Where the `partner` "films", the duty to record is kept."""

    changes_partner = True

    what: Literal["activity_unrecorded"]
    partner: Literal["off", "films"] = "off"

    def apply(self, state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Cancel the recordings of an activity."""
        activities = filmed_activities(duty, first=1)
        if not activities:
            return False
        activity = rng.choice(activities)
        filmed = duty.filming.pop(activity.activity_id)
        others = [other for other in state.duties_of(activity) if other is not duty]
        for other in others:
            other.filming.pop(activity.activity_id, None)
            if self.partner == "films":
                other.filming[activity.activity_id] = filmed
        return bool(others) or self.partner == "off"


class Incomplete(DutyFault):
    """An activity filmed too late, not to its end, or with a pause (minutes): over what the rule tolerates, or within it."""

    changes_partner = True

    what: Literal["recording_incomplete"]
    late: _UpToAnHour = 0
    early: _UpToAnHour = 0
    pause: _UpToAnHour = 0

    def apply(self, state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Shorten or split the recording of an activity that is long enough; nobody else films it."""
        least_min = self.late + self.early + self.pause + 6
        fitting = [
            activity
            for activity in filmed_activities(duty, first=1)
            if activity.registered.to_ms - activity.registered.from_ms > least_min * MIN_MS
            and (activity.times_from in {"device", "checkin"} or self._shows_in_typed_times())
        ]
        if not fitting:
            return False
        activity = rng.choice(fitting)
        for other in state.duties_of(activity):
            other.filming.pop(activity.activity_id, None)
        duty.filming[activity.activity_id] = self._recorded_spans(activity)
        return True

    def _shows_in_typed_times(self) -> bool:
        """Whether it exceeds what is tolerated where the activity's times were typed in."""
        excesses = [excess for excess in (self.late, self.early) if excess]
        return all(excess > _TYPED_TOLERANCE_MIN + _CLEAR_EXCESS_MIN for excess in excesses)

    def _recorded_spans(self, activity: Activity) -> list[Span]:
        from_ms = activity.actual.from_ms + int(self.late * MIN_MS) + 5000
        to_ms = activity.actual.to_ms - int(self.early * MIN_MS) + 5000
        if not self.pause:
            return [Span(from_ms, to_ms)]
        pause_ms = int(self.pause * MIN_MS)
        middle_ms = (from_ms + to_ms - pause_ms) // 2
        return [Span(from_ms, middle_ms), Span(middle_ms + pause_ms, to_ms)]


class NotCarried(DutyFault):
    """The recorder stays in its dock all shift. With `leave` the officer was on leave, which excuses it."""

    changes_partner = True

    what: Literal["not_carried"]
    leave: bool = False

    def apply(self, state: ScenarioState, duty: Duty, _rng: Random, /) -> bool:
        """Leave the recorder in its dock; the partner, if there is one, films all activities."""
        if not self.leave and duty.partner is None:
            return False
        state.drop_assignment(duty)
        duty.is_carried = False
        duty.filming.clear()
        for activity in duty.activities:
            if duty.partner is not None:
                filmed = Span(activity.actual.from_ms - 10_000, activity.actual.to_ms + 10_000)
                duty.partner.filming.setdefault(activity.activity_id, [filmed])
            if self.leave:
                activity.officers[:] = [officer for officer in activity.officers if officer is not duty.officer]
                if not activity.officers:
                    activity.cancelled_ms = duty.shift.span.from_ms - HOUR_MS
                    activity.officers[:] = [duty.officer]
        if self.leave:
            duty.activities.clear()
            _add_leave(state, duty)
        return True


def _add_leave(state: ScenarioState, duty: Duty) -> None:
    fields = {
        "officer_id": duty.officer.officer_id,
        "starts_at": duty.shift.span.from_ms,
        "ends_at": duty.shift.span.to_ms,
        "reason": "leave",
        "approved_by": duty.squad.leader.officer_id,
        "entered_at": duty.shift.span.from_ms - 14 * HOUR_MS,
    }
    state.roster.add_fact("exemptions", "E", fields)


class ImportLate(DutyFault):
    """The footage is imported *hours* after the duty, or never."""

    what: Literal["import_late"]
    hours: Annotated[float, Field(gt=0, le=200)] | None = None

    def apply(self, state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Move the import, or drop it: also where the recorder is on duty again before, and is emptied after that."""
        if not filmed_activities(duty):
            return False
        import_ms = None if self.hours is None else duty.dock_ms + int(self.hours * HOUR_MS) + rng.randrange(60_000)
        is_worn_before = any(
            other.spec is duty.spec and duty.dock_ms < other.pick_up_ms < (import_ms or 0)
            for other in state.roster.duties
        )
        duty.import_ms = None if is_worn_before else import_ms
        return True


class FootageRemoved(DutyFault):
    """*files* recordings are deleted from the device on duty."""

    what: Literal["footage_removed"]
    files: Annotated[int, Field(ge=1, le=20)] = 1

    def apply(self, _state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Delete what was filmed so far, in a later gap between recordings."""
        filmed = sorted(span for spans in duty.filming.values() for span in spans)
        if len(filmed) < self.files:
            return False
        before = Span(duty.out_ms, filmed[self.files - 1].to_ms + 3 * MIN_MS)
        at_ms = find_gap(duty, 4 * MIN_MS, rng, [before])
        if at_ms is None:
            return False
        duty.extra_actions.append(Action(at_ms, ActionKind.DELETE, self.files))
        return True


class Lent(DutyFault):
    """An officer wears another unit's spare. With `joint` it is assigned to him for joint duty, which allows it."""

    what: Literal["lent"]
    joint: bool = False

    def apply(self, state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Take the spare of another squad that is free that day."""
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
        if self.joint:
            state.roster.assign(duty, Span(duty.pick_up_ms - MIN_MS, duty.dock_ms + MIN_MS), "joint")
        return True


class Swap(DutyFault):
    """The two of a team wear each other's recorder, with assignments for it."""

    changes_partner = True

    what: Literal["swap"]

    def apply(self, state: ScenarioState, duty: Duty, _rng: Random, /) -> bool:
        """Exchange the recorders of *duty* and its partner."""
        partner = duty.partner
        if partner is None or duty.squad.assignment_mode != "held":
            return False
        duty.spec, partner.spec = partner.spec, duty.spec
        for one in (duty, partner):
            state.roster.assign(one, Span(one.pick_up_ms - MIN_MS, one.dock_ms + MIN_MS), "swap")
        return True


class Cancelled(DutyFault):
    """An activity is cancelled before it begins."""

    changes_partner = True

    what: Literal["cancelled"]

    def apply(self, state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Cancel an activity 10 to 40 minutes ahead; nobody films it."""
        activities = filmed_activities(duty, first=1)
        if not activities:
            return False
        activity = rng.choice(activities)
        activity.cancelled_ms = activity.actual.from_ms - minutes_ms(rng, 10, 40)
        for other in state.duties_of(activity):
            other.filming.pop(activity.activity_id, None)
        return True


class Press(DutyFault):
    """The SOS key is pressed, or the case is opened (tamper contact)."""

    what: Literal["sos", "tamper"]

    def apply(self, _state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Do so in a gap between recordings; an SOS films for some minutes."""
        at_ms = find_gap(duty, 7 * MIN_MS, rng)
        if at_ms is None:
            return False
        if self.what == "tamper":
            duty.extra_actions.append(Action(at_ms, ActionKind.TAMPER))
        else:
            standby = Action(at_ms + minutes_ms(rng, 2, 5), ActionKind.STANDBY)
            duty.extra_actions += [Action(at_ms, ActionKind.SOS), standby]
        return True
