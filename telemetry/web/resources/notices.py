"""`/notices`: what was told to whom, and trying again what reached nobody."""

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel

from telemetry.store.audit import add_entry
from telemetry.store.desk import NoticeSearch, notice_page, people_of_units
from telemetry.store.incident_list import names_of
from telemetry.store.notices import revive
from telemetry.web.http.pagination import Page, PageQuery, cut, place_of
from telemetry.web.http.path_numbers import number_in_path
from telemetry.web.http.problems import not_found
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import ENGINEERS, READERS, sight_of_call


class NoticeQuery(PageQuery):
    """What to look for; `mine`: what was sent to me."""

    state: Literal["queued", "sent", "dead", "cancelled"] | None = None
    incident_id: str | None = None
    person: str | None = None
    mine: bool = False


class NoticeAttempt(BaseModel):
    """One try to send a notice by one channel."""

    channel: str
    state: str
    at: str
    code: str | None
    detail: str | None


class Notice(BaseModel):
    """A notice with how it fared; `is_past`: its incidents are cleared since, `cleared_ids` are those."""

    notice_id: int
    person: str
    urgent: bool
    created_at: datetime
    message: dict[str, str | None]
    state: str
    sent_at: datetime | None
    sent_by: str | None
    reason: str | None
    next_at: datetime | None
    incident_ids: list[str] | None
    cleared_ids: list[str] | None
    is_past: bool | None
    capacity: str | None
    attempts: list[NoticeAttempt]
    person_name: str


async def _notices(call: Call) -> Page[Notice]:
    asked: NoticeQuery = call.query
    place = place_of(asked.cursor, int)
    sight = sight_of_call(call)
    own = call.account.officer_id
    async with call.database.connection() as connection:
        people: list[str] | None = None
        if asked.mine or not (sight.units is None or sight.units):
            people = [own] if own is not None else []
        elif sight.units is not None:
            people = [*await people_of_units(connection, sorted(sight.units), call.now), *([own] if own else [])]
        search = NoticeSearch(people, asked.state, asked.incident_id, asked.person)
        rows = await notice_page(connection, search, None if place is None else place[0], asked.limit + 1)
        names = await names_of(connection, officers=[row["person"] for row in rows])
    shown, following = cut(rows, asked.limit, lambda row: (row["notice_id"],))
    items = [Notice(**row, person_name=names.officers.get(row["person"], row["person"])) for row in shown]
    return Page(items=items, next=following)


async def _revive(call: Call) -> None:
    async with call.database.transaction() as connection:
        number = number_in_path(call, "notice_id")
        if not await revive(connection, number, call.now):
            raise not_found("该失败的通知")
        await add_entry(connection, call.entry("POST /notices/{notice_id}/retry", "route", str(number)))


ROUTES: Final = (
    Route(
        "GET",
        "/notices",
        _notices,
        summary="通知",
        roles=READERS,
        query=NoticeQuery,
        answer=Page[Notice],
        audited=True,
    ),
    Route(
        "POST",
        "/notices/{notice_id}/retry",
        _revive,
        summary="重新发送失败的通知",
        roles=ENGINEERS | {"command_centre"},
        audited=True,
        status=204,
    ),
)
