"""`/duty` and `/imports`: a day's shifts and activities with what was recorded, and what is due in a docking station."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from alerts.rules.import_overdue import ImportOverdue
from alerts.shanghai_time import SHANGHAI
from telemetry.records.live import LiveRow
from telemetry.store.duty_day import activities_of_day, import_deadlines, shifts_of_day
from telemetry.store.incident_list import names_of
from telemetry.web.http.problems import faulty
from telemetry.web.http.route import Call, Route
from telemetry.web.http.unit_names import unit_names
from telemetry.web.http.visibility import READERS, WATCHERS, Sight
from telemetry.web.resources.live import FEED, sight_for

_LOOK_BACK: Final = timedelta(days=5)
_ONLINE: Final = frozenset({"recording", "standby", "sos"})


class DayQuery(BaseModel):
    """A day in Shanghai (today), and a unit with all below it."""

    model_config = ConfigDict(extra="forbid")
    date: str | None = None
    unit_id: str | None = None


class UnitQuery(BaseModel):
    """A unit with all below it."""

    model_config = ConfigDict(extra="forbid")
    unit_id: str | None = None


class DutyOfDay(BaseModel):
    """A duty as it stands, and how much of it was recorded (s)."""

    officer_id: str
    officer_name: str | None
    unit_id: str
    unit_name: str | None
    recorder_id: str | None
    starts_at: datetime
    kind: str
    late: bool
    state: Literal["planned", "running", "ended"]
    recorded_s: float


class ShiftOfDay(DutyOfDay):
    """A shift; `online`: a recorder that its officer has is, now."""

    shift_id: str
    ends_at: datetime
    online: bool


class ActivityOfDay(DutyOfDay):
    """An activity of a team; without an end it runs."""

    activity_id: str
    ends_at: datetime | None
    officer_ids: list[str]
    officer_names: list[str]
    case_no: str | None
    times_from: str


class DutyDay(BaseModel):
    """A day's duties."""

    date: str
    shifts: list[ShiftOfDay]
    activities: list[ActivityOfDay]


class ImportDeadline(BaseModel):
    """What a recorder recorded in an activity or a day, and until when it is to be imported; `missing` recordings aren't."""

    recorder_id: str
    unit_id: str
    unit_name: str | None
    officer_id: str | None
    officer_name: str | None
    activity_id: str | None
    recorded_from: datetime
    recorded_to: datetime
    due_at: datetime
    imported_at: datetime | None
    missing: int
    state: Literal["due", "overdue", "imported"]


class Deadlines(BaseModel):
    """What was recorded, and until when it is to be imported."""

    deadlines: list[ImportDeadline]


def day_of(text: str | None, now: datetime) -> date:
    """The day that is asked for. Raises Refused for one that is none."""
    if text is None:
        return now.astimezone(SHANGHAI).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise faulty("date", "no date (YYYY-MM-DD)", "不是有效的日期（YYYY-MM-DD）") from None
    if not 2000 <= day.year <= 2100:
        raise faulty("date", "out of range", "超出范围")
    return day


def units_of(sight: Sight) -> list[str] | None:
    """The units of a sight, for a query."""
    return None if sight.units is None else sorted(sight.units)


async def _duty(call: Call) -> DutyDay:
    day = day_of(call.query.date, call.now)
    begins = datetime.combine(day, time(), SHANGHAI)
    span = (begins, begins + timedelta(days=1))
    sight = await sight_for(call, call.query.unit_id)
    async with call.database.connection() as connection:
        shifts = await shifts_of_day(connection, call.now, span, units=units_of(sight), officer_id=sight.officer_id)
        activities = await activities_of_day(
            connection, call.now, span, units=units_of(sight), officer_id=sight.officer_id
        )
        names = await names_of(connection, officers=[who for one in activities for who in one["officer_ids"]])
    live = {row.recorder_id: row for row in (await call.request.app[FEED].picture()).rows}
    units = await unit_names(call.database, call.now)
    people = names.officers
    return DutyDay(
        date=day.isoformat(),
        shifts=[ShiftOfDay(**{**row, **_worn(row, live)}, unit_name=units.get(row["unit_id"])) for row in shifts],
        activities=[
            ActivityOfDay(
                **row,
                officer_name=people.get(row["officer_id"]),
                officer_names=[people.get(who, who) for who in row["officer_ids"]],
                unit_name=units.get(row["unit_id"]),
            )
            for row in activities
        ],
    )


def _worn(shift: Mapping[str, Any], live: Mapping[str, LiveRow]) -> dict[str, object]:
    """The recorder that a shift's officer has, and whether it is online."""
    carried = [live[one] for one in shift["recorder_ids"] or () if one in live]
    worn = [one for one in carried if one.officer_id == shift["officer_id"]] or carried
    return {
        "recorder_id": shift["recorder_id"] or (worn[0].recorder_id if worn else None),
        "online": shift["state"] == "running" and any(one.state in _ONLINE for one in worn),
    }


async def _imports(call: Call) -> Deadlines:
    sight = await sight_for(call, call.query.unit_id)
    return Deadlines(deadlines=await deadlines_of(call, units_of(sight)))


async def deadlines_of(call: Call, units: list[str] | None) -> list[ImportDeadline]:
    """What was recorded in the last days, with names and whether it is due, overdue or imported."""
    values = call.site.rules.of(ImportOverdue)
    slack = timedelta(minutes=values.slack_min)
    since = call.now - _LOOK_BACK
    async with call.database.connection() as connection:
        rows = await import_deadlines(connection, call.now, since, units=units, after_h=values.after_h, slack=slack)
        names = await names_of(connection, officers=[row["officer_id"] for row in rows])
    tree = await unit_names(call.database, call.now)
    people = names.officers
    return [
        ImportDeadline(**row, officer_name=people.get(row["officer_id"]), unit_name=tree.get(row["unit_id"]))
        for row in rows
    ]


ROUTES: Final = (
    Route(
        "GET",
        "/duty",
        _duty,
        summary="当日勤务与录制",
        roles=READERS,
        scope="read",
        query=DayQuery,
        answer=DutyDay,
    ),
    Route(
        "GET",
        "/imports",
        _imports,
        summary="导入期限",
        roles=WATCHERS,
        scope="read",
        query=UnitQuery,
        answer=Deadlines,
    ),
)
