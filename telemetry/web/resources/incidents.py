"""`/incidents`: the queue, one incident, what people do to it, and opening one by hand."""

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.duty.calendar_import import load_calendar
from alerts.finding import Subject
from alerts.incidents.actions import Action
from alerts.incidents.human_actions import ByHand, act, open_by_hand
from alerts.workflow import Refusal
from telemetry.records.incidents import IncidentRow, IncidentSearch
from telemetry.store.accounts import home_of_officer
from telemetry.store.audit import add_entry
from telemetry.store.incident_list import incident_page, names_of
from telemetry.store.incidents import incidents_by_id
from telemetry.store.registers import recorder_unit
from telemetry.web.http.pagination import Moment, Page, PageQuery, cut, place_of, words_of
from telemetry.web.http.problems import faulty, not_found, refused
from telemetry.web.http.route import Call, Route
from telemetry.web.http.unit_names import subtree_of
from telemetry.web.http.visibility import READERS, sight_of_call
from telemetry.web.resources.incident_detail import IncidentDetail, detail_of, names_in
from telemetry.web.resources.incident_words import IncidentSummary, summarize
from telemetry.web.resources.live import sight_for

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
        names = await names_in(connection, shown)
    return Page(items=[summarize(row, names, call.now) for row in shown], next=following)


def _whose(call: Call, asked: IncidentQuery) -> str | None:
    if not asked.mine:
        return asked.officer_id
    return call.account.officer_id or "\uffff"


async def _one(call: Call) -> IncidentDetail:
    row = await seen_incident(call)
    await call.audit("view.incident", "incident", row.incident_id, officer_ids=_concerned(row))
    return await detail_of(call, row)


async def seen_incident(call: Call) -> IncidentRow:
    """The incident that the path names, if the caller may see it; else it doesn't exist."""
    incident_id = call.path["incident_id"]
    async with call.database.connection() as connection:
        row = (await incidents_by_id(connection, [incident_id])).get(incident_id)
    if row is None or not sight_of_call(call).of_incident(row):
        raise not_found("该事件")
    return row


async def _act(call: Call) -> IncidentDetail:
    row = await seen_incident(call)
    asked: ActionBody = call.body
    if asked.version is None and asked.action not in {"comment", "state", "propose"}:
        raise faulty("version", "the version that was seen is missing", "缺少所查看内容的版本号")
    async with call.database.transaction() as connection:
        done = await act(
            connection,
            row.incident_id,
            asked.action,
            call.actor,
            asked.reason,
            expected_version=asked.version,
            now=call.now,
            calendar=await load_calendar(connection),
        )
        if isinstance(done, Refusal):
            raise refused(done)
        concerned = _concerned(done)
        entry = call.entry(f"incident.{asked.action}", "incident", done.incident_id, asked.reason, concerned)
        await add_entry(connection, entry)
    return await detail_of(call, done)


def _concerned(row: IncidentRow) -> tuple[str, ...]:
    return () if row.officer_id is None else (row.officer_id,)


async def _open(call: Call) -> IncidentDetail:
    asked: ByHandBody = call.body
    if asked.ends_at is not None and asked.ends_at < asked.starts_at:
        raise faulty("ends_at", "before starts_at", "早于开始时间")
    if asked.starts_at > call.now:
        raise faulty("starts_at", "in the future", "时间晚于当前")
    if await subtree_of(call.database, asked.unit_id, call.now) is None:
        raise faulty("unit_id", "no such unit", "单位不存在")
    async with call.database.connection() as connection:
        names = await names_of(connection, officers=[asked.officer_id])
        home = None if asked.officer_id is None else await home_of_officer(connection, asked.officer_id, call.now)
        is_known, keeper = (
            (True, None) if asked.recorder_id is None else await recorder_unit(connection, asked.recorder_id)
        )
    sight = sight_of_call(call)
    # Whom and what he can't see he can't accuse: his own unit's name in the form opens no door to another's people.
    if asked.officer_id is not None and (asked.officer_id not in names.officers or not sight.within(home)):
        raise faulty("officer_id", "no such officer", "人员不存在")
    if asked.recorder_id is not None and not (is_known and sight.within(keeper)):
        raise faulty("recorder_id", "no such recorder", "记录仪不存在")
    request_id = asked.request_id or f"{asked.rule}|{asked.officer_id}|{asked.starts_at.isoformat()}"
    subject = Subject(asked.unit_id, asked.recorder_id, asked.officer_id)
    by_hand = ByHand(asked.rule, request_id, subject, asked.starts_at, asked.ends_at, asked.reason)
    async with call.database.transaction() as connection:
        opened = await open_by_hand(connection, by_hand, call.actor, call.now)
        if isinstance(opened, Refusal):
            raise refused(opened)
        concerned = _concerned(opened)
        await add_entry(
            connection, call.entry("incident.open", "incident", opened.incident_id, asked.reason, concerned)
        )
    return await detail_of(call, opened)


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
