"""What every label of an incident has: rule, who and when, with what a right system ends with."""

from typing import Any

from device_sim.bureau.roster import Duty
from device_sim.world.spans import Span


def incident(
    rule: str, duty: Duty, span: Span | tuple[int, int | None], decidable_ms: int, **more: Any
) -> dict[str, Any]:
    """One incident of a duty, its times in milliseconds; *more* adds fields, or says one of them otherwise."""
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


def outcome(open_rest: int) -> str:
    """What is expected of an incident, by how much of it no excuse covers: milliseconds, or a count of pieces."""
    return "open" if open_rest else "excused"
