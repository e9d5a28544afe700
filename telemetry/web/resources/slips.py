"""`/slips`: the register of the official forms, making one of an incident, and one slip with its steps."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from alerts.paperwork.slips.forms import TextKind
from alerts.paperwork.slips.opinions import Move
from alerts.paperwork.slips.slip_actions import Asked, issue, load_dossier, take_step
from alerts.workflow import Refusal
from telemetry.records.slips import SlipRow, SlipSearch
from telemetry.store.audit import add_entry
from telemetry.store.slips import one_slip, search_slips, steps_of
from telemetry.web.http.pagination import Page, PageQuery, cut, place_of
from telemetry.web.http.problems import not_found, refused
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import READERS, sight_of_call
from telemetry.web.resources.incidents import seen_incident
from telemetry.web.resources.live import sight_for
from telemetry.web.resources.slip_words import SlipDetail, SlipSummary, detail_of, summarize

_LONGEST: Final = 2000


class SlipQuery(PageQuery):
    """What to look for in the register."""

    unit_id: str | None = Field(default=None, max_length=64)
    annex: int | None = Field(default=None, ge=1, le=2)
    year: int | None = Field(default=None, ge=2000, le=2999)
    q: str | None = Field(default=None, max_length=100)
    void: bool | None = None
    incident_id: str | None = Field(default=None, max_length=64)


class IssueBody(BaseModel):
    """What a verifier enters: annex and box (the rule's own where missing), his department, what telemetry can't know."""

    model_config = ConfigDict(extra="forbid")
    annex: int | None = Field(default=None, ge=1, le=2)
    box: int | None = Field(default=None, ge=1, le=8)
    department: str | None = Field(default=None, max_length=100)
    intent: str = Field(default="", max_length=_LONGEST)
    consequence: str = Field(default="", max_length=_LONGEST)
    phone_filming: str = Field(default="", max_length=_LONGEST)
    breach: str = Field(default="", max_length=_LONGEST)


class StepBody(BaseModel):
    """One step; `version` is the number of steps that were seen."""

    model_config = ConfigDict(extra="forbid")
    step: Move
    opinion: str = Field(max_length=_LONGEST)
    version: int = Field(ge=0)


async def _list(call: Call) -> Page[SlipSummary]:
    asked: SlipQuery = call.query
    sight = sight_of_call(call)
    if asked.unit_id is not None:
        sight = await sight_for(call, asked.unit_id)
    own = sight.officer_id if sight.units == frozenset() else None
    if sight.units == frozenset() and own is None:
        return Page(items=[])
    place = place_of(asked.cursor, datetime, str)
    search = SlipSearch(
        units=None if sight.units is None or own is not None else sorted(sight.units),
        annex=asked.annex,
        year=asked.year,
        words=asked.q,
        is_void=asked.void,
        officer_id=own,
        incident_id=asked.incident_id,
        before=None if place is None else (place[0], place[1]),
        limit=asked.limit + 1,
    )
    async with call.database.connection() as connection:
        rows = await search_slips(connection, search)
        shown, following = cut(rows, asked.limit, lambda row: (row.issued_at, row.slip_id))
        steps = await steps_of(connection, [row.slip_id for row in shown])
    return Page(items=[summarize(row, steps.get(row.slip_id, [])) for row in shown], next=following)


async def _issue(call: Call) -> SlipDetail:
    row = await seen_incident(call)
    asked: IssueBody = call.body
    texts: dict[TextKind, str] = {
        "intent": asked.intent,
        "consequence": asked.consequence,
        "phone_filming": asked.phone_filming,
        "breach": asked.breach,
    }
    department = asked.department or call.account.unit_name or ""
    wanted = Asked(department, None if asked.annex is None else (asked.annex, asked.box), texts)
    numbers = call.site.paper.numbers
    async with call.database.transaction() as connection:
        made = await issue(connection, row.incident_id, wanted, call.actor, now=call.now, numbers=numbers)
        if isinstance(made, Refusal):
            raise refused(made)
        await add_entry(connection, call.entry("slip.issue", "slip", made.slip_id, officer_ids=(made.officer_id,)))
    return await _detail(call, made)


async def seen_slip(call: Call) -> SlipRow:
    """The slip that the path names, if the caller may see it; else it doesn't exist."""
    async with call.database.connection() as connection:
        row = await one_slip(connection, call.path["slip_id"])
    sight = sight_of_call(call)
    if row is None or not (sight.within(row.unit_id) or sight.officer_id == row.officer_id):
        raise not_found("该移送单")
    return row


async def _one(call: Call) -> SlipDetail:
    row = await seen_slip(call)
    await call.audit("view.slip", "slip", row.slip_id, officer_ids=(row.officer_id,))
    return await _detail(call, row)


async def _step(call: Call) -> SlipDetail:
    row = await seen_slip(call)
    asked: StepBody = call.body
    async with call.database.transaction() as connection:
        done = await take_step(
            connection,
            row.slip_id,
            asked.step,
            call.actor,
            asked.opinion,
            expected_version=asked.version,
            now=call.now,
        )
        if isinstance(done, Refusal):
            raise refused(done)
        entry = call.entry(f"slip.{asked.step}", "slip", row.slip_id, asked.opinion, (row.officer_id,))
        await add_entry(connection, entry)
    return await _detail(call, done)


async def _detail(call: Call, row: SlipRow) -> SlipDetail:
    async with call.database.connection() as connection:
        dossier = await load_dossier(connection, row)
    return detail_of(row, dossier, call.actor, call.now)


ROUTES: Final = (
    Route(
        "GET",
        "/slips",
        _list,
        summary="移送单台账",
        roles=READERS,
        scope="read",
        query=SlipQuery,
        answer=Page[SlipSummary],
    ),
    Route(
        "POST",
        "/incidents/{incident_id}/slip",
        _issue,
        summary="由认定属实的事件制作移送单",
        roles=frozenset({"verifier"}),
        body=IssueBody,
        answer=SlipDetail,
        audited=True,
    ),
    Route(
        "GET",
        "/slips/{slip_id}",
        _one,
        summary="一张移送单：所载内容、各方意见、可办理步骤",
        roles=READERS,
        answer=SlipDetail,
        audited=True,
    ),
    Route(
        "POST",
        "/slips/{slip_id}/steps",
        _step,
        summary="办理一个步骤：意见、退回或作废",
        roles=READERS,
        body=StepBody,
        answer=SlipDetail,
        audited=True,
    ),
)
