"""`/recorders/{recorder_id}/history`: a recorder's readings of one kind, as they were measured, page by page."""

from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, Json

from telemetry.store.timeline import read_history
from telemetry.web.http.pagination import Moment, Page, PageQuery, cut, place_of
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import WATCHERS
from telemetry.web.resources.recorders import seen_recorder
from telemetry.web.resources.time_range import seen_stretch, stretch_of

_DAY: Final = timedelta(days=1)
Kind = Literal["battery", "storage", "heartbeat", "recording", "presence", "event"]


class HistoryQuery(PageQuery):
    """One kind of readings over a stretch."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    kind: Kind
    from_: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None


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
    """Uptime, network, cell and SIM."""

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
    """Something that happened once."""

    type: str
    detail: Json[Any] | None


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
    return Page(items=[_OF_KIND[asked.kind].model_validate(row) for row in shown], next=following)


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
