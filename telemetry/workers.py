"""Composition root: wire ingest workers from settings, database and broker session; run, report and retire them."""

import asyncio
import resource
import ssl
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from broker.access import server_session
from broker.credentials import new_share_group
from telemetry.domain.clock import Now, wall_now
from telemetry.domain.errors import (
    BrokerUnavailableError,
    DatabaseUnavailableError,
    MigrationError,
    QueueNotKeptError,
    RowsRefusedError,
)
from telemetry.domain.topics import topic_of, uplink_filter
from telemetry.ingest.garbage_collection import tune_collector
from telemetry.ingest.own_clock import OwnClock
from telemetry.ingest.queue_proof import prove_queue
from telemetry.ingest.retirement import take_leave
from telemetry.ingest.session import Mqtt5Session, SessionSettings
from telemetry.ingest.session_mqtt311 import Mqtt311Session
from telemetry.ingest.standstill import StandstillWatch
from telemetry.ingest.worker import Progress, Session, Worker, WorkerSettings
from telemetry.ingest.writer import Outcome, Writer
from telemetry.records.platform import QUEUE_JOB, WorkerReport
from telemetry.settings import BrokerSettings, secret_in
from telemetry.settings_tree import Settings, require_database_url
from telemetry.store.platform import (
    describe,
    draw_secret,
    forget_worker,
    gone_workers,
    last_report,
    report_worker,
    run_job,
)
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query
from telemetry.store.standstills import end_standstills, part_of_worker, put_standstill

_log = structlog.get_logger(__name__)
_REPORT_S: Final = 2.0
GONE_AFTER_S: Final = 3600.0
"""A worker that has been silent for so long is taken as gone; until then it is a fault that somebody may mend."""


async def open_database(settings: Settings, *, for_ingest: bool = False, as_owner: bool = False) -> Database:
    """Return the database of *settings*, *as_owner* of its tables if that is another login; it connects on first use.

    Raises SettingsError.
    """
    owner = settings.database.owner_url.get_secret_value() if as_owner else ""
    file = None if owner else settings.database.password_file
    return await Database.open(
        owner or require_database_url(settings),
        password=None if file is None else partial(secret_in, file),
        max_size=settings.database.pool_size,
        timeout_s=settings.database.statement_timeout_s,
        prepare=query("intake", "make_stages") if for_ingest else None,
    )


async def check_schema(database: Database) -> None:
    """Raise MigrationError unless the schema matches this version."""
    _, pending, _ = await describe(database)
    if pending:
        raise MigrationError(
            f"{len(pending)} migrations have not run ({pending[0]} first): run `recorder-fleet migrate`"
        )


def tls_context(broker: BrokerSettings) -> ssl.SSLContext | None:
    """Return the TLS context for the broker: its CA and our client certificate; None without TLS."""
    if not broker.tls:
        return None
    context = ssl.create_default_context(cafile=None if broker.ca_file is None else str(broker.ca_file))
    if broker.cert_file is not None:
        context.load_cert_chain(broker.cert_file, broker.key_file)
    return context


async def share_group(database: Database) -> str:
    """Return the name of the workers' shared subscription.

    The name is random, drawn once and kept in the database. mosquitto can't keep a recorder that knows the name from
    joining the group, and it would take messages away from the workers. Raises DatabaseUnavailableError.
    """
    return await draw_secret(database, "share_group", new_share_group())


def session_settings(settings: Settings, name: str) -> SessionSettings:
    """Return the settings of a session called *name* that receives everything; ask again before each connection.

    Raises BrokerUnavailableError if the secret's file can't be read.
    """
    broker, ingest = settings.broker, settings.ingest
    try:
        secret = broker.password.get_secret_value() if broker.password_file is None else secret_in(broker.password_file)
    except OSError as fault:
        raise BrokerUnavailableError(f"broker.password_file: {fault}") from fault
    return SessionSettings(
        host=broker.host,
        port=broker.port,
        client_id=server_session(name),
        topic_filter=uplink_filter(),
        username=broker.username,
        password=secret or None,
        tls=tls_context(broker),
        receive_maximum=ingest.receive_maximum,
        max_unacknowledged_bytes=ingest.max_unacknowledged_mb * 1024 * 1024,
        session_expiry_s=ingest.session_expiry_s,
    )


async def open_ingest(
    settings: Settings, database: Database, name: str, *, shared: bool, leaves: bool = False, now: Now = wall_now
) -> Mqtt5Session:
    """Open the session of worker *name* with a shared or an own subscription, whatever it used before.

    A single worker doesn't share: mosquitto forgets shared subscriptions when it restarts, and messages published
    before the worker reconnects would have no subscriber. Raises BrokerUnavailableError, DatabaseUnavailableError.
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


async def run_worker(
    settings: Settings, name: str, *, shared: bool, now: Now = wall_now, clock: OwnClock | None = None
) -> None:
    """Run a worker until cancelled and report its state.

    *shared*: it shares the load with other workers. *now*: the clock that stamps arrivals, and *clock* what is known of
    it; without it, it is believed.
    """
    tune_collector()
    database = await open_database(settings, for_ingest=True)

    async def open_session() -> Session:
        if settings.broker.protocol == "5":
            return await open_ingest(settings, database, name, shared=shared, now=now)
        return await Mqtt311Session.open(replace(session_settings(settings, name), now=now))

    ingest = settings.ingest
    cut = WorkerSettings(ingest.batch_limit, ingest.batch_least, ingest.linger_s)
    progress = Progress(clock=clock or OwnClock(is_believed=True))
    worker = Worker(open_session, Writer(database, now=now), cut, progress)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run())
            group.create_task(_report(database, name, worker.progress, now, shared=shared))
    finally:
        await database.close()


async def prove_broker_queue(settings: Settings, database: Database) -> datetime | None:
    """Check that the broker keeps what it acknowledges, and store the result for `check` and the health page.

    Returns when the broker's certificate expires; None without TLS.

    Raises QueueNotKeptError, BrokerUnavailableError, DatabaseUnavailableError.
    """
    found: QueueNotKeptError | None = None
    expires_at = None
    try:
        expires_at = await prove_queue(session_settings(settings, settings.ingest.name))
    except QueueNotKeptError as fault:
        found = fault

    async def work(_: Connection) -> int:
        if found is not None:
            raise found
        return 0

    await run_job(database, QUEUE_JOB, work)
    return expires_at


async def retire_gone(settings: Settings, database: Database) -> int:
    """Retire the workers, of any machine, that have been silent for `GONE_AFTER_S`; return their number.

    What waits for them is stored, and the health of the others no longer names them. One that comes back begins anew.
    """
    gone = await gone_workers(database, GONE_AFTER_S)
    for name in gone:
        _log.warning("worker gone for good, retiring it", worker=name, silent_s=GONE_AFTER_S)
        await retire_worker(settings, name)
    return len(gone)


async def retire_worker(settings: Settings, name: str) -> Outcome:
    """Store what the broker has queued for the worker *name*, which must be stopped, and delete its report.

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


async def _report(database: Database, name: str, progress: Progress, now: Now, *, shared: bool) -> None:
    """Every two seconds store the worker's report, and its standstills as soon as the database accepts them."""
    clock = asyncio.get_running_loop().time
    watch: StandstillWatch | None = None
    while True:
        try:
            if watch is None:
                watch = StandstillWatch(now(), clock(), await last_report(database, name))
            await report_worker(database, _report_of(name, progress, clock()), shared=shared)
            await _note_standstill(database, part_of_worker(name), watch, progress, now())
        except (DatabaseUnavailableError, RowsRefusedError) as fault:
            _log.debug("no report", fault=str(fault))
            if watch is not None:
                watch.look(clock(), str(fault))
        await asyncio.sleep(_REPORT_S)


async def _note_standstill(
    database: Database, part: str, watch: StandstillWatch, progress: Progress, now: datetime
) -> None:
    now_s = asyncio.get_running_loop().time()
    fault = progress.why_not_working(now_s)
    standstill = watch.look(now_s, fault)
    if standstill is not None:
        _log.warning("standstill", part=part, since=standstill.starts_at, reason=standstill.reason, over=fault is None)
        await put_standstill(database, part, standstill.starts_at, standstill.reason)
    if fault is None:
        # Also end a standstill that an earlier process left open.
        await end_standstills(database, part, now)
        watch.note_works(now, now_s)


def _report_of(name: str, progress: Progress, now_s: float) -> WorkerReport:
    outcome = progress.outcome
    return WorkerReport(
        name,
        progress.connected,
        progress.received,
        outcome.stored,
        outcome.duplicates,
        outcome.rejected,
        progress.batches,
        progress.reconnects,
        progress.lag_s,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        progress.fault or progress.database_fault,
        progress.held_s(now_s),
    )
