"""`/system`: how the platform itself runs: workers, jobs, ticks, channels, what was rejected."""

from typing import Any, Final

from alerts.duty.calendar_import import load_calendar
from alerts.shanghai_time import SHANGHAI
from telemetry.store.desk import evaluation_state, last_rejections
from telemetry.store.notice_queue import list_gates
from telemetry.store.notices import count_notices
from telemetry.store.platform import list_jobs, list_workers, not_judged
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import ENGINEERS
from telemetry.web.resources.health import find_faults

_MOST_SHOWN: Final = 50


async def _system(call: Call) -> dict[str, Any]:
    async with call.database.connection() as connection:
        state = await evaluation_state(connection)
        rejections = await last_rejections(connection, _MOST_SHOWN)
        gates = await list_gates(connection)
        notices = await count_notices(connection, call.now)
        calendar = await load_calendar(connection)
    ticked_at = state.pop("ticked_at", None)
    return {
        "as_of": call.now,
        "faults": await find_faults(call.database),
        "calendar": [one.in_chinese() for one in calendar.told_of(call.now.astimezone(SHANGHAI).date())],
        "workers": await list_workers(call.database),
        "jobs": await list_jobs(call.database),
        "ticks": {
            "ticked_at": ticked_at,
            "first_reading_at": state.pop("first_reading_at", None),
            "age_s": None if ticked_at is None else (call.now - ticked_at).total_seconds(),
        },
        **state,
        "not_judged": await not_judged(call.database, _MOST_SHOWN),
        "rejections": rejections,
        "channels": [
            {**gate, "is_open": gate["shut_until"] is not None and gate["shut_until"] > call.now} for gate in gates
        ],
        "notices": notices,
    }


ROUTES: Final = (
    Route(
        "GET",
        "/system",
        _system,
        summary="平台运行",
        roles=ENGINEERS | {"command_centre"},
        scope="read",
        answer=dict[str, Any],
    ),
)
