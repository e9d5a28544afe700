"""Answers what really happened in a scenario: who wore which recorder, what was recorded, what is excused."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from device_sim.bureau.roster import Activity, Duty
from device_sim.bureau.scenario_state import ScenarioState
from device_sim.device.device_truth import DeviceEvent, DeviceTruth
from device_sim.world.spans import Span, minus, union, within

FAILURES = ("battery_died", "storage_full", "break")


class GroundTruth:
    """What is true of a scenario that was simulated until *until_ms*. Times are milliseconds since 1970."""

    def __init__(self, state: ScenarioState, truths: dict[str, DeviceTruth], until_ms: int) -> None:
        self.state = state
        self.truths = truths
        self.until_ms = until_ms
        self._duties_of_recorder: dict[str, list[Duty]] = defaultdict(list)
        self._duties_of_officer: dict[str, list[Duty]] = defaultdict(list)
        for duty in state.roster.duties:
            if duty.is_carried:
                self._duties_of_recorder[duty.spec.recorder_id].append(duty)
            self._duties_of_officer[duty.officer.officer_id].append(duty)

    def duty_wearing(self, recorder_id: str, at_ms: int) -> Duty | None:
        """The duty on which a recorder was worn at a moment."""
        duties = self._duties_of_recorder[recorder_id]
        return next((duty for duty in duties if duty.pick_up_ms <= at_ms <= duty.dock_ms), None)

    def carried_duties(self) -> Iterable[Duty]:
        """All duties on which a recorder was worn, in the roster's order."""
        return (duty for duty in self.state.roster.duties if duty.is_carried)

    def recorded_by(self, officer_id: str, bounds: Span) -> list[Span]:
        """What an officer's recorder recorded within *bounds* while he wore it."""
        spans: list[Span] = []
        for duty in self._duties_of_officer[officer_id]:
            if duty.is_carried and duty.pick_up_ms < bounds.to_ms and bounds.from_ms < duty.dock_ms:
                spans += within(self.truths[duty.spec.recorder_id].recorded, duty.worn)
        return within(spans, bounds)

    def recorded_in(self, activity: Activity) -> list[Span]:
        """What all participants recorded of an activity, by its registered times."""
        officers = {officer.officer_id for officer in activity.officers}
        return union(span for officer_id in officers for span in self.recorded_by(officer_id, activity.registered))

    def on_duty(self, officer_id: str) -> list[Span]:
        """When an officer had to wear a recorder: patrols, campaigns and activities, without his exemptions."""
        spans = [
            shift.span
            for shift in self.state.roster.shifts
            if shift.officer.officer_id == officer_id and shift.kind != "office" and shift.cancelled_ms is None
        ]
        for duty in self._duties_of_officer[officer_id]:
            spans += [activity.registered for activity in duty.activities if activity.cancelled_ms is None]
        return minus(spans, self.exempt(officer_id))

    def exempt(self, officer_id: str) -> list[Span]:
        """An officer's exemptions."""
        return union(
            Span(fact["starts_at"], fact["ends_at"])
            for fact in self.state.roster.facts.get("exemptions", [])
            if fact.get("officer_id") == officer_id
        )

    def excused(self, officer_id: str) -> list[Span]:
        """An officer's exemptions, and the time after each failure that he reported."""
        reported = [
            Span(
                failure.at_ms,
                fact.get("resolved_at") or self._next_connection_after(fact["recorder_id"], failure.at_ms),
            )
            for fact in self.state.roster.facts.get("fault_reports", [])
            if fact["officer_id"] == officer_id
            if (failure := self._failure_before(fact["recorder_id"], fact["reported_at"])) is not None
        ]
        return union([*self.exempt(officer_id), *reported])

    def failures(self, recorder_id: str) -> list[DeviceEvent]:
        """When the battery of a recorder died, its disk filled up or it broke."""
        return [event for event in self.truths[recorder_id].events if event.what in FAILURES]

    def is_bound(self, recorder_id: str, card: str | None, at_ms: int) -> bool:
        """Whether *card* is the one that is bound to a recorder at a moment."""
        spec = next(spec for spec in self.state.bureau.recorders if spec.recorder_id == recorder_id)
        return card is not None and card == self.state.bound_iccid(spec, at_ms)

    def _failure_before(self, recorder_id: str, at_ms: int) -> DeviceEvent | None:
        before = [failure for failure in self.failures(recorder_id) if failure.at_ms <= at_ms]
        return before[-1] if before else None

    def _next_connection_after(self, recorder_id: str, at_ms: int) -> int:
        heard = [span.from_ms for span in self.truths[recorder_id].connected if span.from_ms > at_ms]
        return min(heard, default=self.until_ms)


def incident_label(
    rule: str, duty: Duty, span: Span | tuple[int, int | None], decidable_ms: int, **more: Any
) -> dict[str, Any]:
    """Build an incident label about a duty, with times in milliseconds; *more* adds or replaces fields."""
    return {
        "label": "incident",
        "rule": rule,
        "cause": None,
        "recorder_id": duty.spec.recorder_id,
        "officer_id": duty.officer.officer_id,
        "unit_id": duty.officer.unit_id,
        "shift_id": duty.shift.shift_id,
        "activity_id": None,
        "starts_at": span[0],
        "ends_at": span[1],
        "decidable_at": decidable_ms,
        "expected": "open",
        "confidence": "confirmed",
        "observable": True,
    } | more


def expected_status(open_rest: int) -> str:
    """The expected status: "open" if any time (or number of gaps) is left without an excuse, else "excused"."""
    return "open" if open_rest else "excused"
