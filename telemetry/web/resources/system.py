"""`/system`: how the platform itself runs: workers, jobs, ticks, channels, what was rejected."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel

from alerts.duty.calendar_import import load_calendar
from alerts.shanghai_time import SHANGHAI
from telemetry.health.faults import PlatformFault
from telemetry.health.look import find_faults
from telemetry.records.platform import JobRun, WorkerState
from telemetry.store.desk import evaluation_state, last_rejections
from telemetry.store.notice_queue import list_gates
from telemetry.store.notices import count_notices
from telemetry.store.platform import list_jobs, list_workers, not_judged
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import ENGINEERS

_MOST_SHOWN: Final = 50


class Ticks(BaseModel):
    """When the rules were last asked; `age_s` by the clock that they live by."""

    ticked_at: datetime | None
    first_reading_at: datetime | None
    age_s: float | None


class NotJudged(BaseModel):
    """A subject that could not be judged and is set aside."""

    kind: str
    key: str
    stage: str
    reason: str
    since: datetime
    tried_at: datetime
    tries: int


class Rejection(BaseModel):
    """A message that was refused, `count` times."""

    rejection_id: int
    topic: str
    code: str
    fields: list[str]
    reason: str
    recorder_id: str | None
    first_received_at: datetime
    last_received_at: datetime
    count: int
    length: int


class Channel(BaseModel):
    """A channel of notices and its circuit breaker."""

    channel: str
    failures: int
    shut_until: datetime | None
    fault: str | None
    changed_at: datetime
    is_open: bool


class NoticeCount(BaseModel):
    """Notices in one state; `oldest_s` of those that are queued."""

    state: str
    notices: int
    oldest_s: float | None


class System(BaseModel):
    """How the platform runs."""

    as_of: datetime
    faults: list[PlatformFault]
    calendar: list[str]
    workers: list[WorkerState]
    jobs: list[JobRun]
    ticks: Ticks
    database_mb: float
    recorders_heard: int
    changes_waiting: int
    incidents_untold: int
    not_judged: list[NotJudged]
    rejections: list[Rejection]
    channels: list[Channel]
    notices: list[NoticeCount]


async def _system(call: Call) -> System:
    async with call.database.connection() as connection:
        state = await evaluation_state(connection)
        rejections = await last_rejections(connection, _MOST_SHOWN)
        gates = await list_gates(connection, call.now)
        notices = await count_notices(connection, call.now)
        calendar = await load_calendar(connection)
    ticked_at, first_reading_at = state.get("ticked_at"), state.get("first_reading_at")
    age_s = None if ticked_at is None else (call.now - ticked_at).total_seconds()
    return System(
        **state,
        as_of=call.now,
        # Missing decrees have a place of their own on the page.
        faults=[each for each in await find_faults(call.database, call.site.own) if each.code != "calendar"],
        calendar=[one.in_chinese() for one in calendar.told_of(call.now.astimezone(SHANGHAI).date())],
        workers=await list_workers(call.database),
        jobs=await list_jobs(call.database),
        ticks=Ticks(ticked_at=ticked_at, first_reading_at=first_reading_at, age_s=age_s),
        not_judged=[NotJudged(**row) for row in await not_judged(call.database, _MOST_SHOWN)],
        rejections=[Rejection(**row) for row in rejections],
        channels=[Channel(**row) for row in gates],
        notices=[NoticeCount(**row) for row in notices],
    )


ROUTES: Final = (
    Route(
        "GET",
        "/system",
        _system,
        summary="平台运行",
        roles=ENGINEERS | {"command_centre"},
        scope="read",
        answer=System,
    ),
)
