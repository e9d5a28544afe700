"""Notices, and what each person is still to be told, as values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NewItem:
    """One thing that one person is to be told of one incident."""

    incident_id: str
    person: str
    capacity: str
    kind: str
    urgent: bool
    weight: str
    cause: str | None
    officer_id: str | None
    created_at: datetime
    not_before: datetime


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A stored item with how its notice fares; `state` is None while it waits for one.

    `is_open`: the notice is queued, nobody is sending it, and no attempt of it may have arrived.
    """

    item_id: int
    incident_id: str
    person: str
    capacity: str
    kind: str
    urgent: bool
    weight: str
    cause: str | None
    officer_id: str | None
    created_at: datetime
    not_before: datetime
    notice_id: int | None = None
    dropped: str | None = None
    state: str | None = None
    is_open: bool = False
    may_have_arrived: bool = False

    @property
    def is_unsent(self) -> bool:
        """Whether it can still be kept from going out."""
        return self.notice_id is None or self.is_open

    @property
    def has_reached(self) -> bool:
        """Whether the person knows it, will in a moment, or may know it."""
        if self.is_unsent:
            return False
        return self.state in {"sent", "queued"} or self.may_have_arrived


@dataclass(frozen=True, slots=True)
class MaintenanceRow:
    """A planned maintenance that runs; None and an empty tuple stand for 'all'."""

    maintenance_id: int
    unit_id: str | None
    recorder_id: str | None
    rules: list[str]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class UnansweredRow:
    """An incident that nobody has acknowledged: the latest step of telling, and when that got there."""

    incident_id: str
    capacity: str
    kind: str
    urgent: bool
    at: datetime
    is_dead: bool


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to store; `state` is `queued`, or `sent` and `dead` for one that no sender need touch."""

    person: str
    urgent: bool
    message: dict[str, str | None]
    routes: list[tuple[str, str]]
    state: str = "queued"
    reason: str | None = None
    sent_by: str | None = None
