"""Carries out what people do: an action on an incident, or opening an incident by hand."""

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
    """A request to open an incident by hand: `footage-leaked` (annex 2 №4) or `other-breach` (№8).

    `request_id` identifies the request; sent twice, it opens one incident.
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
    """Carry out *action* in the caller's transaction; return the changed incident, or the refusal.

    *expected_version* is the version that the person saw; if the incident has changed since, the action is refused,
    unless it is an SOS and only more calls were counted: an alarm must be answerable while the device goes on calling.
    None skips this check, for actions that don't depend on what was shown (a comment, a statement).
    """
    incident = (await lock_incidents(connection, [incident_id])).get(incident_id)
    if incident is None:
        return UNKNOWN
    if expected_version is not None and not await _is_as_seen(connection, incident, expected_version):
        return CHANGED
    change = decide(await load_case(connection, incident, calendar), action, actor, reason, now)
    if isinstance(change, Refusal):
        return change
    await save(connection, [change])
    return change.incident


async def _is_as_seen(connection: Connection, incident: IncidentRow, version: int) -> bool:
    if incident.rule != "sos" or version >= incident.version:
        return version == incident.version
    since = [row for row in await history(connection, incident.incident_id) if row.version > version]
    return all(row.action == "revised" and row.detail is None for row in since)


async def open_by_hand(connection: Connection, asked: ByHand, actor: Actor, now: datetime) -> IncidentRow | Refusal:
    """Open an incident that no rule can detect, in the caller's transaction. Its workflow is the same as any other's."""
    change = opened_by_hand(asked, actor, now)
    if isinstance(change, Refusal):
        return change
    known = await lock_incidents(connection, [change.incident.incident_id])
    if known:
        return known[change.incident.incident_id]
    await save(connection, [change])
    return change.incident


def opened_by_hand(asked: ByHand, actor: Actor, now: datetime) -> Change | Refusal:
    """The change that opens an incident by hand, or the refusal. Pure.

    It opens as a `check`; only a verifier can raise it to `transfer`, never whoever opened it.
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
    """Load what a decision about *incident* depends on."""
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
    """When the person concerned was told, and until when he may give a statement. Pure.

    He was told when a notice reached him. If none did, the unit's acknowledgement counts, because the unit has to tell
    him. If the person concerned changes, the period starts again.
    """
    # What happened before the person concerned last changed doesn't count for the new one.
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
    """The finding that arrived after people had upheld the incident; a review starts from it."""
    if incident.status != "upheld":
        return None
    return await revision_content(connection, incident.incident_id, incident.revision)
