"""Ingest, step 3: the latest values that one batch reports of one recorder, as a row for `stage_state`."""

from datetime import datetime
from typing import Any, Final

from telemetry.records.boots import STATE_GROUPS

_ABSENT: Final = {group: (None,) * (len(values) + 2) for group, values in STATE_GROUPS.items()}


class Latest:
    """Keeps the newest values of each column group by (at, seq)."""

    __slots__ = ("first_received_at", "groups", "is_told", "last_heard_at", "last_received_at")

    def __init__(self, received_at: datetime) -> None:
        self.first_received_at = received_at
        self.last_received_at = received_at
        self.last_heard_at: datetime | None = None
        self.groups: dict[str, tuple[Any, ...]] = {}
        self.is_told = False

    def hear(self, received_at: datetime, live_at: datetime | None = None) -> None:
        """Record the arrival of a message. *live_at*: its measurement time; None for wills and backlog messages."""
        self.is_told = True
        self.last_received_at = max(self.last_received_at, received_at)
        if live_at is not None and (self.last_heard_at is None or live_at > self.last_heard_at):
            self.last_heard_at = live_at

    def offer(self, group: str, at: datetime, seq: int, values: tuple[Any, ...]) -> None:
        """Keep *values* if (at, seq) is newer than what the group holds."""
        known = self.groups.get(group)
        if known is None or at > known[0] or (at == known[0] and seq > known[1]):
            self.groups[group] = (at, seq, *values)

    def row(self, recorder_id: str) -> tuple[Any, ...]:
        """Return the row in the order of STATE_COLUMNS."""
        row: list[Any] = [recorder_id, self.first_received_at, self.last_received_at, self.last_heard_at]
        for group, absent in _ABSENT.items():
            row += self.groups.get(group, absent)
        return tuple(row)
