"""Notices: what nobody has acknowledged in time goes to the deputy, after him to the head. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from alerts.incidents.revise import effective_weight
from alerts.incidents.working_time import WorkingCalendar, working_hours_after
from alerts.notices.routing import Capacity, next_above, recipients
from alerts.notices.settings import NoticeSettings
from alerts.notices.wording import Scene
from telemetry.store.incidents import IncidentRow
from telemetry.store.notices import NewItem, UnansweredRow


def escalations(
    unanswered: Iterable[UnansweredRow],
    incidents: Mapping[str, IncidentRow],
    scene: Scene,
    settings: NoticeSettings,
) -> list[NewItem]:
    """Items for those who are to be told next. A notice that died unread is not waited for."""
    items = []
    for row in unanswered:
        incident = incidents.get(row.incident_id)
        is_last = row.kind == "escalation" and row.capacity == "head"
        if incident is None or is_last or not recipients(incident, scene.directory):
            continue
        due_at = row.at if row.is_dead else _due_at(row, scene.calendar, settings)
        if due_at is None or scene.now < due_at:
            continue
        above: Capacity = "deputy" if row.kind == "escalation" else "leader"
        for person in next_above(incident, scene.directory, above):
            capacity = "deputy" if above == "leader" and "deputy" in person.roles else "head"
            items.append(_item(incident, person.person_id, capacity, scene.now, is_urgent=row.urgent))
    return items


def _due_at(row: UnansweredRow, calendar: WorkingCalendar, settings: NoticeSettings) -> datetime | None:
    if row.urgent:
        return row.at + timedelta(seconds=settings.acknowledge_urgent_s)
    return working_hours_after(calendar, row.at, timedelta(hours=settings.acknowledge_working_h))


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
