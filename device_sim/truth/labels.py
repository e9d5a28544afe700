"""Labels a scenario: the incidents that a right system ends with, and the cause of each silence.

They follow from what really happened and from the facts, by the rules' default parameters, never from messages. Only
rules of `LABELLED_RULES` are labelled; incidents of other rules can't be scored.
"""

from typing import Any, Final

from device_sim.device.payloads import stamp
from device_sim.truth import footage_labels, recorder_labels, silence_labels
from device_sim.truth.ground_truth import GroundTruth

LABELLED_RULES: Final = (
    "activity-unrecorded",
    "recording-incomplete",
    "shift-unrecorded",
    "recorder-not-carried",
    "import-overdue",
    "phone-footage-overdue",
    "footage-removed",
    "sim-removed",
    "recorder-lent",
    "fault-unreported",
    "sos",
    "tamper",
    "outage",
)
_TIMES: Final = ("starts_at", "ends_at", "decidable_at")


def build_labels(ground_truth: GroundTruth) -> list[dict[str, Any]]:
    """All labels, incidents first, times as in the wire contract; `decidable_at` is when a rule can first know."""
    labels = [
        *footage_labels.label_activities(ground_truth),
        *footage_labels.label_shifts(ground_truth),
        *footage_labels.label_imports(ground_truth),
        *footage_labels.label_phone_footage(ground_truth),
        *silence_labels.label_sim_pulls(ground_truth),
        *recorder_labels.label_lent_recorders(ground_truth),
        *recorder_labels.label_failures(ground_truth),
        *recorder_labels.label_events(ground_truth),
        *silence_labels.label_outages(ground_truth),
        *silence_labels.label_silences(ground_truth),
    ]
    return [{name: _as_json(name, value) for name, value in label.items()} for label in labels]


def _as_json(name: str, value: Any) -> Any:
    if name in _TIMES and value is not None:
        return stamp(value)
    if name == "phases":
        return [{"starts_at": stamp(phase.from_ms), "cause": phase.cause} for phase in value]
    return value
