"""One incident as whoever may see it reads it: its evidence, its history, who was told, and what he may do about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from pydantic import BaseModel, JsonValue

from alerts.duty.calendar_import import load_calendar
from alerts.finding import Evidence
from alerts.incidents.actions import WORKFLOW, Action
from alerts.incidents.actors import Actor
from alerts.incidents.human_actions import load_case
from alerts.paperwork.slips.forms import REQUIRED_TEXTS
from alerts.paperwork.slips.opinions import slip_place
from telemetry.records import fields_of
from telemetry.records.incidents import IncidentRow, Names, RevisionRow
from telemetry.store.incident_list import names_of, notices_of, outage_members
from telemetry.store.incidents import revisions
from telemetry.store.pool import Connection
from telemetry.store.slips import standing_slip
from telemetry.web.http.route import Call
from telemetry.web.http.visibility import sight_of_call
from telemetry.web.resources.incident_words import (
    ACTIONS,
    HistoryEntry,
    IncidentSummary,
    Sentence,
    Statement,
    hearing_until,
    history_of,
    sentences_of,
    statement_of,
    summarize,
)


class Hearing(BaseModel):
    """Since when the person concerned knows, and until when he may state his side; by a provisional calendar or not."""

    told_at: datetime | None
    until: datetime | None
    is_provisional: bool


class OfferedAction(BaseModel):
    """What this account may do now."""

    action: str
    label_zh: str
    needs_reason: bool


class OfferedSlip(BaseModel):
    """The slip that this account may make of the incident now; `text` names what it has to write for it."""

    annex: int
    box: int | None
    text: str | None


class ToldNotice(BaseModel):
    """Who was told of the incident, and how that fared; the words only for him and for those who see the unit."""

    item_id: int
    person: str
    capacity: str
    kind: str
    created_at: datetime
    dropped: str | None
    state: str | None
    sent_at: datetime | None
    sent_by: str | None
    reason: str | None
    text: str | None
    person_name: str


class Revision(BaseModel):
    """What the rule concluded at one moment; `adopted`: the incident followed it."""

    revision: int
    at: datetime
    adopted: bool
    confidence: str | None
    weight: str | None
    cause: str | None
    excuse: str | None
    officer_id: str | None
    starts_at: str | None
    ends_at: str | None
    sentences: list[str]


class IncidentDetail(BaseModel):
    """One incident with everything about it that the person concerned may read as well."""

    incident: IncidentSummary
    sentences: list[Sentence]
    evidence: dict[str, JsonValue]
    parameters: dict[str, JsonValue]
    history: list[HistoryEntry]
    revisions: list[Revision]
    statements: list[Statement]
    notices: list[ToldNotice]
    hearing: Hearing
    actions: list[OfferedAction]
    members: list[IncidentSummary]
    slip_id: str | None
    slip_offered: OfferedSlip | None


async def detail_of(call: Call, row: IncidentRow) -> IncidentDetail:
    """Everything about an incident that the caller may see, and what he may do now."""
    async with call.database.connection() as connection:
        case = await load_case(connection, row, await load_calendar(connection))
        members = await outage_members(connection, row.incident_id)
        names = await names_in(connection, [row, *members], tuple(change.actor for change in case.history))
        told = await notices_of(connection, row.incident_id)
        revised = await revisions(connection, row.incident_id)
        people = await names_of(connection, officers=[one["person"] for one in told])
        slip_id = await standing_slip(connection, row.incident_id)
    sight = sight_of_call(call)
    sees_words = call.units is None or bool(call.units)
    return IncidentDetail(
        incident=summarize(row, names, call.now),
        sentences=sentences_of(row),
        evidence=row.evidence.get("facts", {}),
        parameters=row.parameters,
        history=history_of(case.history, names),
        revisions=[_revision(row) for row in revised],
        statements=statement_of(case.history, row.officer_id),
        notices=[
            ToldNotice(
                **{**one, "text": one["text"] if sees_words or one["person"] == call.account.officer_id else None},
                person_name=people.officers.get(one["person"], one["person"]),
            )
            for one in told
        ],
        hearing=Hearing(
            told_at=case.hearing.told_at,
            until=hearing_until(row, case.hearing.until),
            is_provisional=case.hearing.is_provisional,
        ),
        actions=[
            OfferedAction(action=one.action, label_zh=ACTIONS[cast("Action", one.action)], needs_reason=one.needs_text)
            for one in WORKFLOW.offers(case, call.actor, call.now)
        ],
        members=[summarize(one, names, call.now) for one in members if sight.of_incident(one)],
        slip_id=slip_id,
        slip_offered=None if slip_id is not None else _slip_offered(row, call.actor),
    )


def _slip_offered(row: IncidentRow, actor: Actor) -> OfferedSlip | None:
    place = slip_place(row, actor)
    return None if place is None else OfferedSlip(annex=place[0], box=place[1], text=REQUIRED_TEXTS.get(place[1]))


async def names_in(connection: Connection, rows: Sequence[IncidentRow], accounts: tuple[str, ...] = ()) -> Names:
    """What the people and units of incidents are called, and *accounts* beside them."""
    return await names_of(
        connection, officers=[r.officer_id for r in rows], units=[r.unit_id for r in rows], accounts=accounts
    )


def _revision(row: RevisionRow) -> Revision:
    kept = ("confidence", "weight", "cause", "excuse", "officer_id", "starts_at", "ends_at")
    said = Evidence.of(row.content.get("evidence", {}))
    return Revision(
        **fields_of(row),
        sentences=[one for one in (said.key, *said.reasons, *said.pleas, *said.limits) if one],
        **{name: row.content.get(name) for name in kept},
    )
