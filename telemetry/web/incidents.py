"""`/incidents`: the queue, one incident with its evidence and history, what people do to it, and opening one by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from alerts.calendar import BureauCalendar
from alerts.findings import Subject
from alerts.incidents.act import ByHand, act, load_case, open_by_hand
from alerts.incidents.actions import Action, Case, decide
from alerts.incidents.actors import Actor, Refusal
from telemetry.store.accounts import home_of_officer
from telemetry.store.calendar import calendar_days
from telemetry.store.incident_list import (
    IncidentSearch,
    Names,
    incident_page,
    names_of,
    notices_of,
    outage_members,
)
from telemetry.store.incidents import IncidentRow, incidents_by_id, revisions
from telemetry.store.pool import Connection
from telemetry.store.registers import recorder_unit
from telemetry.store.slips import standing_slip
from telemetry.web.incident_words import (
    ACTIONS,
    HistoryEntry,
    IncidentSummary,
    Sentence,
    history_of,
    sentences_of,
    statement_of,
    summarize,
)
from telemetry.web.live import sight_for
from telemetry.web.pages import Moment, Page, PageQuery, cut, place_of, words_of
from telemetry.web.problems import Refused, faulty, not_found
from telemetry.web.route import Call, Route
from telemetry.web.sight import READERS, sight_of_call
from telemetry.web.unit_names import subtree_of

FORBIDDEN: Final = frozenset({"foreign_unit", "role", "about_yourself", "own_unit", "same_person"})
"""Refusals that have to do with who asks."""
_LONGEST: Final = 4000


class IncidentQuery(PageQuery):
    """What to look for; several values of one filter by commas."""

    status: str | None = None
    rule: str | None = None
    weight: str | None = None
    confidence: str | None = None
    unit_id: str | None = None
    officer_id: str | None = None
    recorder_id: str | None = None
    mine: bool = False
    active: bool = False
    q: str | None = Field(default=None, max_length=100)
    since: Moment | None = None
    until: Moment | None = None


class Hearing(BaseModel):
    """Since when the person concerned knows, and until when he may state his side."""

    told_at: datetime | None
    until: datetime | None


class Offer(BaseModel):
    """What this account may do now."""

    action: str
    label_zh: str
    needs_reason: bool


class IncidentDetail(BaseModel):
    """One incident with everything about it that the person concerned may read as well."""

    incident: IncidentSummary
    sentences: list[Sentence]
    evidence: dict[str, Any]
    parameters: dict[str, Any]
    history: list[HistoryEntry]
    revisions: list[dict[str, Any]]
    statements: list[dict[str, Any]]
    notices: list[dict[str, Any]]
    hearing: Hearing
    actions: list[Offer]
    members: list[IncidentSummary]
    slip_id: str | None


class ActionBody(BaseModel):
    """One action; `version` is the one that was seen."""

    model_config = ConfigDict(extra="forbid")
    action: Action
    reason: str = Field(default="", max_length=_LONGEST)
    version: int | None = Field(default=None, ge=1)


class ByHandBody(BaseModel):
    """What people open themselves: a leak (附件2 №4) or another breach (№8)."""

    model_config = ConfigDict(extra="forbid")
    rule: Literal["footage-leaked", "other-breach"]
    officer_id: str | None = Field(default=None, max_length=64)
    recorder_id: str | None = Field(default=None, max_length=64)
    unit_id: str = Field(max_length=64)
    starts_at: Moment
    ends_at: Moment | None = None
    reason: str = Field(min_length=1, max_length=_LONGEST)
    request_id: str | None = Field(default=None, max_length=64)


async def _list(call: Call) -> Page[IncidentSummary]:
    asked = call.query
    sight = sight_of_call(call)
    unit_ids = None
    if asked.unit_id is not None:
        narrowed = await sight_for(call, asked.unit_id)
        unit_ids = sorted(narrowed.units or ())
    search = IncidentSearch(
        units=None if sight.units is None else sorted(sight.units),
        officer_id_seen=sight.officer_id,
        sees_suspected=sight.sees_suspected,
        status=words_of(asked.status),
        rule=words_of(asked.rule),
        weight=words_of(asked.weight),
        confidence=words_of(asked.confidence),
        unit_ids=unit_ids,
        officer_id=_whose(call, asked),
        recorder_id=asked.recorder_id,
        is_active=asked.active,
        text=asked.q,
        since=asked.since,
        until=asked.until,
    )
    place = place_of(asked.cursor, datetime, str)
    async with call.database.connection() as connection:
        rows = await incident_page(connection, search, place, asked.limit + 1)
        shown, following = cut(rows, asked.limit, lambda row: (row.detected_at, row.incident_id))
        names = await _names(connection, shown)
    return Page(items=[summarize(row, names, call.now) for row in shown], next=following)


def _whose(call: Call, asked: IncidentQuery) -> str | None:
    if not asked.mine:
        return asked.officer_id
    return call.account.officer_id or "\uffff"


async def _names(connection: Connection, rows: Sequence[IncidentRow], accounts: tuple[str, ...] = ()) -> Names:
    return await names_of(
        connection, officers=[r.officer_id for r in rows], units=[r.unit_id for r in rows], accounts=accounts
    )


async def _one(call: Call) -> IncidentDetail:
    return await _detail(call, await seen_incident(call), audits=True)


async def seen_incident(call: Call) -> IncidentRow:
    """The incident that the path names, if the caller may see it; else it doesn't exist."""
    incident_id = call.path["incident_id"]
    async with call.database.connection() as connection:
        row = (await incidents_by_id(connection, [incident_id])).get(incident_id)
    if row is None or not sight_of_call(call).of_incident(row):
        raise not_found("这个事件")
    return row


async def _detail(call: Call, row: IncidentRow, *, audits: bool) -> IncidentDetail:
    if audits:
        concerned = () if row.officer_id is None else (row.officer_id,)
        await call.audit("view.incident", "incident", row.incident_id, officer_ids=concerned)
    async with call.database.connection() as connection:
        case = await load_case(connection, row, BureauCalendar(await calendar_days(connection)))
        members = await outage_members(connection, row.incident_id)
        names = await _names(connection, [row, *members], tuple(change.actor for change in case.history))
        told = await notices_of(connection, row.incident_id)
        revised = await revisions(connection, row.incident_id)
        people = await names_of(connection, officers=[one["person"] for one in told])
        slip_id = await standing_slip(connection, row.incident_id)
    sight = sight_of_call(call)
    return IncidentDetail(
        incident=summarize(row, names, call.now),
        sentences=sentences_of(row),
        evidence=row.evidence.get("facts", {}),
        parameters=row.parameters,
        history=history_of(case.history, names),
        revisions=[{"revision": r.revision, "at": r.at, "adopted": r.adopted, **_gist(r.content)} for r in revised],
        statements=statement_of(case.history, row.officer_id),
        notices=[_notice(one, people, call) for one in told],
        hearing=Hearing(told_at=case.hearing.told_at, until=case.hearing.until),
        actions=offers(case, call.actor, call.now),
        members=[summarize(one, names, call.now) for one in members if sight.of_incident(one)],
        slip_id=slip_id,
    )


def _gist(content: dict[str, Any]) -> dict[str, Any]:
    kept = ("confidence", "weight", "cause", "excuse", "officer_id", "starts_at", "ends_at")
    return {**{name: content.get(name) for name in kept}, "sentences": content.get("evidence", {}).get("sentences", [])}


def _notice(one: dict[str, Any], people: Names, call: Call) -> dict[str, Any]:
    """Who was told; the words only to him, and to those who see the unit."""
    is_own = one["person"] == call.account.officer_id
    words = one["text"] if is_own or call.units is None or call.units else None
    return {**one, "person_name": people.officers.get(one["person"], one["person"]), "text": words}


def offers(case: Case, actor: Actor, now: datetime) -> list[Offer]:
    """What *actor* may do to an incident at *now*: each action is tried as if he gave a reason. Pure."""
    return [
        Offer(action=action, label_zh=ACTIONS[action], needs_reason=_needs_reason(case, action, actor, now))
        for action in get_args(Action)
        if not isinstance(decide(case, action, actor, "-", now), Refusal)
    ]


def _needs_reason(case: Case, action: Action, actor: Actor, now: datetime) -> bool:
    refusal = decide(case, action, actor, "", now)
    return isinstance(refusal, Refusal) and refusal.code == "no_reason"


async def _act(call: Call) -> IncidentDetail:
    row = await seen_incident(call)
    asked: ActionBody = call.body
    if asked.version is None and asked.action not in {"comment", "state", "propose"}:
        raise faulty("version", "the version that was seen is missing", "缺少所见版本号")
    async with call.database.connection() as connection:
        calendar = BureauCalendar(await calendar_days(connection))
    done = await act(
        call.database,
        row.incident_id,
        asked.action,
        call.actor,
        asked.reason,
        expected_version=asked.version,
        now=call.now,
        calendar=calendar,
    )
    if isinstance(done, Refusal):
        raise refused(done)
    concerned = () if done.officer_id is None else (done.officer_id,)
    await call.audit(f"incident.{asked.action}", "incident", done.incident_id, why=asked.reason, officer_ids=concerned)
    return await _detail(call, done, audits=False)


def refused(refusal: Refusal) -> Refused:
    """A refusal of the incidents as a problem: its code and its text."""
    status = 422
    if refusal.code == "unknown":
        status = 404
    elif refusal.code in FORBIDDEN:
        status = 403
    elif refusal.code == "changed":
        status = 409
    detail = "" if refusal.until is None else f"至 {refusal.until.isoformat()}"
    errors = (
        [{"field": "reason", "reason": "a reason is missing", "reason_zh": refusal.text}]
        if refusal.code == "no_reason"
        else ()
    )
    return Refused(status, refusal.text, detail, code=refusal.code, errors=errors)


async def _open(call: Call) -> IncidentDetail:
    asked: ByHandBody = call.body
    if asked.ends_at is not None and asked.ends_at < asked.starts_at:
        raise faulty("ends_at", "before starts_at", "早于开始时间")
    if asked.starts_at > call.now:
        raise faulty("starts_at", "in the future", "在将来")
    if await subtree_of(call.database, asked.unit_id, call.now) is None:
        raise faulty("unit_id", "no such unit", "没有这个单位")
    async with call.database.connection() as connection:
        names = await names_of(connection, officers=[asked.officer_id])
        home = None if asked.officer_id is None else await home_of_officer(connection, asked.officer_id, call.now)
        is_known, keeper = (
            (True, None) if asked.recorder_id is None else await recorder_unit(connection, asked.recorder_id)
        )
    sight = sight_of_call(call)
    # Whom and what he can't see he can't accuse: his own unit's name in the form opens no door to another's people.
    if asked.officer_id is not None and (asked.officer_id not in names.officers or not sight.within(home)):
        raise faulty("officer_id", "no such officer", "没有这个人员")
    if asked.recorder_id is not None and not (is_known and sight.within(keeper)):
        raise faulty("recorder_id", "no such recorder", "没有这台记录仪")
    request_id = asked.request_id or f"{asked.rule}|{asked.officer_id}|{asked.starts_at.isoformat()}"
    subject = Subject(asked.unit_id, asked.recorder_id, asked.officer_id)
    by_hand = ByHand(asked.rule, request_id, subject, asked.starts_at, asked.ends_at, asked.reason)
    opened = await open_by_hand(call.database, by_hand, call.actor, call.now)
    if isinstance(opened, Refusal):
        raise refused(opened)
    concerned = () if opened.officer_id is None else (opened.officer_id,)
    await call.audit("incident.open", "incident", opened.incident_id, why=asked.reason, officer_ids=concerned)
    return await _detail(call, opened, audits=False)


ROUTES: Final = (
    Route(
        "GET",
        "/incidents",
        _list,
        summary="事件队列",
        roles=READERS,
        scope="read",
        query=IncidentQuery,
        answer=Page[IncidentSummary],
    ),
    Route(
        "POST",
        "/incidents",
        _open,
        summary="人工登记事件（附件2 №4、№8）",
        roles=READERS,
        body=ByHandBody,
        answer=IncidentDetail,
        audited=True,
    ),
    Route(
        "GET",
        "/incidents/{incident_id}",
        _one,
        summary="一个事件：证据、经过、可办理事项",
        roles=READERS,
        scope="read",
        answer=IncidentDetail,
        audited=True,
    ),
    Route(
        "POST",
        "/incidents/{incident_id}/actions",
        _act,
        summary="办理一个事件",
        roles=READERS,
        body=ActionBody,
        answer=IncidentDetail,
        audited=True,
    ),
)
