"""Carries out steps 1 to 4: turns changed incidents into items, and due items into stored notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from alerts.duty.calendar import BureauCalendar
from alerts.duty.calendar_import import load_calendar
from alerts.notices import texts
from alerts.notices.calendar_reminder import decree_notices
from alerts.notices.composing import combine, desk_notices
from alerts.notices.directory import Directory, Person, Unit
from alerts.notices.escalate import escalations, overdue
from alerts.notices.items import ItemPlan, plan_items
from alerts.notices.maintenance import held_until
from alerts.notices.release import Recent, due_items, is_quiet
from alerts.notices.routing import ENGINEERS, recipients
from alerts.notices.settings import NoticeSettings
from alerts.notices.wording import WordingContext
from alerts.shanghai_time import SHANGHAI
from telemetry.records.incidents import IncidentRow
from telemetry.records.notices import ItemRow, NewNotice
from telemetry.store import notices as store
from telemetry.store.accounts import officers_with_role
from telemetry.store.calendar import take_untold_years
from telemetry.store.incidents import incidents_by_id
from telemetry.store.pool import Connection, Database

_MOST_INCIDENTS: Final = 5000
_MOST_NAMED: Final = 5
_BETWEEN_ESCALATIONS: Final = timedelta(seconds=10)
_BETWEEN_DECREE_NOTICES: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class PlanResult:
    """How many items, escalations and notices one call stored."""

    items: int = 0
    escalated: int = 0
    notices: int = 0


class _AlreadySentError(Exception):
    """A notice to recall was sent meanwhile, so planning starts again."""


async def plan_notices(database: Database, settings: NoticeSettings, now: datetime) -> PlanResult:
    """Plan once: handle changed incidents, overdue notices and waiting items; store the notices that are due.

    Runs in one transaction, in one process at a time. Cheap when nothing changed, so it can be called every second.
    """
    try:
        async with database.transaction() as connection:
            if not await store.try_plan_lock(connection):
                return PlanResult()
            return await _Planner(connection, settings, await load_calendar(connection), now).run()
    except _AlreadySentError:
        return PlanResult()


async def load_directory(connection: Connection, now: datetime) -> Directory:
    """Load units and people as the facts have them at *now*."""
    people = [
        Person(row.officer_id, row.name, row.unit_id, frozenset(row.roles), row.contact, tuple(row.channels))
        for row in await store.people_known_at(connection, now)
    ]
    units = [
        Unit(row.unit_id, row.name, row.parent_id, row.kind) for row in await store.units_known_at(connection, now)
    ]
    return Directory(people, units)


class _Planner:
    def __init__(
        self, connection: Connection, settings: NoticeSettings, calendar: BureauCalendar, now: datetime
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._calendar = calendar
        self._now = now
        self._loaded: Directory | None = None

    async def run(self) -> PlanResult:
        untold = await store.take_untold(self._connection, _MOST_INCIDENTS)
        items = await self._plan(untold) if untold else 0
        escalated = await self._escalate()
        notices = await self._pack() + await self._remind_of_decrees() + await self._tell_engineers()
        return PlanResult(items, escalated, notices)

    async def _plan(self, incident_ids: Sequence[str]) -> int:
        directory = await self._directory()
        running = await store.current_maintenance(self._connection, self._now)
        items = await store.items_of_incidents(self._connection, incident_ids, self._now)
        plan = ItemPlan()
        for name, incident in (await incidents_by_id(self._connection, incident_ids)).items():
            not_before = held_until(incident, running, directory)
            wanted = recipients(incident, directory)
            plan.add(plan_items(incident, wanted, items[name], self._now, not_before=not_before))
        await store.drop_items(self._connection, plan.drop)
        # If a sender has claimed one meanwhile, plan again, or the person would get the old notice and the new one.
        if not await store.recall_notices(self._connection, plan.recall, self._now):
            raise _AlreadySentError
        await store.add_items(self._connection, plan.new)
        return len(plan.new)

    async def _escalate(self) -> int:
        if not await store.take_escalation_turn(self._connection, self._now, self._now - _BETWEEN_ESCALATIONS):
            return 0
        unanswered = overdue(await store.unanswered(self._connection), self._calendar, self._settings, self._now)
        if not unanswered:
            return 0
        incidents = await incidents_by_id(self._connection, [row.incident_id for row in unanswered])
        items = escalations(unanswered, incidents, await self._scene())
        await store.add_items(self._connection, items)
        return len(items)

    async def _remind_of_decrees(self) -> int:
        """Remind administrators of missing holiday decrees, again every two weeks."""
        wanted = self._calendar.told_of(self._now.astimezone(SHANGHAI).date())
        if not wanted or is_quiet(self._settings, self._now):
            return 0
        told_before = self._now - _BETWEEN_DECREE_NOTICES
        years = await take_untold_years(self._connection, [one.year for one in wanted], self._now, told_before)
        if not years:
            return 0
        administrators = await officers_with_role(self._connection, "administrator")
        statuses = [one for one in wanted if one.year in years]
        notices = decree_notices(statuses, administrators, await self._directory(), self._settings)
        return len(await store.add_notices(self._connection, [(notice, []) for notice in notices], self._now))

    async def _pack(self) -> int:
        waiting = await store.waiting_items(self._connection, self._now, is_night=is_quiet(self._settings, self._now))
        if not waiting:
            return 0
        by_person = {person: list(items) for person, items in groupby(waiting, key=lambda item: item.person)}
        since = self._now - max(self._settings.least_interval, timedelta(minutes=1))
        recent = await store.recent_notices(self._connection, list(by_person), since)
        ready = {
            person: chosen
            for person, items in by_person.items()
            if (chosen := due_items(items, _recent(recent, person), self._settings, self._now))
        }
        return await self._store(ready) if ready else 0

    async def _tell_engineers(self) -> int:
        """Tell engineers what the rules could not judge; this is no incident."""
        failed = sorted(await store.take_not_judged(self._connection))
        if not failed:
            return 0
        told = "；".join(f"{name}（{reason}）" for name, reason in failed[:_MOST_NAMED])
        title = texts.NOT_JUDGED_TITLE.format(count=len(failed))
        said = texts.NOT_JUDGED.format(count=len(failed), told=told)
        # Names and reasons must not reach public channels.
        message = {"title": title, "text": said, "public_text": title, "link": None}
        notices = desk_notices(ENGINEERS, self._settings, message)
        return len(await store.add_notices(self._connection, [(notice, []) for notice in notices], self._now))

    async def _store(self, ready: Mapping[str, Sequence[ItemRow]]) -> int:
        incident_ids = sorted({item.incident_id for items in ready.values() for item in items})
        incidents: Mapping[str, IncidentRow] = await incidents_by_id(self._connection, incident_ids)
        scene = await self._scene()
        packed = [
            (notice, [item.item_id for item in items] if is_first else [])
            for person, items in ready.items()
            for is_first, notice in _first_marked(combine(person, items, incidents, self._settings, scene))
        ]
        return len(await store.add_notices(self._connection, packed, self._now))

    async def _scene(self) -> WordingContext:
        within = timedelta(hours=self._settings.acknowledge_working_h)
        return WordingContext(await self._directory(), self._calendar, self._now, within)

    async def _directory(self) -> Directory:
        if self._loaded is None:
            self._loaded = await load_directory(self._connection, self._now)
        return self._loaded


def _first_marked(notices: Sequence[NewNotice]) -> list[tuple[bool, NewNotice]]:
    """Mark the first of a desk's notices, which the items are linked to."""
    return [(n == 0, notice) for n, notice in enumerate(notices)]


def _recent(recent: Mapping[str, tuple[datetime, bool]], person: str) -> Recent | None:
    known = recent.get(person)
    return None if known is None else Recent(*known)
