"""`/recorders/{recorder_id}/history`: a recorder's readings of one kind, as they were measured, page by page."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from telemetry.store.timeline import read_history
from telemetry.web.http.pagination import Moment, Page, PageQuery, cut, place_of
from telemetry.web.http.rate_limit import LOOK, charge
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import WATCHERS
from telemetry.web.resources.recorders import seen_recorder
from telemetry.web.resources.time_range import Look, look_at_places, seen_stretch, stretch_of, without_place

_DAY: Final = timedelta(days=1)
_PLACING: Final = frozenset({"heartbeat", "event"})
Kind = Literal["battery", "storage", "heartbeat", "recording", "presence", "event"]


class HistoryQuery(PageQuery):
    """One kind of readings over a stretch.

    With `why` also what places a recorder, its cell and all detail of its events, where its position would be shown; that
    look goes into the log with who and when.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    kind: Kind
    from_: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None
    why: str = Field(default="", max_length=500)


class Reading(BaseModel):
    """A reading as it was measured: `at` by the server's time line, `ts` by the device's clock."""

    at: datetime
    ts: datetime
    received_at: datetime
    boot: str
    seq: int
    backlog: bool
    clock_ok: bool


class BatteryReading(Reading):
    """Charge."""

    level_pct: float
    charging: bool
    voltage_mv: float | None
    temperature_c: float | None


class StorageReading(Reading):
    """Space and recordings on the device."""

    total_mb: int
    free_mb: int | None
    files: int | None


class HeartbeatReading(Reading):
    """Uptime, network, cell and SIM; the cell only to who says why he looks."""

    uptime_s: int
    network: str
    rsrp_dbm: float | None
    cell: str | None
    sim: str | None
    iccid: str | None


class RecordingReading(Reading):
    """Recording or standby."""

    state: str
    since: datetime
    file_id: str | None
    trigger: str | None


class PresenceReading(Reading):
    """A birth, a goodbye or a will; `seq` is -1 for a will."""

    state: str
    reason: str | None
    session: str | None
    model: str | None
    firmware: str | None
    imei: str | None
    iccid: str | None
    uptime_s: int | None
    officer_id: str | None
    last_end: str | None
    dropped: int | None


class EventReading(Reading):
    """Something that happened once; all of its detail only to who says why he looks."""

    type: str
    detail: Any


_OF_KIND: Final[dict[Kind, type[Reading]]] = {
    "battery": BatteryReading,
    "storage": StorageReading,
    "heartbeat": HeartbeatReading,
    "recording": RecordingReading,
    "presence": PresenceReading,
    "event": EventReading,
}
AnyReading = BatteryReading | StorageReading | HeartbeatReading | RecordingReading | PresenceReading | EventReading


async def _history(call: Call) -> Page[Reading]:
    recorder_id = await seen_recorder(call)
    asked = call.query
    within = await seen_stretch(call, recorder_id, stretch_of(asked, call.now))
    after = place_of(asked.cursor, datetime, int) or (within.start - _DAY, -2)
    async with call.database.connection() as connection:
        rows = await read_history(
            connection,
            recorder_id,
            asked.kind,
            within=(within.start, within.end),
            after=(after[0], after[1]),
            limit=asked.limit + 1,
        )
    shown, following = cut(rows, asked.limit, lambda row: (row["at"], row["seq"]))
    look = None
    if asked.why.strip() and asked.kind in _PLACING and not call.account.scopes:
        charge(call, LOOK)
        look = await look_at_places(call, recorder_id, within, asked.why)
    sees_people = bool(call.account.roles & WATCHERS or call.account.scopes)
    items = [_OF_KIND[asked.kind].model_validate(_told(row, look, sees_people=sees_people)) for row in shown]
    return Page(items=items, next=following)


def _told(row: Mapping[str, Any], look: Look | None, *, sees_people: bool) -> dict[str, Any]:
    """A reading without what places its recorder or, to who sees no people, names its wearer."""
    told = dict(row)
    is_placed = look is not None and look.shows(told["at"])
    if "cell" in told and not is_placed:
        told["cell"] = None
    if told.get("detail") is not None:
        detail = from_json(told["detail"])
        told["detail"] = detail if is_placed else without_place(detail)
    if not sees_people:
        if "officer_id" in told:
            told["officer_id"] = None
        if isinstance(told.get("detail"), Mapping):
            told["detail"] = {name: value for name, value in told["detail"].items() if name != "officer_id"} or None
    return told


ROUTES: Final = (
    Route(
        "GET",
        "/recorders/{recorder_id}/history",
        _history,
        summary="一类遥测的历史记录",
        roles=WATCHERS | {"engineer"},
        scope="read",
        query=HistoryQuery,
        answer=Page[AnyReading],
    ),
)
