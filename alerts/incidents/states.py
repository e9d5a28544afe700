"""The states of an incident and what rules do to them, to the letter of domain.md ("The life of an incident").

What people do to them is the table in `alerts.incidents.actions`.
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
"""People may still be heard, and evidence alone may end it."""
DECIDED: Final[frozenset[Status]] = frozenset({"upheld", "dismissed", "reopened", "revoked"})
"""People have decided: evidence no longer moves it, it asks for a review (复核)."""
CLEARED: Final[frozenset[Status]] = frozenset({"dismissed", "revoked", "excused", "withdrawn"})
"""Nobody is held to anything by it any more: how sure it was, and what for, is past."""
ENDABLE: Final[frozenset[Weight]] = frozenset({"operational", "reminder"})
"""Only what nobody is to answer for is over when it has ended."""


def status_by_rule(status: Status | None, standing: Standing, weight: Weight) -> Status | None:
    """The status after a rule has spoken; None where there is no incident and none begins.

    *status* is None for an incident that doesn't exist yet. A decided status stays as it is.
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
