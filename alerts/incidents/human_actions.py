"""Incidents, the doing for people: one action of one account on one incident, or the opening of one by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from alerts.duty.working_time import WorkingCalendar, end_of_working_day_after
from alerts.finding import Evidence, Finding, Subject
from alerts.incidents.actions import BY_HAND, Action, Case, Hearing, decide
from alerts.incidents.actors import ABOUT_YOURSELF, CHANGED, FOREIGN_UNIT, NO_REASON, ROLE, UNKNOWN, WEIGHT, Actor
from alerts.incidents.reconcile import save
from alerts.incidents.revise import Change, as_opened_by
from alerts.workflow import Refusal
from telemetry.records.incidents import IncidentRow, TransitionRow
from telemetry.store.incidents import history, lock_incidents, revision_content
from telemetry.store.notices import told_at
from telemetry.store.pool import Connection

DAYS_TO_BE_HEARD: Final = 3
"""Working days that the person concerned has (domain.md)."""
_OPENS_BY_HAND: Final = frozenset({"verifier", "supervision", "command_centre", "leader", "head"})


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person opens: rule `footage-leaked` (annex 2 №4) or `other-breach` (№8), about whom, and what he knows.

    `request_id` names the request: the same one twice opens one incident.
    """

    rule: str
    request_id: str
    subject: Subject
    starts_at: datetime
    ends_at: datetime | None
    account_of_facts: str


async def act(
    connection: Connection,
    incident_id: str,
    action: Action,
    actor: Actor,
    reason: str,
    *,
    expected_version: int | None,
    now: datetime,
    calendar: WorkingCalendar,
) -> IncidentRow | Refusal:
    """Do *action* in the caller's transaction; the incident as it stands then, or why it wasn't done.

    *expected_version* is the one that the person saw: where the incident has changed since, nothing is done. None is
    for what isn't decided on what one saw (a comment, a statement).
    """
    incident = (await lock_incidents(connection, [incident_id])).get(incident_id)
    if incident is None:
        return UNKNOWN
    if expected_version is not None and expected_version != incident.version:
        return CHANGED
    change = decide(await load_case(connection, incident, calendar), action, actor, reason, now)
    if isinstance(change, Refusal):
        return change
    await save(connection, [change])
    return change.incident


async def open_by_hand(connection: Connection, asked: ByHand, actor: Actor, now: datetime) -> IncidentRow | Refusal:
    """Open an incident that no rule can find, in the caller's transaction; it lives the same life as the others."""
    change = opened_by_hand(asked, actor, now)
    if isinstance(change, Refusal):
        return change
    known = await lock_incidents(connection, [change.incident.incident_id])
    if known:
        return known[change.incident.incident_id]
    await save(connection, [change])
    return change.incident


def opened_by_hand(asked: ByHand, actor: Actor, now: datetime) -> Change | Refusal:
    """What opening by hand does, or why it isn't done. Pure.

    It opens as a `check`: whether it may become a slip is for a verifier to raise, never for whoever opened it.
    """
    if asked.rule not in BY_HAND:
        return WEIGHT
    if not asked.account_of_facts.strip():
        return NO_REASON
    if not actor.roles & _OPENS_BY_HAND:
        return ROLE
    if actor.units is not None and asked.subject.unit_id not in actor.units:
        return FOREIGN_UNIT
    if actor.officer_id is not None and actor.officer_id == asked.subject.officer_id:
        return ABOUT_YOURSELF
    finding = Finding(
        rule=asked.rule,
        key=f"{actor.account}|{asked.request_id}",
        subject=asked.subject,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        confidence="confirmed",
        weight="check",
        standing="holds",
        evidence=Evidence(
            asked.account_of_facts.strip(), facts={"opened_by": actor.account, "clause": BY_HAND[asked.rule]}
        ),
    )
    return as_opened_by(actor.account, finding, now)


async def load_case(connection: Connection, incident: IncidentRow, calendar: WorkingCalendar) -> Case:
    """An incident with what a decision on it must know."""
    past = await history(connection, incident.incident_id)
    told = None
    if incident.officer_id is not None:
        told = await told_at(connection, incident.incident_id, incident.officer_id)
    return Case(
        incident,
        past,
        hearing_of(past, told, calendar),
        await _set_aside(connection, incident),
    )


def hearing_of(past: Sequence[TransitionRow], told: datetime | None, calendar: WorkingCalendar) -> Hearing:
    """When the person concerned was told, and until when he may state his side. Pure.

    He was told when a notice reached him; where none did, when his unit acknowledged: it has to tell him. A change of
    the person starts it anew.
    """
    since = max(
        (row.version for row in past if "officer_id" in (row.detail or {}) and row.action != "state"), default=0
    )
    acknowledged = [row.at for row in past if row.action == "acknowledge" and row.version > since]
    first = told or (acknowledged[0] if acknowledged else None)
    if first is None:
        return Hearing()
    until = end_of_working_day_after(calendar, first, DAYS_TO_BE_HEARD)
    return Hearing(first, until.at, is_provisional=until.is_provisional)


async def _set_aside(connection: Connection, incident: IncidentRow) -> dict[str, Any] | None:
    """What the rule concluded after people had decided: a review looks at it."""
    if incident.status != "upheld":
        return None
    return await revision_content(connection, incident.incident_id, incident.revision)
