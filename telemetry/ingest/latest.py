"""The latest of everything that one batch says of one recorder, as a row for `stage_state`."""

from datetime import datetime
from typing import Any, Final

from telemetry.store.intake import STATE_GROUPS

_ABSENT: Final = {group: (None,) * (len(values) + 2) for group, values in STATE_GROUPS.items()}


class Latest:
    """The newest values of each group, by (at, seq), as they come along."""

    __slots__ = ("first_received_at", "groups", "last_heard_at", "last_received_at")

    def __init__(self, received_at: datetime) -> None:
        self.first_received_at = received_at
        self.last_received_at = received_at
        self.last_heard_at: datetime | None = None
        self.groups: dict[str, tuple[Any, ...]] = {}

    def hear(self, at: datetime, received_at: datetime, *, backlog: bool) -> None:
        """Note that a message came."""
        self.last_received_at = max(self.last_received_at, received_at)
        if not backlog and (self.last_heard_at is None or at > self.last_heard_at):
            self.last_heard_at = at

    def offer(self, group: str, at: datetime, seq: int, *values: Any) -> None:
        """Take *values* if (at, seq) is newer than what the group has."""
        known = self.groups.get(group)
        if known is None or (at, seq) > known[:2]:
            self.groups[group] = (at, seq, *values)

    def row(self, recorder_id: str) -> tuple[Any, ...]:
        """The values in the order of STATE_COLUMNS."""
        row: list[Any] = [recorder_id, self.first_received_at, self.last_received_at, self.last_heard_at]
        for group, absent in _ABSENT.items():
            row += self.groups.get(group, absent)
        return tuple(row)
