"""`/recorders/{recorder_id}/history`: a recorder's readings of one kind, as they were measured, page by page."""

import json
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from telemetry.store.timeline import HISTORIES, read_history
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


async def _history(call: Call) -> Page[dict[str, Any]]:
    recorder_id = await seen_recorder(call)
    asked = call.query
    assert asked.kind in HISTORIES
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
    return Page(items=[_reading(row) for row in shown], next=following)


def _reading(row: dict[str, Any]) -> dict[str, Any]:
    detail = row.get("detail")
    return {**row, "detail": json.loads(detail)} if isinstance(detail, str) else row


ROUTES: Final = (
    Route(
        "GET",
        "/recorders/{recorder_id}/history",
        _history,
        summary="一类遥测的历史记录",
        roles=WATCHERS | {"engineer"},
        scope="read",
        query=HistoryQuery,
        answer=Page[dict[str, Any]],
    ),
)
