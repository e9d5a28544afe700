"""Labels of recorders on duty: lent ones, failures that nobody reported, and SOS, tampering and deletion."""

from collections.abc import Iterator
from typing import Any

from device_sim.bureau.roster import DAY_MS, MIN_MS, Duty
from device_sim.truth.ground_truth import GroundTruth, incident_label
from device_sim.world.spans import total_ms

_ALARM_MS = DAY_MS // 2


def label_lent_recorders(ground_truth: GroundTruth) -> Iterator[dict[str, Any]]:
    """Label recorders worn by an officer that they weren't assigned to."""
    for duty in ground_truth.carried_duties():
        if duty.fault_name == "lent" and not _is_assigned(ground_truth, duty):
            yield incident_label("recorder-lent", duty, duty.worn, duty.pick_up_ms + 11 * MIN_MS)


def _is_assigned(ground_truth: GroundTruth, duty: Duty) -> bool:
    return any(
        fact["recorder_id"] == duty.spec.recorder_id and fact["officer_id"] == duty.officer.officer_id
        for fact in ground_truth.state.roster.facts.get("assignments", [])
    )


def label_failures(ground_truth: GroundTruth) -> Iterator[dict[str, Any]]:
    """Label failures on duty that nobody reported and that left something unrecorded."""
    reports = ground_truth.state.roster.facts.get("fault_reports", [])
    for duty in ground_truth.carried_duties():
        recorder_id, shift = duty.spec.recorder_id, duty.shift.span
        for failure in ground_truth.failures(recorder_id):
            if (
                not shift.from_ms <= failure.at_ms < shift.to_ms
                or ground_truth.duty_wearing(recorder_id, failure.at_ms) is not duty
            ):
                continue
            is_reported = any(
                fact["recorder_id"] == recorder_id and failure.at_ms <= fact["reported_at"] <= shift.to_ms
                for fact in reports
            )
            has_spare = any(
                other.fault_name == "spare" and other.shift is duty.shift for other in ground_truth.carried_duties()
            )
            if is_reported or has_spare or not _left_unrecorded(ground_truth, duty, failure.at_ms):
                continue
            yield incident_label(
                "fault-unreported", duty, (failure.at_ms, shift.to_ms), shift.to_ms, failure=failure.what
            )


def _left_unrecorded(ground_truth: GroundTruth, duty: Duty, at_ms: int) -> bool:
    running = [
        a for a in duty.activities if a.cancelled_ms is None and a.registered.from_ms <= at_ms < a.registered.to_ms
    ]
    later = [a for a in duty.activities if a.cancelled_ms is None and a.registered.from_ms >= at_ms]
    return bool(running) or any(total_ms(ground_truth.recorded_in(activity)) < 1000 for activity in later)


def label_events(ground_truth: GroundTruth) -> Iterator[dict[str, Any]]:
    """Label SOS, tampering and deleted recordings. Nobody answers an SOS here, so a recorder's calls are one alarm.

    A call half a day after the last one is an alarm of its own, as in the server.
    """
    rules = {"sos": "sos", "tamper": "tamper", "delete": "footage-removed"}
    for recorder_id, truth in ground_truth.truths.items():
        called_ms: int | None = None
        for event in truth.events:
            duty = ground_truth.duty_wearing(recorder_id, event.at_ms)
            if event.what not in rules or duty is None:
                continue
            if event.what == "sos":
                is_counted = called_ms is not None and event.at_ms - called_ms <= _ALARM_MS
                called_ms = event.at_ms
                if is_counted:
                    continue
            waits_ms = DAY_MS if event.what == "delete" and not duty.spec.model.reports_deletion else 0
            span = (event.at_ms, event.at_ms)
            yield incident_label(rules[event.what], duty, span, event.at_ms + waits_ms)
