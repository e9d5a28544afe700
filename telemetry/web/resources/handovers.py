"""`/handovers`: the command centre's log of hand-overs (交接班)."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from alerts.incidents.actors import Role
from telemetry.store.audit import add_entry
from telemetry.store.duty_day import add_handover, handovers_before
from telemetry.web.http.pagination import Page, PageQuery, cut, place_of
from telemetry.web.http.route import Call, Route

_DESK: Final[frozenset[Role]] = frozenset({"command_centre"})


class Handover(BaseModel):
    """What one shift of the command centre leaves to the next."""

    handover_id: int
    at: datetime
    account: str
    account_name: str | None
    shift: str
    text: str
    open_items: list[str]


class HandoverBody(BaseModel):
    """An entry; it can't be changed afterwards."""

    model_config = ConfigDict(extra="forbid")
    shift: str = Field(min_length=1, max_length=40)
    text: str = Field(min_length=1, max_length=8000)
    open_items: list[Annotated[str, Field(max_length=500)]] = Field(default=[], max_length=100)


async def _list(call: Call) -> Page[Handover]:
    place = place_of(call.query.cursor, int)
    async with call.database.connection() as connection:
        rows = await handovers_before(connection, None if place is None else place[0], call.query.limit + 1)
    shown, following = cut(rows, call.query.limit, lambda row: (row["handover_id"],))
    return Page(items=[Handover(**row) for row in shown], next=following)


async def _add(call: Call) -> Handover:
    asked: HandoverBody = call.body
    account = call.account
    async with call.database.transaction() as connection:
        number = await add_handover(connection, call.now, account.username, **asked.model_dump())
        await add_entry(connection, call.entry("POST /handovers", "route", str(number)))
    return Handover(
        handover_id=number, at=call.now, account=account.username, account_name=account.name, **asked.model_dump()
    )


ROUTES: Final = (
    Route("GET", "/handovers", _list, summary="交接班记录", roles=_DESK, query=PageQuery, answer=Page[Handover]),
    Route(
        "POST",
        "/handovers",
        _add,
        summary="登记交接班",
        roles=_DESK,
        body=HandoverBody,
        answer=Handover,
        audited=True,
        status=201,
    ),
)
