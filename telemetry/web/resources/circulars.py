"""`/circulars`: the month's figures, its closing, its document and its workbook."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from alerts.incidents.actors import Role
from alerts.notices.texts import TITLES
from alerts.paperwork.circulars.circular_document import circular_document
from alerts.paperwork.circulars.circular_workbook import circular_workbook
from alerts.paperwork.circulars.closing import close_period, closed_months, figures_at
from alerts.paperwork.circulars.figures import Circular, Line, circular_of
from alerts.paperwork.circulars.periods import in_words, is_period, month_before, period_of
from alerts.workflow import Refusal
from telemetry.store.audit import add_entry
from telemetry.web.http.downloads import TYPES, ExportQuery, file_answer
from telemetry.web.http.problems import Refused, not_found, refused
from telemetry.web.http.rate_limit import DOCUMENT, charge
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import WATCHERS, sight_of_call

_WHOLE: Final = "全局"
_CLOSERS: Final[frozenset[Role]] = frozenset({"supervision"})


class PeriodQuery(BaseModel):
    """Whose circular: a unit with all below it; missing: the bureau's, or one's own unit's."""

    model_config = ConfigDict(extra="forbid")
    unit_id: str | None = Field(default=None, max_length=64)


class FileQuery(PeriodQuery, ExportQuery):
    """The same, as a file."""


class CloseBody(BaseModel):
    """Which month to close; `unit_id` is taken and ignored: a month is closed for the whole bureau at once."""

    model_config = ConfigDict(extra="forbid")
    period: str = Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")
    unit_id: str | None = Field(default=None, max_length=64)


class CircularSummary(BaseModel):
    """One month in the list."""

    period: str
    title: str
    is_closed: bool
    as_of: datetime | None
    closed_by: str | None


class FigureLine(BaseModel):
    """One figure and what it opens down to; `rate` per 100 activities (none under 20), shares from 0 to 1."""

    key: str
    name: str
    count: int
    before: int | None
    activities: int
    rate: float | None
    coverage: float | None
    punctuality: float | None
    incident_ids: list[str]


class Correction(BaseModel):
    """What changed in an earlier month after it was closed; `sign` is +1 or -1."""

    of_period: str
    unit_id: str
    unit_name: str
    rule: str
    rule_zh: str
    sign: int
    day: date
    incident_id: str


class CircularFigures(BaseModel):
    """A month's figures for the bureau or a unit."""

    period: str
    unit_name: str
    is_closed: bool
    as_of: datetime
    total: FigureLine
    by_rule: list[FigureLine]
    by_day: list[FigureLine]
    by_unit: list[FigureLine]
    corrections: list[Correction]


@dataclass(frozen=True, slots=True)
class _Asked:
    period: str
    unit_id: str | None


async def _list(call: Call) -> list[CircularSummary]:
    async with call.database.connection() as connection:
        months = await closed_months(connection)
    closed = [_entry(m.period, datetime.fromisoformat(m.as_of), m.closed_by) for m in reversed(months)]
    known = {month.period for month in months}
    now = period_of(call.now)
    opened = [_entry(period, None, None) for period in (now, month_before(now)) if period not in known]
    return [*opened, *closed]


def _entry(period: str, as_of: datetime | None, closed_by: str | None) -> CircularSummary:
    return CircularSummary(
        period=period,
        title=f"{in_words(period)}通报",
        is_closed=closed_by is not None,
        as_of=as_of,
        closed_by=closed_by,
    )


async def _close(call: Call) -> CircularFigures:
    period = call.body.period
    if call.units is not None:
        raise Refused(403, "通报由勤务监督处为全局办结", code="foreign_unit")
    async with call.database.transaction() as connection:
        done = await close_period(connection, period, call.account.username, call.now)
        if isinstance(done, Refusal):
            raise refused(done)
        await add_entry(connection, call.entry("circular.close", "circular", period))
    return _spelled(await _circular(call, _Asked(period, None)))


async def _figures(call: Call) -> CircularFigures:
    asked = _asked(call)
    charge(call, DOCUMENT)
    return _spelled(await _circular(call, asked))


async def _docx(call: Call) -> web.Response:
    circular = await _exported(call, "docx")
    body = await asyncio.to_thread(circular_document, circular)
    return file_answer(body, f"{in_words(circular.period)}通报-{circular.unit_name}", "docx")


async def _xlsx(call: Call) -> web.Response:
    circular = await _exported(call, "xlsx")
    body = await asyncio.to_thread(circular_workbook, circular)
    return file_answer(body, f"{in_words(circular.period)}通报-{circular.unit_name}", "xlsx")


async def _exported(call: Call, kind: str) -> Circular:
    """The circular that is about to leave the house, which is on record by then."""
    asked = _asked(call)
    charge(call, DOCUMENT)
    circular = await _circular(call, asked)
    detail = {"format": kind, "unit_id": asked.unit_id}
    await call.audit("export.circular", "circular", circular.period, why=call.query.why, detail=detail)
    return circular


def _asked(call: Call) -> _Asked:
    """Whose month: the bureau's for those who see it all, else a unit within the caller's subtree."""
    period = call.path["period"]
    if not is_period(period) or period > period_of(call.now):
        raise not_found("该通报")
    unit_id: str | None = call.query.unit_id
    sight = sight_of_call(call)
    if unit_id is None:
        unit_id = None if sight.units is None else call.account.unit_id
        if unit_id is None and sight.units is not None:
            raise not_found("该通报")
    if unit_id is not None and not sight.within(unit_id):
        raise not_found("该单位")
    return _Asked(period, unit_id)


async def _circular(call: Call, asked: _Asked) -> Circular:
    async with call.database.connection() as connection:
        figures = await figures_at(connection, asked.period, call.now)
        months = {month.period: month for month in await closed_months(connection)}
    if asked.unit_id is not None and all(t.unit_id != asked.unit_id for t in figures.tallies):
        raise not_found("该单位")
    return circular_of(figures, months.get(month_before(asked.period)), asked.unit_id, _WHOLE)


def _spelled(circular: Circular) -> CircularFigures:
    return CircularFigures(
        period=circular.period,
        unit_name=circular.unit_name,
        is_closed=circular.is_closed,
        as_of=datetime.fromisoformat(circular.as_of),
        total=_line(circular.total, circular.total.name),
        by_rule=[_line(line, TITLES.get(line.name, line.name)) for line in circular.by_rule],
        by_day=[_line(line, line.name) for line in circular.by_day],
        by_unit=[_line(line, line.name) for line in circular.by_unit],
        corrections=[
            Correction(
                of_period=entry.of_period,
                unit_id=entry.unit_id,
                unit_name=circular.unit_names.get(entry.unit_id, entry.unit_id),
                rule=entry.rule,
                rule_zh=TITLES.get(entry.rule, entry.rule),
                sign=entry.sign,
                day=entry.day,
                incident_id=entry.incident_id,
            )
            for entry in circular.corrections
        ],
    )


def _line(line: Line, name: str) -> FigureLine:
    return FigureLine(
        key=line.name if line.unit_id is None else line.unit_id,
        name=name,
        count=line.count,
        before=line.before,
        activities=line.activities,
        rate=line.rate,
        coverage=line.coverage,
        punctuality=line.punctuality,
        incident_ids=list(line.incident_ids),
    )


ROUTES: Final = (
    Route("GET", "/circulars", _list, summary="各期通报", roles=WATCHERS, scope="read", answer=list[CircularSummary]),
    Route(
        "POST",
        "/circulars",
        _close,
        summary="办结一个月的通报：数据封存，此后变动在下期更正",
        roles=_CLOSERS,
        body=CloseBody,
        answer=CircularFigures,
        audited=True,
    ),
    Route(
        "GET",
        "/circulars/{period}/figures",
        _figures,
        summary="一期通报的数据，每个数可追到事件",
        roles=WATCHERS,
        scope="read",
        query=PeriodQuery,
        answer=CircularFigures,
    ),
    Route(
        "GET",
        "/circulars/{period}.docx",
        _docx,
        summary="一期通报（DOCX）",
        roles=WATCHERS,
        query=FileQuery,
        media=TYPES["docx"],
        audited=True,
    ),
    Route(
        "GET",
        "/circulars/{period}.xlsx",
        _xlsx,
        summary="一期通报的数据表（XLSX，含图表）",
        roles=WATCHERS,
        query=FileQuery,
        media=TYPES["xlsx"],
        audited=True,
    ),
)
