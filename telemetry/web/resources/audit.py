"""`/audit`: the log that is searched and exported by the auditor; `/me/views`: who looked at what is mine."""

import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from alerts.incidents.actors import Role
from alerts.paperwork.spreadsheet_export import csv_table
from telemetry.records.audit import AuditItem, AuditSearch
from telemetry.store.audit import search_entries, views_of_officer
from telemetry.web.http.downloads import file_answer
from telemetry.web.http.pagination import Moment, Page, PageQuery, cut, place_of
from telemetry.web.http.problems import faulty
from telemetry.web.http.rate_limit import EXPORT, charge
from telemetry.web.http.route import ANYBODY, Call, Route

_READERS: Final[frozenset[Role]] = frozenset({"auditor", "security"})
_MOST_EXPORTED: Final = 50_000
_COLUMNS: Final = (
    "编号", "时间", "账号", "地址", "动作", "对象类型", "对象", "涉及人员", "理由", "详情",
)  # fmt: skip
Word = Annotated[str | None, Field(max_length=200)]


class AuditQuery(PageQuery):
    """Which entries; `action` is a prefix (`view.`, `export.`, `account.`), an export needs its reason."""

    account: Word = None
    action: Word = None
    target_kind: Word = None
    target_id: Word = None
    since: Annotated[Moment | None, Field(alias="from")] = None
    until: Annotated[Moment | None, Field(alias="to")] = None
    q: Word = None
    format: Literal["json", "csv"] = "json"
    why: Annotated[str | None, Field(min_length=2, max_length=500)] = None


class View(BaseModel):
    """A look at an officer's track or incident."""

    at: datetime
    account: str
    account_name: str | None
    action: str
    target_kind: str
    target_id: str
    why: str


async def _search(call: Call) -> Page[AuditItem] | web.StreamResponse:
    query: AuditQuery = call.query
    asked = AuditSearch(
        query.account, query.action, query.target_kind, query.target_id, query.since, query.until, query.q
    )
    if query.format == "csv":
        return await _export(call, asked)
    place = place_of(query.cursor, int)
    rows = await search_entries(call.database, asked, place[0] if place else None, query.limit + 1)
    shown, following = cut(rows, query.limit, lambda row: (row.entry_id,))
    return Page(items=shown, next=following)


async def _export(call: Call, asked: AuditSearch) -> web.StreamResponse:
    query: AuditQuery = call.query
    if query.why is None:
        raise faulty("why", "an export needs its reason", "导出须写明理由")
    charge(call, EXPORT)
    detail = query.model_dump(mode="json", exclude_none=True, exclude={"limit", "cursor", "format", "why"})
    await call.audit("export.audit", "audit", "csv", why=query.why, detail=detail)
    rows = await search_entries(call.database, asked, None, _MOST_EXPORTED)
    return file_answer(csv_table(_COLUMNS, [_cells(row) for row in rows]), "审计日志", "csv")


def _cells(row: AuditItem) -> list[Any]:
    detail = "" if row.detail is None else json.dumps(row.detail, ensure_ascii=False)
    return [
        *(row.entry_id, row.at, row.account, row.address, row.action, row.target_kind, row.target_id),
        *(" ".join(row.officer_ids), row.why, detail),
    ]


async def _views(call: Call) -> Page[View]:
    if call.account.officer_id is None:
        return Page(items=[])
    place = place_of(call.query.cursor, int)
    before = place[0] if place else None
    rows = await views_of_officer(call.database, call.account.officer_id, before, call.query.limit + 1)
    shown, following = cut(rows, call.query.limit, lambda row: (row["entry_id"],))
    return Page(items=[View.model_validate(row) for row in shown], next=following)


ROUTES: Final = (
    Route(
        "GET",
        "/audit",
        _search,
        summary="审计日志",
        roles=_READERS,
        query=AuditQuery,
        answer=Page[AuditItem],
        files=("text/csv",),
    ),
    Route(
        "GET",
        "/me/views",
        _views,
        summary="查看我的轨迹和事件的记录",
        roles=ANYBODY,
        query=PageQuery,
        answer=Page[View],
    ),
)
