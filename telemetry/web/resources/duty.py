"""`/duty` and `/imports`: a day's shifts and activities with what was recorded, and what is due in a docking station."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Final

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


class DutyDay(BaseModel):
    """A day's duties."""

    date: str
    shifts: list[dict[str, Any]]
    activities: list[dict[str, Any]]


class Deadlines(BaseModel):
    """What was recorded, and until when it is to be imported."""

    deadlines: list[dict[str, Any]]


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
    return DutyDay(
        date=day.isoformat(),
        shifts=[_shift(row, live, units, call.now) for row in shifts],
        activities=[_activity(row, names.officers, units, call.now) for row in activities],
    )


def _shift(row: dict[str, Any], live: dict[str, LiveRow], units: dict[str, str], now: datetime) -> dict[str, Any]:
    carried = [live[one] for one in row.pop("recorder_ids") or () if one in live]
    worn = [one for one in carried if one.officer_id == row["officer_id"]] or carried
    is_running = row["starts_at"] <= now < row["ends_at"]
    return {
        **row,
        "unit_name": units.get(row["unit_id"]),
        "recorder_id": row["recorder_id"] or (worn[0].recorder_id if worn else None),
        "state": _state(row["starts_at"], row["ends_at"], now),
        "online": is_running and any(one.state in _ONLINE for one in worn),
    }


def _activity(row: dict[str, Any], names: Any, units: dict[str, str], now: datetime) -> dict[str, Any]:
    return {
        **row,
        "officer_name": names.get(row["officer_id"]),
        "officer_names": [names.get(who, who) for who in row["officer_ids"]],
        "unit_name": units.get(row["unit_id"]),
        "state": _state(row["starts_at"], row["ends_at"], now),
    }


def _state(starts_at: datetime, ends_at: datetime | None, now: datetime) -> str:
    if now < starts_at:
        return "planned"
    return "running" if ends_at is None or now < ends_at else "ended"


async def _imports(call: Call) -> Deadlines:
    sight = await sight_for(call, call.query.unit_id)
    return Deadlines(deadlines=await deadlines_of(call, units_of(sight)))


async def deadlines_of(call: Call, units: list[str] | None) -> list[dict[str, Any]]:
    """What was recorded in the last days, with names and whether it is due, overdue or imported."""
    values = call.site.rules.of(ImportOverdue)
    slack = timedelta(minutes=values.slack_min)
    since = call.now - _LOOK_BACK
    async with call.database.connection() as connection:
        rows = await import_deadlines(connection, call.now, since, units=units, after_h=values.after_h, slack=slack)
        names = await names_of(connection, officers=[row["officer_id"] for row in rows])
    tree = await unit_names(call.database, call.now)
    return list(_deadlines(rows, names.officers, tree, call.now))


def _deadlines(rows: Iterable[dict[str, Any]], names: Any, units: dict[str, str], now: datetime) -> Iterable[Any]:
    for row in rows:
        is_imported = row.pop("is_imported")
        yield {
            **row,
            "officer_name": names.get(row["officer_id"]),
            "unit_name": units.get(row["unit_id"]),
            "state": "imported" if is_imported else ("overdue" if now >= row["due_at"] else "due"),
        }


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
