"""The composition root: wires settings, database, broker sessions, workers and web; starts, supervises, stops."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from alerts.paperwork.circulars.closing import count_open_months
from alerts.paperwork.retention.retention_jobs import (
    drop_off_duty,
    drop_old_audit,
    forget_old_cells,
    keep_open_tracks,
    label_footage,
)
from telemetry.alerting import alerting
from telemetry.domain.clock import WALL_PACE, Pace, wall_now
from telemetry.domain.errors import (
    BrokerUnavailableError,
    DatabaseUnavailableError,
    QueueNotKeptError,
    RowsRefusedError,
)
from telemetry.domain.heartbeats import Heartbeats
from telemetry.health.look import OwnParts, certificates_of
from telemetry.ingest.own_clock import OwnClock
from telemetry.records.platform import QUEUE_JOB
from telemetry.settings_tree import Settings
from telemetry.store.logins import drop_expired
from telemetry.store.platform import drop_old, roll_up, surplus_workers
from telemetry.store.pool import Database
from telemetry.store.standstills import CLOCK
from telemetry.watchdog import beat_of_loop, run_apart_from_loop, watch_health
from telemetry.watching import watch_clock, watch_drops, watch_logins
from telemetry.web.server import serving_http
from telemetry.workers import (
    check_schema,
    open_database,
    prove_broker_queue,
    retire_gone,
    retire_worker,
    run_worker,
)

_log = structlog.get_logger(__name__)
_ROLL_UP_S: Final = 300.0
_DROP_OLD_S: Final = 3600.0
_GONE_S: Final = 600.0
_COUNT_S: Final = 3600.0
_LABEL_S: Final = 600.0
_RESTART_S: Final = 2.0
_PROVE_S: Final = 600.0
_JOB_WITHIN_S: Final = 90.0
_LONG_JOB_WITHIN_S: Final = 1800.0
"""Rollups after a long outage, and a month's counts at 5,000 recorders, take minutes."""
_JOB_AGAIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A running server and its address."""

    http_host: str
    http_port: int


async def _retire_surplus(settings: Settings, database: Database) -> None:
    """Retire this machine's workers beyond the configured number.

    Otherwise the broker would keep queueing part of the fleet's messages for them.
    """
    while True:
        try:
            for name in await surplus_workers(database, settings.ingest.name, settings.ingest.workers):
                await retire_worker(settings, name)
        except (BrokerUnavailableError, DatabaseUnavailableError) as fault:
            _log.warning("surplus workers not retired yet", fault=str(fault))
            await asyncio.sleep(_RESTART_S)
        else:
            return


async def _prove_queue(settings: Settings, database: Database, own: OwnParts) -> None:
    """Check at start and periodically that the broker keeps the messages it acknowledges."""
    if settings.broker.protocol == "5":
        own.heartbeats.expect(QUEUE_JOB, _JOB_WITHIN_S)
    while settings.broker.protocol == "5":
        try:
            expires_at = await prove_broker_queue(settings, database)
            if expires_at is not None:
                own.shown["broker"] = expires_at
        except QueueNotKeptError as fault:
            _log.error("MESSAGES ARE LOST", fault=str(fault))
        except (BrokerUnavailableError, DatabaseUnavailableError, RowsRefusedError) as fault:
            _log.warning("the broker's queue not proven yet", fault=str(fault))
            await asyncio.sleep(_RESTART_S)
            continue
        own.heartbeats.works(QUEUE_JOB, _PROVE_S + _JOB_WITHIN_S)
        await asyncio.sleep(_PROVE_S)


@asynccontextmanager
async def serving(settings: Settings, config: Path | None = None, pace: Pace = WALL_PACE) -> AsyncIterator[Running]:
    """Run the whole server during the block. *config*: the settings file for further ingest processes.

    Further processes use the wall clock, so another *pace* works with one worker only.

    Raises SettingsError, MigrationError, DatabaseUnavailableError.
    """
    database = await open_database(settings)
    own = OwnParts(
        settings.ingest.name,
        now=pace.now,
        certificates=certificates_of(settings.broker),
        disk=settings.database.disk,
    )
    try:
        await check_schema(database)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in _background(settings, database, config, pace, own)]
            try:
                async with serving_http(
                    settings.http,
                    database,
                    accounts=settings.accounts,
                    rules=settings.rules,
                    notices=settings.notices,
                    paper=settings.paper,
                    now=pace.now,
                    own=own,
                ) as (host, port):
                    _log.info("serving", http=f"http://{host}:{port}", workers=settings.ingest.workers)
                    yield Running(host, port)
            finally:
                for task in tasks:
                    task.cancel()
    finally:
        await database.close()


def _background(
    settings: Settings, database: Database, config: Path | None, pace: Pace, own: OwnParts
) -> list[Coroutine[Any, Any, None]]:
    retention = settings.retention
    heartbeats = own.heartbeats
    # The clock of a time lapse differs from all others on purpose and is believed.
    clock = OwnClock()
    stamps = clock if pace is WALL_PACE else OwnClock(is_believed=True)
    every = partial(_every, heartbeats)

    async def clean_up() -> int:
        return await drop_old(
            database,
            pace.now(),
            readings_days=retention.readings_days,
            location_days=retention.location_days,
            rejections_days=retention.rejections_days,
        )

    names = [f"{settings.ingest.name}-{number}" for number in range(1, settings.ingest.workers + 1)]
    if len(names) == 1:
        work = partial(run_worker, settings, names[0], shared=settings.ingest.shared, now=pace.now, clock=stamps)
        workers = [_supervise("ingest", work)]
    else:
        workers = [_supervise(name, partial(_run_child, name, config)) for name in names]
    watching = [_supervise(name, work) for name, work in alerting(settings, database, pace, own, stamps).items()]
    return [
        *workers,
        *watching,
        _retire_surplus(settings, database),
        _supervise("logins", lambda: watch_logins(settings, database)),
        _supervise("drops", lambda: watch_drops(settings, database)),
        # Always the wall clock: the clock of a time lapse differs on purpose and must not count as wrong.
        _supervise(
            "clock",
            lambda: watch_clock(database, CLOCK, clock=clock, workers=settings.ingest.name, heartbeats=heartbeats),
        ),
        _supervise("loop", lambda: beat_of_loop(heartbeats)),
        _supervise("watchdog", lambda: run_apart_from_loop(lambda: watch_health(settings, own))),
        _prove_queue(settings, database, own),
        every(_GONE_S, "retire_gone", lambda: retire_gone(settings, database)),
        every(_ROLL_UP_S, "roll_up", lambda: roll_up(database, pace.now()), _LONG_JOB_WITHIN_S),
        every(_DROP_OLD_S, "drop_old", clean_up, _LONG_JOB_WITHIN_S),
        every(_DROP_OLD_S, "drop_expired", lambda: drop_expired(database, wall_now())),
        *_keeping(settings, database, pace, every),
    ]


def _keeping(
    settings: Settings, database: Database, pace: Pace, every: Callable[..., Coroutine[Any, Any, None]]
) -> list[Coroutine[Any, Any, None]]:
    """The jobs that delete expired data and run long counts; `check` shows their last runs."""
    retention = settings.retention
    return [
        every(_DROP_OLD_S, "drop_off_duty", lambda: drop_off_duty(database, pace.now())),
        every(
            _DROP_OLD_S,
            "forget_cells",
            lambda: forget_old_cells(database, pace.now(), retention.location_days, retention.readings_days),
        ),
        every(_DROP_OLD_S, "keep_tracks", lambda: keep_open_tracks(database, pace.now(), retention.location_days)),
        every(_LABEL_S, "label_footage", lambda: label_footage(database, pace.now())),
        every(_DROP_OLD_S, "drop_audit", lambda: drop_old_audit(database, retention.audit_days)),
        every(_COUNT_S, "count_months", lambda: count_open_months(database, pace.now()), _LONG_JOB_WITHIN_S),
    ]


async def _supervise(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run *work* forever; restart it when it ends or fails."""
    while True:
        try:
            await work()
            _log.warning("ended, starting again", task=name)
        except Exception:  # noqa: BLE001 - a failing task must not stop the server
            _log.exception("failed, starting again", task=name)
        await asyncio.sleep(_RESTART_S)


async def _run_child(name: str, config: Path | None) -> None:
    """Run one ingest worker as a child process. It exits when its standard input closes, however this process ends."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telemetry.cli", *([] if config is None else ["--config", str(config)])),
        *("ingest", "--name", name),
        stdin=asyncio.subprocess.PIPE,
    )
    try:
        code = await child.wait()
        _log.warning("ingest worker ended", worker=name, code=code)
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()


async def _every(
    heartbeats: Heartbeats,
    seconds: float,
    job: str,
    work: Callable[[], Awaitable[int]],
    within_s: float = _JOB_WITHIN_S,
) -> None:
    """Run *job* every so many seconds, after a failure again soon. It must be through within *within_s* seconds."""
    while True:
        heartbeats.expect(job, within_s)
        pause_s = seconds
        try:
            await work()
            heartbeats.works(job, seconds + _JOB_WITHIN_S)
        except (BrokerUnavailableError, DatabaseUnavailableError, RowsRefusedError) as fault:
            _log.warning("job failed", job=job, fault=str(fault))
            heartbeats.fails(job, str(fault))
            pause_s = min(seconds, _JOB_AGAIN_S)
        await asyncio.sleep(pause_s)
