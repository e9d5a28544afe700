"""Notices, and the items that each person is still to be told."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NewItem:
    """One item: what one person is to be told about one incident."""

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
    """A stored item with the state of its notice; `state` is None while it waits for one.

    `is_open`: the notice is queued, unclaimed, and no attempt of it may have arrived.
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
        """Whether it can still be stopped."""
        return self.notice_id is None or self.is_open

    @property
    def has_reached(self) -> bool:
        """Whether the person has been told, is being told, or may have been."""
        if self.is_unsent:
            return False
        return self.state in {"sent", "queued"} or self.may_have_arrived


@dataclass(frozen=True, slots=True)
class MaintenanceRow:
    """A planned maintenance in progress; None and an empty tuple mean all."""

    maintenance_id: int
    unit_id: str | None
    recorder_id: str | None
    rules: list[str]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class UnansweredRow:
    """An unacknowledged incident: the latest escalation step, and when that notice arrived."""

    incident_id: str
    capacity: str
    kind: str
    urgent: bool
    at: datetime
    is_dead: bool


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to store. `state` is `queued`, or `sent` or `dead` if no sender needs to handle it."""

    person: str
    urgent: bool
    message: dict[str, str | None]
    routes: list[tuple[str, str]]
    state: str = "queued"
    reason: str | None = None
    sent_by: str | None = None
