"""`/recorders`: the register with the latest of each, and one recorder's card."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from telemetry.records.live import LiveRow
from telemetry.store.fact_review import officer_standings
from telemetry.store.incident_list import names_of
from telemetry.store.registers import RecorderSearch, recorder_page, recorder_past, recorder_unit
from telemetry.web.http.pagination import Page, PageQuery, cut, place_of
from telemetry.web.http.problems import not_found
from telemetry.web.http.route import Call, Route
from telemetry.web.http.unit_names import unit_names
from telemetry.web.http.visibility import READERS, WATCHERS, Sight, sight_of_call
from telemetry.web.resources.live import FEED, Latest, live_of, sight_for

_PERSONAL: Final = ("officer_id", "officer_name", "lat", "lon", "fix_at", "cell", "holder_id", "holder_name")
"""Who a person is and where, the radio cell included."""


class RecorderQuery(PageQuery):
    """What to look for."""

    unit_id: str | None = None
    status: str | None = None
    q: str | None = Field(default=None, max_length=100)


class Recorder(Latest):
    """A recorder of the register; what it is doing now only where it is shown live."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
    unit_id: str | None
    unit_name: str | None = None
    model: str | None
    holder_id: str | None
    holder_name: str | None
    imei: str | None
    bound_iccid: str | None
    heartbeat_s: int | None
    senses_sim: bool | None
    firmware: str | None
    said_model: str | None
    said_imei: str | None
    iccid: str | None
    boot: str | None
    uptime_s: int | None
    temperature_c: float | None
    voltage_mv: float | None
    files: int | None
    last_end: str | None
    connected: bool | None
    connection_reason: str | None
    rsrp_dbm: float | None
    network: str | None
    cell: str | None = None
    state: str | None = None
    on_duty: bool | None = None
    lat: float | None = None
    lon: float | None = None
    fix_at: datetime | None = None
    since: datetime | None = None
    officer_id: str | None = None
    officer_name: str | None = None
    incidents: int | None = None


class HandedOut(BaseModel):
    """A hand-out of the recorder."""

    assignment_id: str
    officer_id: str
    officer_name: str | None
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    late: bool


class Binding(BaseModel):
    """The SIM that is bound to the recorder from a moment on."""

    sim_binding_id: str
    iccid: str
    valid_from: datetime


class FaultReport(BaseModel):
    """A fault of the recorder that was reported."""

    fault_report_id: str
    officer_id: str
    officer_name: str | None
    kind: str
    reported_at: datetime
    repair_at: datetime | None
    resolved_at: datetime | None
    late: bool


class RecorderCard(BaseModel):
    """A recorder with its register, its latest readings and its past."""

    recorder: Recorder
    assignments: list[HandedOut]
    sim_bindings: list[Binding]
    fault_reports: list[FaultReport]


def recorder_sight(call: Call) -> Sight:
    """What the caller sees of recorders: an engineer sees those of his units, and nobody's person."""
    sight = sight_of_call(call)
    if "engineer" in call.account.roles and not call.account.roles & WATCHERS:
        return Sight(call.units, sight.officer_id, sees_suspected=False)
    return sight


async def _picture(call: Call) -> dict[str, LiveRow]:
    return {row.recorder_id: row for row in (await call.request.app[FEED].picture()).rows}


async def seen_recorder(call: Call) -> str:
    """The recorder that the path names, if the caller may see it; else it doesn't exist."""
    recorder_id = call.path["recorder_id"]
    sight = recorder_sight(call)
    async with call.database.connection() as connection:
        is_known, unit_id = await recorder_unit(connection, recorder_id)
    if is_known and sight.within(unit_id):
        return recorder_id
    row = (await _picture(call)).get(recorder_id) if is_known else None
    if row is None or not sight.of_recorder(row):
        raise not_found("该记录仪")
    return recorder_id


async def is_kept_by(call: Call, recorder_id: str) -> bool:
    """Whether the recorder is one of the caller's units; one that is only worn by their people is seen with these."""
    async with call.database.connection() as connection:
        _, unit_id = await recorder_unit(connection, recorder_id)
    return recorder_sight(call).within(unit_id)


async def own_people(call: Call, officer_ids: Iterable[str | None]) -> frozenset[str]:
    """Those of some officers who are the caller's units', and himself."""
    sight = recorder_sight(call)
    async with call.database.connection() as connection:
        standings = await officer_standings(connection, sorted({who for who in officer_ids if who}), call.now)
    return frozenset(who for who, unit, _ in standings if who == sight.officer_id or sight.within(unit))


async def _list(call: Call) -> Page[Recorder]:
    asked = call.query
    sight = recorder_sight(call)
    unit_ids = None
    if asked.unit_id is not None:
        unit_ids = sorted((await sight_for(call, asked.unit_id, sight)).units or ())
    live = await _picture(call)
    also = [] if sight.units is None else [row.recorder_id for row in live.values() if sight.of_recorder(row)]
    units = None if sight.units is None else sorted(sight.units)
    search = RecorderSearch(units, also, unit_ids, asked.status, asked.q, by_person=_sees_people(call))
    place = place_of(asked.cursor, str) or ("",)
    async with call.database.connection() as connection:
        rows = await recorder_page(connection, search, place[0], asked.limit + 1)
    shown, following = cut(rows, asked.limit, lambda row: (row["recorder_id"],))
    names = await unit_names(call.database, call.now)
    items = [_spelled(call, Recorder(**row), live.get(row["recorder_id"]), names) for row in shown]
    return Page(items=items, next=following)


def _spelled(call: Call, recorder: Recorder, live: LiveRow | None, names: dict[str, str]) -> Recorder:
    now_is = {} if live is None else live_of(live, names, recorder_sight(call))
    hidden = {} if _sees_people(call) else dict.fromkeys(_PERSONAL)
    return recorder.model_copy(update={"unit_name": names.get(recorder.unit_id or ""), **now_is, **hidden})


def _sees_people(call: Call) -> bool:
    return bool(call.account.roles & READERS or call.account.scopes)


async def _one(call: Call) -> RecorderCard:
    recorder_id = await seen_recorder(call)
    async with call.database.connection() as connection:
        rows = await recorder_page(connection, RecorderSearch(None, recorder_id=recorder_id), "", 1)
        past = await recorder_past(connection, recorder_id, call.now)
        people = [one["officer_id"] for some in past.values() for one in some if "officer_id" in one]
        known = await names_of(connection, officers=people)
    if not rows:
        raise not_found("该记录仪")
    shows_people = bool(call.account.roles & WATCHERS or call.account.scopes)
    if shows_people and not await is_kept_by(call, recorder_id):
        known_here = await own_people(call, people)
        past = {name: [one for one in some if one.get("officer_id") in known_here] for name, some in past.items()}
    if not shows_people:
        past = {**past, "assignments": [], "fault_reports": []}
    for some in past.values():
        for one in some:
            if "officer_id" in one:
                one["officer_name"] = known.officers.get(one["officer_id"])
    live = (await _picture(call)).get(recorder_id)
    names = await unit_names(call.database, call.now)
    return RecorderCard(recorder=_spelled(call, Recorder(**rows[0]), live, names), **past)


ROUTES: Final = (
    Route(
        "GET",
        "/recorders",
        _list,
        summary="记录仪台账",
        roles=READERS | {"engineer"},
        scope="read",
        query=RecorderQuery,
        answer=Page[Recorder],
    ),
    Route(
        "GET",
        "/recorders/{recorder_id}",
        _one,
        summary="一台记录仪",
        roles=READERS | {"engineer"},
        scope="read",
        answer=RecorderCard,
    ),
)
