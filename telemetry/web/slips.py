"""`/slips`: the register of the official forms, one slip with its steps, its document, and the check of a copy."""

import asyncio
from datetime import datetime
from typing import Any, Final, cast

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from alerts.paper import to_pdf
from alerts.slips.act import Asked, check_copy, issue, load_dossier, take_step
from alerts.slips.content import SlipContent, established
from alerts.slips.document import slip_document
from alerts.slips.forms import BOXES, FORMS, Annex, TextKind
from alerts.slips.steps import MOVES_ZH, STATES_ZH, Move, SlipRefusal, moves_of, state_of
from telemetry.store.pool import Connection
from telemetry.store.slips import SlipRow, SlipSearch, SlipStepRow, one_slip, search_slips, steps_of
from telemetry.web.costs import DOCUMENT, charge
from telemetry.web.files import TYPES, ExportQuery, file_answer
from telemetry.web.incidents import FORBIDDEN, seen_incident
from telemetry.web.live import sight_for
from telemetry.web.pages import Page, PageQuery, cut, place_of
from telemetry.web.problems import Refused, not_found
from telemetry.web.route import Call, Route
from telemetry.web.sight import READERS, sight_of_call

_CONFLICT: Final = frozenset({"changed", "has_slip", "order", "void", "complete", "under_review", "evidence_changed"})
_LONGEST: Final = 2000


class SlipQuery(PageQuery):
    """What to look for in the register."""

    unit_id: str | None = Field(default=None, max_length=64)
    annex: int | None = Field(default=None, ge=1, le=2)
    year: int | None = Field(default=None, ge=2000, le=2999)
    q: str | None = Field(default=None, max_length=100)
    void: bool | None = None
    incident_id: str | None = Field(default=None, max_length=64)


class SlipSummary(BaseModel):
    """One line of the register."""

    slip_id: str
    number: str
    annex: int
    box: int | None
    kind_zh: str
    incident_id: str
    unit_id: str | None
    unit_name: str
    officer_id: str
    officer_name: str
    department: str
    issued_at: datetime
    issued_by: str
    state: str
    state_zh: str
    is_void: bool
    version: int


class SlipStep(BaseModel):
    """One step: whose, what he wrote, when."""

    version: int
    at: datetime
    account: str
    step: str
    step_zh: str
    opinion: str


class SlipOffer(BaseModel):
    """A step that this account may take now."""

    step: str
    label_zh: str


class SlipDetail(BaseModel):
    """A slip as a whole: what it states, its steps, what may be done."""

    slip: SlipSummary
    title: str
    established: list[str]
    texts: dict[str, str]
    statements: list[dict[str, Any]]
    evidence_sha256: str
    is_current: bool
    steps: list[SlipStep]
    offers: list[SlipOffer]


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


class VerifyQuery(BaseModel):
    """The hash that stands on a copy."""

    model_config = ConfigDict(extra="forbid")
    sha256: str | None = Field(default=None, max_length=200)


class Verified(BaseModel):
    """Whether a slip, or a copy of it, is what was issued."""

    slip_id: str
    number: str
    evidence_sha256: str
    is_intact: bool
    is_current: bool
    is_void: bool
    copy_matches: bool | None


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
    return Page(items=[_summary(row, steps.get(row.slip_id, [])) for row in shown], next=following)


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
    made = await issue(
        call.database, row.incident_id, wanted, call.actor, now=call.now, numbers=call.site.paper.numbers
    )
    if isinstance(made, SlipRefusal):
        raise refused(made)
    await call.audit("slip.issue", "slip", made.slip_id, officer_ids=(made.officer_id,))
    return await _detail(call, made)


async def seen_slip(call: Call) -> SlipRow:
    """The slip that the path names, if the caller may see it; else it doesn't exist."""
    async with call.database.connection() as connection:
        row = await one_slip(connection, call.path["slip_id"])
    sight = sight_of_call(call)
    if row is None or not (sight.within(row.unit_id) or sight.officer_id == row.officer_id):
        raise not_found("这张移送单")
    return row


async def _one(call: Call) -> SlipDetail:
    row = await seen_slip(call)
    await call.audit("view.slip", "slip", row.slip_id, officer_ids=(row.officer_id,))
    return await _detail(call, row)


async def _step(call: Call) -> SlipDetail:
    row = await seen_slip(call)
    asked: StepBody = call.body
    done = await take_step(
        call.database,
        row.slip_id,
        asked.step,
        call.actor,
        asked.opinion,
        expected_version=asked.version,
        now=call.now,
    )
    if isinstance(done, SlipRefusal):
        raise refused(done)
    await call.audit(f"slip.{asked.step}", "slip", row.slip_id, why=asked.opinion, officer_ids=(row.officer_id,))
    return await _detail(call, done)


async def _docx(call: Call) -> web.Response:
    row = await _exported(call, "docx", DOCUMENT)
    return file_answer(await _document(call, row), row.slip_id, "docx")


async def _pdf(call: Call) -> web.Response:
    row = await _exported(call, "pdf", 2 * DOCUMENT)
    made = await to_pdf(await _document(call, row))
    if made is None:
        raise Refused(503, "本机不能生成 PDF", "服务器未装 LibreOffice 或转换失败，请下载 DOCX", code="no_pdf")
    return file_answer(made, row.slip_id, "pdf")


async def _exported(call: Call, kind: str, cost: int) -> SlipRow:
    """The slip that is about to leave the house, which is on record by then."""
    row = await seen_slip(call)
    charge(call, cost)
    why = call.query.why
    await call.audit(
        "export.slip", "slip", row.slip_id, why=why, officer_ids=(row.officer_id,), detail={"format": kind}
    )
    return row


async def _document(call: Call, row: SlipRow) -> bytes:
    async with call.database.connection() as connection:
        steps = (await steps_of(connection, [row.slip_id])).get(row.slip_id, [])
    return await asyncio.to_thread(slip_document, row, steps)


async def _verify(call: Call) -> Verified:
    row = await seen_slip(call)
    checked = await check_copy(call.database, row.slip_id, call.query.sha256)
    if checked is None:
        raise not_found("这张移送单")
    return Verified(
        slip_id=checked.slip_id,
        number=checked.number,
        evidence_sha256=checked.evidence_sha256,
        is_intact=checked.is_intact,
        is_current=checked.is_current,
        is_void=checked.is_void,
        copy_matches=checked.copy_matches,
    )


async def _detail(call: Call, row: SlipRow) -> SlipDetail:
    async with call.database.connection() as connection:
        return await _laid_out(call, connection, row)


async def _laid_out(call: Call, connection: Connection, row: SlipRow) -> SlipDetail:
    dossier = await load_dossier(connection, row)
    content = SlipContent(**row.content)
    return SlipDetail(
        slip=_summary(row, dossier.steps),
        title=FORMS[content.annex].title,
        established=established(content),
        texts=content.evidence["texts"],
        statements=content.evidence["statements"],
        evidence_sha256=row.evidence_sha256,
        is_current=dossier.is_current,
        steps=[_spelled(step) for step in dossier.steps],
        offers=[SlipOffer(step=move, label_zh=MOVES_ZH[move]) for move in moves_of(dossier, call.actor)],
    )


def _spelled(step: SlipStepRow) -> SlipStep:
    return SlipStep(
        version=step.version,
        at=step.at,
        account=step.account,
        step=step.step,
        step_zh=MOVES_ZH[cast("Move", step.step)],
        opinion=step.opinion,
    )


def _summary(row: SlipRow, steps: Any) -> SlipSummary:
    annex = cast("Annex", row.annex)
    box = row.content["box"]
    state = state_of(annex, steps)
    return SlipSummary(
        slip_id=row.slip_id,
        number=row.number,
        annex=row.annex,
        box=box,
        kind_zh="执法记录仪未开启" if box is None else BOXES[box - 1].rstrip("；："),
        incident_id=row.incident_id,
        unit_id=row.unit_id,
        unit_name=row.content["unit"],
        officer_id=row.officer_id,
        officer_name=row.content["officer"],
        department=row.content["department"],
        issued_at=row.issued_at,
        issued_by=row.issued_by,
        state=state,
        state_zh=STATES_ZH[state],
        is_void=row.is_void,
        version=len(steps),
    )


def refused(refusal: SlipRefusal) -> Refused:
    """A refusal of the slips as a problem: its code and its text."""
    status = 422
    if refusal.code == "unknown":
        status = 404
    elif refusal.code in FORBIDDEN:
        status = 403
    elif refusal.code in _CONFLICT:
        status = 409
    field = {"no_opinion": "opinion", "text_missing": "texts", "wrong_form": "box"}.get(refusal.code)
    errors = [] if field is None else [{"field": field, "reason": refusal.code, "reason_zh": refusal.text}]
    return Refused(status, refusal.text, code=refusal.code, errors=errors)


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
    Route(
        "GET",
        "/slips/{slip_id}/document.docx",
        _docx,
        summary="移送单（DOCX）",
        roles=READERS,
        query=ExportQuery,
        media=TYPES["docx"],
        audited=True,
    ),
    Route(
        "GET",
        "/slips/{slip_id}/document.pdf",
        _pdf,
        summary="移送单（PDF，须装有 LibreOffice）",
        roles=READERS,
        query=ExportQuery,
        media=TYPES["pdf"],
        audited=True,
    ),
    Route(
        "GET",
        "/slips/{slip_id}/verify",
        _verify,
        summary="核对移送单及其副本的证据校验值",
        roles=READERS,
        query=VerifyQuery,
        answer=Verified,
    ),
)
