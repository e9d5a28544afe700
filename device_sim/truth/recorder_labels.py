"""Labels of recorders on duty: lent, failed without a report, and what happens to one at a moment."""

from collections.abc import Iterator
from typing import Any

from device_sim.bureau.roster import DAY_MS, MIN_MS, Duty
from device_sim.truth.ground_truth import Witness
from device_sim.truth.incident_label import incident
from device_sim.world.spans import total_ms


def of_lent(witness: Witness) -> Iterator[dict[str, Any]]:
    """Recorders worn by somebody that they were not assigned to."""
    for duty in witness.carried_duties():
        if duty.fate == "lent" and not _is_assigned(witness, duty):
            yield incident("recorder-lent", duty, duty.worn, duty.pick_up_ms + 11 * MIN_MS)


def _is_assigned(witness: Witness, duty: Duty) -> bool:
    return any(
        fact["recorder_id"] == duty.spec.recorder_id and fact["officer_id"] == duty.officer.officer_id
        for fact in witness.play.roster.facts.get("assignments", [])
    )


def of_failures(witness: Witness) -> Iterator[dict[str, Any]]:
    """Failures on duty that nobody reported, with something left unrecorded."""
    reports = witness.play.roster.facts.get("fault_reports", [])
    for duty in witness.carried_duties():
        recorder_id, shift = duty.spec.recorder_id, duty.shift.span
        for failure in witness.failures(recorder_id):
            if (
                not shift.from_ms <= failure.at_ms < shift.to_ms
                or witness.wearing(recorder_id, failure.at_ms) is not duty
            ):
                continue
            is_reported = any(
                fact["recorder_id"] == recorder_id and failure.at_ms <= fact["reported_at"] <= shift.to_ms
                for fact in reports
            )
            has_spare = any(other.fate == "spare" and other.shift is duty.shift for other in witness.carried_duties())
            if is_reported or has_spare or not _left_unrecorded(witness, duty, failure.at_ms):
                continue
            yield incident("fault-unreported", duty, (failure.at_ms, shift.to_ms), shift.to_ms, failure=failure.what)


def _left_unrecorded(witness: Witness, duty: Duty, at_ms: int) -> bool:
    running = [a for a in duty.activities if a.cancelled_ms is None and a.told.from_ms <= at_ms < a.told.to_ms]
    later = [a for a in duty.activities if a.cancelled_ms is None and a.told.from_ms >= at_ms]
    return bool(running) or any(total_ms(witness.recorded_in(activity)) < 1000 for activity in later)


def of_happenings(witness: Witness) -> Iterator[dict[str, Any]]:
    """SOS, tampering, and recordings deleted."""
    rules = {"sos": "sos", "tamper": "tamper", "delete": "footage-removed"}
    for recorder_id, truth in witness.truths.items():
        for happening in truth.happenings:
            duty = witness.wearing(recorder_id, happening.at_ms)
            if happening.what not in rules or duty is None:
                continue
            waits_ms = DAY_MS if happening.what == "delete" and not duty.spec.model.reports_deletion else 0
            span = (happening.at_ms, happening.at_ms)
            yield incident(rules[happening.what], duty, span, happening.at_ms + waits_ms)
