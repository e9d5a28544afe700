"""`/calendar`: which days are worked, which years' decrees are missing, and the import of a decree's table."""

import base64
from dataclasses import asdict
from datetime import date
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.duty.calendar import YearStatus
from alerts.duty.calendar_import import Preview, import_table, load_calendar, preview_of
from alerts.duty.holiday_decree import MAX_BYTES, Days, read_table, read_text
from alerts.incidents.actors import Role
from alerts.shanghai_time import SHANGHAI
from telemetry.store.calendar import named_days
from telemetry.web.http.problems import FieldError, Refused, faulty
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import ENGINEERS

_ADMINISTRATOR: Final[frozenset[Role]] = frozenset({"administrator"})
_MOST_CHARACTERS: Final = 200_000


class Year(BaseModel):
    """What is known of a year; `told_zh` says what is missing (empty: nothing), `lawful_days` what the law gives."""

    year: int
    source: Literal["table", "library", "provisional"]
    imported: int
    working_days: int
    lawful_days: int
    told_zh: str


class NamedDay(BaseModel):
    """A day that was imported."""

    day: date
    working: bool
    name: str


class CalendarAnswer(BaseModel):
    """The years around now, what should be imported now, and the days that were imported."""

    years: list[Year]
    told_zh: list[str]
    days: list[NamedDay]


class TableBody(BaseModel):
    """A table: a file's bytes in base64, or its text."""

    model_config = ConfigDict(extra="forbid")
    content: str | None = Field(default=None, max_length=MAX_BYTES * 4 // 3 + 4)
    text: str | None = Field(default=None, max_length=_MOST_CHARACTERS)


class ImportBody(TableBody):
    """`seen` is the preview's: what was shown is what is applied."""

    seen: str = Field(min_length=1, max_length=64)


class ChangedDay(BaseModel):
    """A day that becomes a working day or a day off."""

    day: date
    name: str
    was_working: bool
    works: bool
    text_zh: str


class PreviewAnswer(BaseModel):
    """What an import would change, or has changed."""

    seen: str
    days: int
    changes: list[ChangedDay]
    years: list[Year]


async def _calendar(call: Call) -> CalendarAnswer:
    today = call.now.astimezone(SHANGHAI).date()
    async with call.database.connection() as connection:
        calendar = await load_calendar(connection)
        days = await named_days(connection, date(today.year - 1, 1, 1), date(today.year + 1, 12, 31))
    return CalendarAnswer(
        years=[_year(calendar.year(today.year + n)) for n in (-1, 0, 1)],
        told_zh=[status.in_chinese() for status in calendar.told_of(today)],
        days=[NamedDay(**day) for day in days],
    )


async def _preview(call: Call) -> PreviewAnswer:
    table = _table(call.body)
    async with call.database.connection() as connection:
        return _shown(preview_of(await load_calendar(connection), table))


async def _import(call: Call) -> PreviewAnswer:
    table = _table(call.body)
    detail = {"days": len(table), "first": str(min(table)), "last": str(max(table))}
    entry = call.entry("calendar.import", "calendar", ",".join(sorted({str(day.year) for day in table})), detail=detail)
    async with call.database.transaction() as connection:
        done = await import_table(connection, table, entry, call.body.seen)
    if done is None:
        raise Refused(409, "工作日历在查看之后已有变化，未导入任何内容", "请重新查看变更后再导入", code="changed")
    return _shown(done)


def _table(asked: TableBody) -> Days:
    """The days of what was sent; Refused with every faulty cell."""
    if (asked.content is None) == (asked.text is None):
        raise faulty("content", "a file or a text is wanted", "请选择一个文件，或粘贴表格内容")
    if asked.text is not None:
        found = read_text(asked.text)
    else:
        try:
            found = read_table(base64.b64decode(asked.content or "", validate=True))
        except ValueError:
            # binascii.Error is one; so is text that isn't ASCII.
            raise faulty("content", "no base64", "文件内容传输有误，请重新选择文件") from None
    if isinstance(found, list):
        errors = [FieldError(field=fault.cell, reason=fault.text, reason_zh=fault.text) for fault in found]
        raise Refused(422, "表格有误，未导入任何内容", code="invalid", errors=errors)
    return found


def _year(status: YearStatus) -> Year:
    return Year(**asdict(status), told_zh=status.in_chinese())


def _shown(preview: Preview) -> PreviewAnswer:
    changes = [ChangedDay(**asdict(change), text_zh=change.in_chinese()) for change in preview.changes]
    return PreviewAnswer(
        seen=preview.seen, days=preview.days, changes=changes, years=[_year(one) for one in preview.years]
    )


ROUTES: Final = (
    Route(
        "GET",
        "/calendar",
        _calendar,
        summary="工作日历",
        roles=ENGINEERS | {"command_centre"},
        scope="read",
        answer=CalendarAnswer,
    ),
    Route(
        "POST",
        "/calendar/preview",
        _preview,
        summary="放假调休安排：导入前查看变更",
        roles=_ADMINISTRATOR,
        body=TableBody,
        answer=PreviewAnswer,
        max_body_bytes=2 * MAX_BYTES,
    ),
    Route(
        "POST",
        "/calendar",
        _import,
        summary="放假调休安排：导入",
        roles=_ADMINISTRATOR,
        body=ImportBody,
        answer=PreviewAnswer,
        audited=True,
        max_body_bytes=2 * MAX_BYTES,
    ),
)
