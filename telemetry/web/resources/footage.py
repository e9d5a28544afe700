"""`/footage-retention`: the footage that was imported, and until when each recording must be kept."""

from datetime import date, datetime
from typing import Final, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from alerts.paperwork.retention.retention_periods import CLASSES_ZH, FootageClass
from telemetry.records import fields_of
from telemetry.store.retention import footage_labels
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import WATCHERS, sight_of_call


class FootageQuery(BaseModel):
    """What to look for among the imported footage."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["important", "case", "ordinary"] | None = None
    recorder_id: str | None = Field(default=None, max_length=64)
    limit: int = Field(default=200, ge=1, le=1000)


class Footage(BaseModel):
    """A recording that was imported, and until when it must be kept; no date: see `kind_zh`."""

    dock_import_id: str
    segment: int
    recorder_id: str
    recorded_from: datetime
    recorded_to: datetime
    label: str | None
    kind: str
    kind_zh: str
    case_no: str | None
    keep_until: date | None


async def _footage(call: Call) -> list[Footage]:
    asked: FootageQuery = call.query
    units = sight_of_call(call).units
    async with call.database.connection() as connection:
        rows = await footage_labels(
            connection,
            class_=asked.kind,
            recorder_id=asked.recorder_id,
            units=None if units is None else sorted(units),
            now=call.now,
            limit=asked.limit,
        )
    return [
        Footage(**fields_of(row), kind=row.class_, kind_zh=CLASSES_ZH[cast("FootageClass", row.class_)]) for row in rows
    ]


ROUTES: Final = (
    Route(
        "GET",
        "/footage-retention",
        _footage,
        summary="已导入视音频的保存期限",
        roles=WATCHERS,
        query=FootageQuery,
        answer=list[Footage],
    ),
)
