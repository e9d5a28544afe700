"""`/slips/{slip_id}/document.docx`, `.pdf` and `/verify`: a slip as it leaves the house, and the check of a copy of it."""

import asyncio
from typing import Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from alerts.paperwork.pdf import to_pdf
from alerts.paperwork.slips.slip_actions import check_copy
from alerts.paperwork.slips.slip_document import slip_document
from telemetry.records.slips import SlipRow
from telemetry.store.slips import steps_of
from telemetry.web.http.downloads import TYPES, ExportQuery, file_answer
from telemetry.web.http.problems import Refused, not_found
from telemetry.web.http.rate_limit import DOCUMENT, charge
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import READERS
from telemetry.web.resources.slips import seen_slip


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
        raise not_found("该移送单")
    return Verified(
        slip_id=checked.slip_id,
        number=checked.number,
        evidence_sha256=checked.evidence_sha256,
        is_intact=checked.is_intact,
        is_current=checked.is_current,
        is_void=checked.is_void,
        copy_matches=checked.copy_matches,
    )


ROUTES: Final = (
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
