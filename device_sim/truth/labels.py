"""The truth of a play as labels: the incidents that a right system ends with, and why each silence came about.

Labels are judged from what really happened and from the facts, by the rules' defaults, never from messages. Only the
rules of `LABELLED_RULES` are labelled; what a system says under other rules is neither right nor wrong by them.
"""

from typing import Any, Final

from device_sim.device.payloads import stamp
from device_sim.truth import footage_labels, recorder_labels, silence_labels
from device_sim.truth.ground_truth import Witness

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


def labels_of(witness: Witness) -> list[dict[str, Any]]:
    """All labels, incidents first; times in the contract's form, `decidable_at` is when the rule can first know."""
    labels = [
        *footage_labels.of_activities(witness),
        *footage_labels.of_shifts(witness),
        *footage_labels.of_imports(witness),
        *footage_labels.of_phone_footage(witness),
        *silence_labels.of_cards(witness),
        *recorder_labels.of_lent(witness),
        *recorder_labels.of_failures(witness),
        *recorder_labels.of_happenings(witness),
        *silence_labels.of_outages(witness),
        *silence_labels.of_silences(witness),
    ]
    return [{name: _told(name, value) for name, value in label.items()} for label in labels]


def _told(name: str, value: Any) -> Any:
    if name in _TIMES and value is not None:
        return stamp(value)
    if name == "phases":
        return [{"starts_at": stamp(phase.from_ms), "cause": phase.cause} for phase in value]
    return value
