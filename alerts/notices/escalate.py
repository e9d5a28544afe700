"""Escalates notices that weren't acknowledged in time: first to the deputy, then to the head. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from alerts.duty.working_time import WorkingCalendar, working_hours_after
from alerts.incidents.revise import effective_weight
from alerts.notices.routing import Capacity, next_above, recipients
from alerts.notices.settings import NoticeSettings
from alerts.notices.wording import WordingContext
from telemetry.records.incidents import IncidentRow
from telemetry.records.notices import NewItem, UnansweredRow


def overdue(
    unanswered: Iterable[UnansweredRow], calendar: WorkingCalendar, settings: NoticeSettings, now: datetime
) -> list[UnansweredRow]:
    """Notices that should have been acknowledged by *now*; one that was never delivered is overdue at once."""
    return [row for row in unanswered if (row.at if row.is_dead else _due_at(row, calendar, settings)) <= now]


def escalations(
    rows: Iterable[UnansweredRow], incidents: Mapping[str, IncidentRow], scene: WordingContext
) -> list[NewItem]:
    """Items for the people whom overdue notices escalate to."""
    items = []
    for row in rows:
        incident = incidents.get(row.incident_id)
        is_last = row.kind == "escalation" and row.capacity == "head"
        if incident is None or is_last or not recipients(incident, scene.directory):
            continue
        above: Capacity = "deputy" if row.kind == "escalation" else "leader"
        for person in next_above(incident, scene.directory, above):
            capacity = "deputy" if above == "leader" and "deputy" in person.roles else "head"
            items.append(_item(incident, person.person_id, capacity, scene.now, is_urgent=row.urgent))
    return items


def _due_at(row: UnansweredRow, calendar: WorkingCalendar, settings: NoticeSettings) -> datetime:
    if row.urgent:
        return row.at + timedelta(seconds=settings.acknowledge_urgent_s)
    return working_hours_after(calendar, row.at, timedelta(hours=settings.acknowledge_working_h)).at


def _item(incident: IncidentRow, person: str, capacity: str, now: datetime, *, is_urgent: bool) -> NewItem:
    return NewItem(
        incident_id=incident.incident_id,
        person=person,
        capacity=capacity,
        kind="escalation",
        urgent=is_urgent,
        weight=effective_weight(incident),
        cause=incident.cause,
        officer_id=incident.officer_id,
        created_at=now,
        not_before=now,
    )
