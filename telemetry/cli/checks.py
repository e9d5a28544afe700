"""`check`: tries each external dependency once and reports OK, a warning, or a fault."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from alerts.duty.calendar import BureauCalendar
from alerts.duty.calendar_import import load_calendar
from alerts.shanghai_time import SHANGHAI
from telemetry.domain.errors import RecorderFleetError
from telemetry.domain.topics import topic_of
from telemetry.health.faults import (
    LEAST_FREE_MB,
    WORKER_SILENT_S,
    PlatformFault,
    judging_faults,
    standstill_faults,
    worker_faults,
)
from telemetry.health.look import OwnParts, certificates_of, find_faults, free_mb
from telemetry.ingest.queue_proof import prove_queue
from telemetry.ingest.session_mqtt311 import Mqtt311Session
from telemetry.settings_tree import Settings
from telemetry.store.health import data_directory
from telemetry.store.platform import describe, judging, list_jobs, list_unheard, list_workers, not_judged
from telemetry.store.pool import Database
from telemetry.store.server_login import is_owner
from telemetry.store.standstills import list_standstills
from telemetry.workers import open_database, session_settings

_MAX_CLOCK_DIFFERENCE_S: Final = 2.0
_NOBODY_S: Final = topic_of("check", "reply")
"""A topic on which no recorder publishes."""
_MAX_JOB_AGE_S: Final = 3 * 3600.0
_MOST_NAMED: Final = 10
_STANDSTILLS_S: Final = 86_400.0
_TOLD_BELOW: Final = frozenset({"part_silent", "part_failed", "not_sent", "certificate", "backup"})
"""Faults of the common list that no other check here tells in more detail."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The result of one check; `warning`: it works, but somebody should act."""

    name: str
    detail: str
    fault: str | None = None
    warning: str | None = None

    @property
    def line(self) -> str:
        """The result as `check` prints it."""
        if self.fault is not None:
            return f"FAULT {self.name}: {self.fault}"
        return f"OK    {self.name}: {self.detail}" if self.warning is None else f"WARN  {self.name}: {self.warning}"


async def check_edges(settings: Settings) -> list[Edge]:
    """Check database, migrations, clock, jobs, calendar, broker and disk."""
    return [*await _check_database(settings), await _check_broker(settings)]


async def _check_database(settings: Settings) -> list[Edge]:
    try:
        database = await open_database(settings)
    except RecorderFleetError as fault:
        return [Edge("database", "", str(fault))]
    try:
        edition, pending, database_now = await describe(database)
        edges = [
            Edge("database", edition),
            Edge(
                "migrations",
                "all have run",
                f"{len(pending)} have not run: run `recorder-fleet migrate`" if pending else None,
            ),
            _check_clock(database_now),
        ]
        if not pending:
            edges.append(_check_rights(is_owner=await is_owner(database)))
            edges.append(await _check_jobs(database))
            edges.append(await _check_calendar(database))
            edges.append(_check_logins(await list_unheard(database, datetime.now(UTC))))
            edges.append(await check_rules(database))
            edges.append(await _check_ingest(database))
            edges.append(standstill_edge(await list_standstills(database, _STANDSTILLS_S)))
            edges.append(await _check_disk(settings, database))
            own = OwnParts(certificates=certificates_of(settings.broker))
            edges += part_edges(await find_faults(database, own))
    except RecorderFleetError as fault:
        return [Edge("database", "", str(fault))]
    else:
        return edges
    finally:
        await database.close()


def _check_rights(*, is_owner: bool) -> Edge:
    text = "database.url is the tables' owner, who can switch off what guards the audit log: set database.owner_url"
    return Edge("rights", "the server's login owns nothing", warning=text if is_owner else None)


def _check_clock(database_now: datetime) -> Edge:
    difference_s = abs((datetime.now(UTC) - database_now).total_seconds())
    detail = f"within {difference_s:.1f} s of the database's"
    wrong = difference_s > _MAX_CLOCK_DIFFERENCE_S
    return Edge("clock", detail, f"{difference_s:.1f} s off the database's: set both by NTP" if wrong else None)


async def _check_jobs(database: Database) -> Edge:
    jobs = await list_jobs(database)
    if not jobs:
        return Edge("jobs", "none has run yet (`recorder-fleet serve` runs them)")
    for job in jobs:
        if job.fault:
            return Edge("jobs", "", f"{job.job}: {job.fault}")
        age_s = (datetime.now(UTC) - job.started_at).total_seconds()
        if age_s > _MAX_JOB_AGE_S:
            return Edge("jobs", "", f"{job.job} last ran {age_s / 3600:.1f} h ago: is `recorder-fleet serve` running?")
    return Edge("jobs", ", ".join(f"{job.job} {job.started_at:%Y-%m-%d %H:%M:%S}Z" for job in jobs))


async def _check_calendar(database: Database) -> Edge:
    async with database.connection() as connection:
        return calendar_edge(await load_calendar(connection), datetime.now(SHANGHAI).date())


def calendar_edge(calendar: BureauCalendar, today: date) -> Edge:
    """A missing decree is only a warning, because deadlines continue by the provisional calendar."""
    told = "; ".join(map(str, calendar.told_of(today)))
    warning = f"{told}: import the decree (`recorder-fleet facts calendar FILE`, or the console's page 工作日历)"
    return Edge("calendar", f"{today.year} is decreed", warning=warning if told else None)


def _check_logins(unheard: list[dict[str, Any]]) -> Edge:
    if not unheard:
        return Edge("logins", "nobody logged in within a day without being heard")
    named = [f"{row['recorder_id']} ({row['count']} x, last {row['last_received_at']:%m-%d %H:%M}Z)" for row in unheard]
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return Edge(
        "logins",
        "",
        f"logged in and not heard: {', '.join(named[:_MOST_NAMED])}{more}: a recorder may publish below recorder/v1/ID/ only, "
        "ID as it is on the register; what it says elsewhere the broker acknowledges and drops",
    )


async def check_rules(database: Database) -> Edge:
    """Check that the rules are evaluated, and list what could not be judged."""
    faults = judging_faults(**await judging(database))
    if not faults:
        return Edge("rules", "nothing is set aside")
    aside = [
        f"{row['kind']} {row['key']} ({row['stage']}: {row['reason']})"
        for row in await not_judged(database, _MOST_NAMED)
    ]
    return Edge("rules", "", "; ".join([fault.text for fault in faults] + aside))


async def _check_ingest(database: Database) -> Edge:
    """Check that running workers store their messages; whether any runs is reported by /healthz."""
    workers = await list_workers(database)
    faults = [f"{fault.place}: {fault.text}" for fault in worker_faults(workers) if fault.code == "not_storing"]
    running = sum(worker.age_s < WORKER_SILENT_S for worker in workers)
    return Edge("ingest", f"{running} running, nothing waits", "; ".join(faults) or None)


def standstill_edge(standstills: list[dict[str, Any]]) -> Edge:
    """Broker drops and clock differences of the last day: a fault while recent, then a warning."""
    if not standstills:
        return Edge("standstills", "no message dropped and no clock wrong within a day")
    if faults := standstill_faults(standstills):
        return Edge("standstills", "", "; ".join(f"{fault.place}: {fault.text}" for fault in faults[:_MOST_NAMED]))
    named = [f"{row['part']} {row['starts_at']:%m-%d %H:%M:%S}Z ({row['reason']})" for row in standstills[:_MOST_NAMED]]
    return Edge("standstills", "", warning=f"over: {', '.join(named)}; what falls into them is held against nobody")


async def _check_broker(settings: Settings) -> Edge:
    name = f"{settings.broker.host}:{settings.broker.port}"
    try:
        # Use sessions of its own that expire at once, so that they take no messages from the workers.
        wanted = session_settings(settings, "check")
        if settings.broker.protocol == "5":
            await prove_queue(wanted)
            kept = "keeps what comes while we are away"
        else:
            await (await Mqtt311Session.open(replace(wanted, topic_filter=_NOBODY_S, session_expiry_s=0))).close()
            kept = "what comes while we are away is lost"
    except RecorderFleetError as fault:
        return Edge("broker", "", str(fault))
    except OSError as fault:
        return Edge("broker", "", f"{name}: {fault}")
    return Edge("broker", f"{name}, MQTT {settings.broker.protocol}, logged in as {settings.broker.username}; {kept}")


def part_edges(faults: Sequence[PlatformFault]) -> list[Edge]:
    """The faults of servers' parts, of certificates and of the archive, as /healthz has them."""
    told = [fault for fault in faults if fault.code in _TOLD_BELOW]
    edges = [
        Edge(fault.place, "", warning=fault.text) if fault.is_warning else Edge(fault.place, "", fault.text)
        for fault in told
    ]
    return edges or [Edge("parts", "every part of every server works")]


async def _check_disk(settings: Settings, database: Database) -> Edge:
    async with database.connection() as connection:
        asked = await data_directory(connection)
    folder = settings.database.disk or (None if asked is None else Path(asked))
    free = free_mb(folder)
    if free is None:
        return Edge(
            "disk", "", warning="the database's disk can't be seen from here: set database.disk, or watch it there"
        )
    return Edge("disk", f"{free} MB free in {folder}", f"only {free} MB free" if free < LEAST_FREE_MB else None)
