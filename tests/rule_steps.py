"""The steps between an incident's states that rules may take."""

from typing import Final

from alerts.incidents.states import UNDECIDED, Status

BY_RULES: Final[frozenset[tuple[Status | None, Status]]] = frozenset(
    {
        (None, "open"),
        (None, "excused"),
        (None, "resolved"),
        *((status, end) for status in sorted(UNDECIDED) for end in ("excused", "withdrawn", "resolved")),
        ("excused", "open"),
        ("excused", "withdrawn"),
        ("withdrawn", "open"),
        ("withdrawn", "excused"),
        ("withdrawn", "resolved"),
        ("resolved", "open"),
        ("resolved", "excused"),
        ("resolved", "withdrawn"),
    }
)
"""The steps that `status_by_rule` can take, written out from domain.md."""
