"""`/units` and `/officers`: the tree with its areas, and who serves where."""

from typing import Final

from pydantic import BaseModel, Field, Json, JsonValue

from telemetry.store.registers import all_units, officer_page
from telemetry.web.http.pagination import Page, PageQuery, cut, place_of
from telemetry.web.http.route import ANYBODY, Call, Route
from telemetry.web.http.unit_names import unit_names
from telemetry.web.http.visibility import WATCHERS, sight_of_call
from telemetry.web.resources.live import sight_for


class UnitNode(BaseModel):
    """A unit in the tree; `area` is GeoJSON in WGS-84."""

    unit_id: str
    name: str
    kind: str
    parent_id: str | None
    area: Json[dict[str, JsonValue]] | None


class OfficerQuery(PageQuery):
    """What to look for."""

    unit_id: str | None = None
    q: str | None = Field(default=None, max_length=100)


class Officer(BaseModel):
    """A person on the register."""

    officer_id: str
    name: str
    unit_id: str
    unit_name: str | None
    roles: list[str]


async def _units(call: Call) -> list[UnitNode]:
    """Names of units are no secret within the bureau: everybody sees the tree."""
    async with call.database.connection() as connection:
        return [UnitNode(**row) for row in await all_units(connection, call.now)]


async def _officers(call: Call) -> Page[Officer]:
    asked = call.query
    sight = sight_of_call(call)
    unit_ids = None
    if asked.unit_id is not None:
        unit_ids = sorted((await sight_for(call, asked.unit_id)).units or ())
    place = place_of(asked.cursor, str) or ("",)
    seen = None if sight.units is None else sorted(sight.units)
    async with call.database.connection() as connection:
        rows = await officer_page(
            connection, (seen, unit_ids), asked.q, after=place[0], limit=asked.limit + 1, now=call.now
        )
    names = await unit_names(call.database, call.now)
    shown, following = cut(rows, asked.limit, lambda row: (row["officer_id"],))
    return Page(items=[Officer(**row, unit_name=names.get(row["unit_id"])) for row in shown], next=following)


ROUTES: Final = (
    Route("GET", "/units", _units, summary="单位树", roles=ANYBODY, scope="read", answer=list[UnitNode]),
    Route(
        "GET",
        "/officers",
        _officers,
        summary="人员",
        roles=WATCHERS,
        scope="read",
        query=OfficerQuery,
        answer=Page[Officer],
    ),
)
