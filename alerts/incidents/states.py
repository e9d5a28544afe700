"""The states of an incident and the transitions that rules cause (domain.md, "The life of an incident").

The transitions that people cause are the table in `alerts.incidents.actions`.
"""

from typing import Final, Literal

from alerts.finding import Standing, Weight

Status = Literal[
    "open",
    "acknowledged",
    "statement",
    "verifying",
    "upheld",
    "dismissed",
    "reopened",
    "revoked",
    "excused",
    "withdrawn",
    "resolved",
]
UNDECIDED: Final[frozenset[Status]] = frozenset({"open", "acknowledged", "statement", "verifying"})
"""Nobody has decided yet, so new evidence alone may end the incident."""
DECIDED: Final[frozenset[Status]] = frozenset({"upheld", "dismissed", "reopened", "revoked"})
"""People have decided. New evidence doesn't change the status; it asks for a review (复核)."""
CLEARED: Final[frozenset[Status]] = frozenset({"dismissed", "revoked", "excused", "withdrawn"})
"""The incident is no longer held against anybody, so its confidence and weight are no longer shown."""
ENDABLE: Final[frozenset[Weight]] = frozenset({"operational", "reminder"})
"""Weights that close by themselves when the condition ends, because nobody has to answer for them."""


def status_by_rule(status: Status | None, standing: Standing, weight: Weight) -> Status | None:
    """The status after a finding; None if there is no incident and the finding opens none.

    *status* is None if the incident doesn't exist yet. A status that people decided stays as it is.
    """
    if status in DECIDED:
        return status
    match standing:
        case "holds":
            return status if status in UNDECIDED else "open"
        case "excused":
            return "excused"
        case "withdrawn":
            return None if status is None else "withdrawn"
        case "resolved":
            return _ended(status, weight)


def _ended(status: Status | None, weight: Weight) -> Status:
    if status == "excused":
        return status
    if weight in ENDABLE:
        return "resolved"
    return status if status is not None and status in UNDECIDED else "open"
