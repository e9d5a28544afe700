"""Labels of footage: activities and shifts without it, and footage that was imported or delivered too late."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from device_sim.bureau.facts import dock_imports
from device_sim.bureau.roster import DAY_MS, HOUR_MS, MIN_MS, Activity, Duty
from device_sim.device.payloads import ZONE, stamp
from device_sim.truth.ground_truth import GroundTruth, expected_status, incident_label
from device_sim.world.spans import Span, minus, total_ms, within

_PAUSE_MS: Final = 180_000
_DEVICE_TOLERANCE_MS: Final = 2 * MIN_MS
_TYPED_TOLERANCE_MS: Final = 10 * MIN_MS


def label_activities(ground_truth: GroundTruth) -> Iterator[dict[str, Any]]:
    """Label activities that nobody recorded, or not completely."""
    for duty in ground_truth.state.roster.duties:
        for activity in duty.activities:
            if activity.cancelled_ms is None and activity.officers[0] is duty.officer and duty.fault_name != "spare":
                yield from _activity(ground_truth, duty, activity)


def _activity(ground_truth: GroundTruth, duty: Duty, activity: Activity) -> Iterator[dict[str, Any]]:
    span = activity.registered
    recorded = ground_truth.recorded_in(activity)
    excused = [Span(*span)]
    for officer in activity.officers:
        excused = [piece for own in ground_truth.excused(officer.officer_id) for piece in within(excused, own)]
    about = {
        "activity_id": activity.activity_id,
        "officer_ids": [officer.officer_id for officer in activity.officers],
    }
    known_ms = max(span.to_ms, activity.entered_ms or 0)
    if total_ms(recorded) < 1000:
        open_ms = total_ms(minus([span], excused))
        yield incident_label(
            "activity-unrecorded",
            duty,
            span,
            max(span.to_ms + 30 * MIN_MS, known_ms),
            **about,
            expected=expected_status(open_ms),
        )
        return
    gaps = _gaps(activity, recorded)
    if not gaps:
        return
    left = [gap for gap, least_ms in gaps if total_ms(minus([gap], excused)) >= least_ms]
    yield incident_label(
        "recording-incomplete",
        duty,
        span,
        known_ms,
        **about,
        expected=expected_status(len(left)),
        gaps=[[stamp(gap.from_ms), stamp(gap.to_ms)] for gap, _ in gaps],
    )


def _gaps(activity: Activity, recorded: list[Span]) -> list[tuple[Span, int]]:
    """The missing parts of a recording, each with the least length (milliseconds) that the rule reports."""
    span = activity.registered
    # Times that people typed in are less exact than those of a device.
    tolerance_ms = _TYPED_TOLERANCE_MS
    if activity.times_from in {"device", "checkin"}:
        tolerance_ms = _DEVICE_TOLERANCE_MS
    elif activity.rounded_to_min:
        tolerance_ms = max(tolerance_ms, activity.rounded_to_min * MIN_MS)
    ends = [Span(span.from_ms, recorded[0].from_ms), Span(recorded[-1].to_ms, span.to_ms)]
    pauses = [Span(a.to_ms, b.from_ms) for a, b in itertools.pairwise(recorded)]
    gaps = [(gap, tolerance_ms + 1) for gap in ends] + [(pause, _PAUSE_MS) for pause in pauses]
    return [(gap, least_ms) for gap, least_ms in gaps if gap.to_ms - gap.from_ms >= least_ms]


def label_shifts(ground_truth: GroundTruth) -> Iterator[dict[str, Any]]:
    """Label shifts without any recording, and recorders that were not carried."""
    for duty in ground_truth.state.roster.duties:
        shift = duty.shift
        if shift.cancelled_ms is not None or duty.fault_name == "spare":
            continue
        officer_id = duty.officer.officer_id
        decidable_ms = shift.span.to_ms + 15 * MIN_MS
        open_ms = total_ms(minus([shift.span], ground_truth.excused(officer_id)))
        if total_ms(ground_truth.recorded_by(officer_id, shift.span)) < 60_000:
            expected = expected_status(open_ms >= HOUR_MS)
            yield incident_label("shift-unrecorded", duty, shift.span, decidable_ms, expected=expected)
        if not duty.is_carried:
            yield incident_label(
                "recorder-not-carried", duty, shift.span, decidable_ms, expected=expected_status(open_ms)
            )


# -- handing in ------------------------------------------------------------------------------------------------------


def label_imports(ground_truth: GroundTruth) -> Iterator[dict[str, Any]]:
    """Label recordings that were not imported within a day after their activity."""
    imports = dock_imports(ground_truth.state.roster, ground_truth.truths)
    for duty in ground_truth.carried_duties():
        recorder_id = duty.spec.recorder_id
        own = [fact for fact in imports if fact["recorder_id"] == recorder_id]
        uncovered = []
        for span in ground_truth.truths[recorder_id].recorded:
            if not duty.pick_up_ms <= span.from_ms <= duty.dock_ms:
                continue
            deadline_ms = _deadline(duty, span)
            if not any(_covers(fact, span) and fact["imported_at"] <= deadline_ms for fact in own):
                uncovered.append((span.from_ms, deadline_ms))
        if uncovered:
            first_ms, deadline_ms = min(uncovered)
            yield incident_label(
                "import-overdue", duty, (first_ms, deadline_ms), min(deadline for _, deadline in uncovered)
            )


def _deadline(duty: Duty, span: Span) -> int:
    ends = [
        a.registered.to_ms
        for a in duty.activities
        if a.registered.from_ms < span.to_ms and span.from_ms < a.registered.to_ms
    ]
    return max(ends, default=span.to_ms) + DAY_MS


def _covers(fact: dict[str, Any], span: Span) -> bool:
    slack_ms = 2 * MIN_MS
    return bool(
        fact["docked_at"] >= span.to_ms
        and fact["recorded_from"] - slack_ms <= span.from_ms
        and span.to_ms <= fact["recorded_to"] + slack_ms
    )


def label_phone_footage(ground_truth: GroundTruth) -> Iterator[dict[str, Any]]:
    """Label phone footage that was uploaded or delivered too late."""
    for fact in ground_truth.state.roster.facts.get("phone_footage", []):
        duty = next(
            duty
            for duty in ground_truth.carried_duties()
            if duty.officer.officer_id == fact["officer_id"] and duty.pick_up_ms <= fact["recorded_at"] <= duty.dock_ms
        )
        upload_due_ms = max(_end_of_day(fact["recorded_at"]), duty.shift.span.to_ms + 2 * HOUR_MS)
        deliver_due_ms = _after_working_days(fact["recorded_at"], 3)
        for done_ms, due_ms, whose in (
            (fact["uploaded_at"], upload_due_ms, {}),
            # Delivering is the custodian's task, not the officer's (二(二)3(2)).
            (fact["delivered_at"], deliver_due_ms, {"officer_id": None, "recorder_id": None}),
        ):
            if done_ms > due_ms:
                span = (fact["recorded_at"], due_ms)
                yield incident_label("phone-footage-overdue", duty, span, due_ms, footage_id=fact["id"], **whose)
                break


def _end_of_day(at_ms: int) -> int:
    day = datetime.fromtimestamp(at_ms / 1000, ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((day + timedelta(days=1)).timestamp() * 1000)


def _after_working_days(at_ms: int, count: int) -> int:
    """The end of the *count*-th weekday after *at_ms*; scenarios avoid statutory holidays."""
    end_ms = _end_of_day(at_ms)
    while count:
        if datetime.fromtimestamp(end_ms / 1000, ZONE).weekday() < 5:
            count -= 1
        end_ms += DAY_MS
    return end_ms
