"""The composition root: wires settings, database, broker sessions, workers and web; starts, supervises, stops."""

import asyncio
import gc
import resource
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from alerts.keeping.jobs import drop_off_duty, drop_old_audit, keep_open_tracks, label_footage
from broker.credentials import new_share_group
from telemetry.alerting import alerting
from telemetry.domain.errors import BrokerUnavailableError, DatabaseUnavailableError, MigrationError, RowsRefusedError
from telemetry.domain.pace import WALL_PACE, Now, Pace, wall_now
from telemetry.domain.topics import topic_of, uplink_filter
from telemetry.ingest.leave import take_leave
from telemetry.ingest.session import Mqtt5Session, SessionSettings
from telemetry.ingest.session311 import Mqtt311Session
from telemetry.ingest.worker import Progress, Session, Worker, WorkerSettings
from telemetry.ingest.writer import Outcome, Writer
from telemetry.settings import BrokerSettings, Settings, require_database_url
from telemetry.store.logins import drop_expired
from telemetry.store.platform import (
    WorkerReport,
    describe,
    draw_secret,
    drop_old,
    forget_worker,
    report_worker,
    roll_up,
    surplus_workers,
)
from telemetry.store.pool import Database
from telemetry.store.queries import query
from telemetry.web.server import serving_http

_log = structlog.get_logger(__name__)
_REPORT_S: Final = 2.0
_ROLL_UP_S: Final = 300.0
_DROP_OLD_S: Final = 3600.0
_LABEL_S: Final = 600.0
_RESTART_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs: where it answers."""

    http_host: str
    http_port: int


async def open_database(settings: Settings, *, for_ingest: bool = False) -> Database:
    """The database of *settings*, lazily connected. Raises SettingsError."""
    return await Database.open(
        require_database_url(settings),
        max_size=settings.database.pool_size,
        timeout_s=settings.database.statement_timeout_s,
        prepare=query("intake", "make_stages") if for_ingest else None,
    )


async def check_schema(database: Database) -> None:
    """Raise MigrationError where the database isn't of this version."""
    _, pending, _ = await describe(database)
    if pending:
        raise MigrationError(
            f"{len(pending)} migrations have not run ({pending[0]} first): run `recorder-fleet migrate`"
        )


def tls_context(broker: BrokerSettings) -> ssl.SSLContext | None:
    """How the broker's certificate is checked, and which one is shown."""
    if not broker.tls:
        return None
    context = ssl.create_default_context(cafile=None if broker.ca_file is None else str(broker.ca_file))
    if broker.cert_file is not None:
        context.load_cert_chain(broker.cert_file, broker.key_file)
    return context


async def share_group(database: Database) -> str:
    """The name of the shared subscription of ingest workers that share the load.

    Its name is drawn once and kept in the database: mosquitto can't keep a recorder from joining a group whose name
    it knows, and what is a member's turn is lost to the others. Raises DatabaseUnavailableError.
    """
    return await draw_secret(database, "share_group", new_share_group())


def session_settings(settings: Settings, name: str) -> SessionSettings:
    """What a session called *name* that hears everything needs to know of the broker."""
    broker, ingest = settings.broker, settings.ingest
    return SessionSettings(
        host=broker.host,
        port=broker.port,
        client_id=f"{broker.username}-{name}",
        topic_filter=uplink_filter(),
        username=broker.username,
        password=broker.password.get_secret_value() or None,
        tls=tls_context(broker),
        receive_maximum=ingest.receive_maximum,
        max_unacknowledged_bytes=ingest.max_unacknowledged_mb * 1024 * 1024,
        session_expiry_s=ingest.session_expiry_s,
    )


async def open_ingest(
    settings: Settings, database: Database, name: str, *, shared: bool, leaves: bool = False, now: Now = wall_now
) -> Mqtt5Session:
    """Open the session of the worker *name*, which shares the load or carries it alone, whatever it did before.

    A worker alone doesn't share: mosquitto forgets shared subscriptions when it restarts, and what is published before
    a worker is back has no subscriber then. Raises BrokerUnavailableError, DatabaseUnavailableError.
    """
    alone, together = uplink_filter(), uplink_filter(await share_group(database))
    wanted = replace(
        session_settings(settings, name),
        topic_filter=together if shared else alone,
        left_filter=alone if shared else together,
        retained_filter=topic_of("+", "presence") if shared else None,
        leaves=leaves,
        now=now,
    )
    return await Mqtt5Session.open(wanted)


async def run_worker(settings: Settings, name: str, *, shared: bool, now: Now = wall_now) -> None:
    """Take in messages until cancelled, *shared* with other workers or alone, stamped by *now*, and report on it."""
    tune_collector()
    database = await open_database(settings, for_ingest=True)

    async def open_session() -> Session:
        if settings.broker.protocol == "5":
            return await open_ingest(settings, database, name, shared=shared, now=now)
        return await Mqtt311Session.open(replace(session_settings(settings, name), now=now))

    ingest = settings.ingest
    cut = WorkerSettings(ingest.batch_limit, ingest.batch_least, ingest.linger_s)
    worker = Worker(open_session, Writer(database), cut, Progress())
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run())
            group.create_task(_report(database, name, worker.progress))
    finally:
        await database.close()


async def retire_worker(settings: Settings, name: str) -> Outcome:
    """Store what waits at the broker for the worker *name*, which must not run any more, and forget it.

    Raises BrokerUnavailableError, DatabaseUnavailableError.
    """
    database = await open_database(settings, for_ingest=True)
    try:
        outcome = Outcome()
        if settings.broker.protocol == "5":
            session = await open_ingest(settings, database, name, shared=True, leaves=True)
            outcome = await take_leave(session, Writer(database))
        await forget_worker(database, name)
    finally:
        await database.close()
    _log.info("worker retired", worker=name, stored=outcome.stored, rejected=outcome.rejected)
    return outcome


async def _retire_surplus(settings: Settings, database: Database) -> None:
    """Retire the workers that this machine had when it ran more of them: half of the fleet's messages wait for each."""
    while True:
        try:
            for name in await surplus_workers(database, settings.ingest.name, settings.ingest.workers):
                await retire_worker(settings, name)
        except (BrokerUnavailableError, DatabaseUnavailableError) as fault:
            _log.warning("surplus workers not retired yet", fault=str(fault))
            await asyncio.sleep(_RESTART_S)
        else:
            return


def tune_collector() -> None:
    """Let the cycle collector look less often: a batch is thousands of objects and no cycles."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


@asynccontextmanager
async def serving(settings: Settings, config: Path | None = None, pace: Pace = WALL_PACE) -> AsyncIterator[Running]:
    """Run the whole server while the block runs; *config* is the file that further ingest processes read too.

    Further processes live by the wall clock: another *pace* is for one worker.

    Raises SettingsError, MigrationError, DatabaseUnavailableError.
    """
    database = await open_database(settings)
    try:
        await check_schema(database)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in _background(settings, database, config, pace)]
            try:
                async with serving_http(
                    settings.http,
                    database,
                    accounts=settings.accounts,
                    rules=settings.rules,
                    notices=settings.notices,
                    paper=settings.paper,
                    now=pace.now,
                ) as (host, port):
                    _log.info("serving", http=f"http://{host}:{port}", workers=settings.ingest.workers)
                    yield Running(host, port)
            finally:
                for task in tasks:
                    task.cancel()
    finally:
        await database.close()


def _background(
    settings: Settings, database: Database, config: Path | None, pace: Pace
) -> list[Coroutine[Any, Any, None]]:
    retention = settings.retention

    async def clean_up() -> int:
        return await drop_old(
            database,
            readings_days=retention.readings_days,
            location_days=retention.location_days,
            rejections_days=retention.rejections_days,
        )

    names = [f"{settings.ingest.name}-{number}" for number in range(1, settings.ingest.workers + 1)]
    if len(names) == 1:
        work = partial(run_worker, settings, names[0], shared=settings.ingest.shared, now=pace.now)
        workers = [_supervise("ingest", work)]
    else:
        workers = [_supervise(name, partial(_run_child, name, config)) for name in names]
    watching = [_supervise(name, work) for name, work in alerting(settings, database, pace).items()]
    return [
        *workers,
        *watching,
        _retire_surplus(settings, database),
        _every(_ROLL_UP_S, "roll_up", lambda: roll_up(database)),
        _every(_DROP_OLD_S, "drop_old", clean_up),
        _every(_DROP_OLD_S, "drop_expired", lambda: drop_expired(database, wall_now())),
        *_keeping(settings, database, pace),
    ]


def _keeping(settings: Settings, database: Database, pace: Pace) -> list[Coroutine[Any, Any, None]]:
    """The jobs that delete what may not be kept; `check` shows their last runs."""
    retention = settings.retention
    return [
        _every(_DROP_OLD_S, "drop_off_duty", lambda: drop_off_duty(database, pace.now())),
        _every(_DROP_OLD_S, "keep_tracks", lambda: keep_open_tracks(database, pace.now(), retention.location_days)),
        _every(_LABEL_S, "label_footage", lambda: label_footage(database, pace.now())),
        _every(_DROP_OLD_S, "drop_audit", lambda: drop_old_audit(database, retention.audit_days)),
    ]


async def _supervise(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run *work* for ever; what ends or fails is started again."""
    while True:
        try:
            await work()
            _log.warning("ended, starting again", task=name)
        except Exception:  # noqa: BLE001 - whatever it is, the rest of the server goes on
            _log.exception("failed, starting again", task=name)
        await asyncio.sleep(_RESTART_S)


async def _run_child(name: str, config: Path | None) -> None:
    """Run one ingest worker as a process of its own; it ends when its standard input does, however we end."""
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


async def _every(seconds: float, job: str, work: Callable[[], Awaitable[int]]) -> None:
    while True:
        try:
            await work()
        except (DatabaseUnavailableError, RowsRefusedError) as fault:
            _log.warning("job failed", job=job, fault=str(fault))
        await asyncio.sleep(seconds)


async def _report(database: Database, name: str, progress: Progress) -> None:
    while True:
        outcome = progress.outcome
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        report = WorkerReport(
            name,
            progress.connected,
            progress.received,
            outcome.stored,
            outcome.duplicates,
            outcome.rejected,
            progress.batches,
            progress.reconnects,
            progress.lag_s,
            peak_mb,
            progress.fault,
        )
        try:
            await report_worker(database, report)
        except (DatabaseUnavailableError, RowsRefusedError) as fault:
            _log.debug("no report", fault=str(fault))
        await asyncio.sleep(_REPORT_S)
