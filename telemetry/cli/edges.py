"""`check`: each edge of the system tried once, with one OK or one clear fault."""

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from telemetry.domain.errors import RecorderFleetError
from telemetry.ingest.session import Mqtt5Session
from telemetry.ingest.session311 import Mqtt311Session
from telemetry.settings import Settings
from telemetry.store.platform import describe, judging, list_jobs, not_judged
from telemetry.store.pool import Database
from telemetry.web.health import judging_faults
from telemetry.workers import open_database, session_settings

_MAX_CLOCK_DIFFERENCE_S: Final = 2.0
_LEAST_FREE_MB: Final = 1024
_MAX_JOB_AGE_S: Final = 3 * 3600.0
_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge: what was seen there, or what is wrong."""

    name: str
    detail: str
    fault: str | None = None


async def check_edges(settings: Settings) -> list[Edge]:
    """Try database, migrations, clock, jobs, broker and disk."""
    edges = await _check_database(settings)
    edges.append(await _check_broker(settings))
    edges.append(_check_disk())
    return edges


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
            edges.append(await _check_jobs(database))
            edges.append(await check_rules(database))
    except RecorderFleetError as fault:
        return [Edge("database", "", str(fault))]
    else:
        return edges
    finally:
        await database.close()


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
        if job["fault"]:
            return Edge("jobs", "", f"{job['job']}: {job['fault']}")
        age_s = (datetime.now(UTC) - job["started_at"]).total_seconds()
        if age_s > _MAX_JOB_AGE_S:
            return Edge(
                "jobs", "", f"{job['job']} last ran {age_s / 3600:.1f} h ago: is `recorder-fleet serve` running?"
            )
    return Edge("jobs", ", ".join(f"{job['job']} {job['started_at']:%Y-%m-%d %H:%M:%S}Z" for job in jobs))


async def check_rules(database: Database) -> Edge:
    """Whether the rules are asked, and what they could not judge."""
    faults = judging_faults(**await judging(database))
    if not faults:
        return Edge("rules", "nothing is set aside")
    aside = [
        f"{row['kind']} {row['key']} ({row['stage']}: {row['reason']})"
        for row in await not_judged(database, _MOST_NAMED)
    ]
    return Edge("rules", "", "; ".join([fault.text for fault in faults] + aside))


async def _check_broker(settings: Settings) -> Edge:
    name = f"{settings.broker.host}:{settings.broker.port}"
    try:
        # A session of its own that the broker forgets at once: it must not take messages from the workers.
        wanted = replace(
            session_settings(settings, "check"),
            topic_filter=f"recorder/v1/check-{settings.ingest.name}/reply"[:60],
            session_expiry_s=0,
        )
        if settings.broker.protocol == "5":
            await (await Mqtt5Session.open(wanted)).close()
        else:
            await (await Mqtt311Session.open(wanted)).close()
    except RecorderFleetError as fault:
        return Edge("broker", "", str(fault))
    except OSError as fault:
        return Edge("broker", "", f"{name}: {fault}")
    return Edge("broker", f"{name}, MQTT {settings.broker.protocol}, logged in as {settings.broker.username}")


def _check_disk() -> Edge:
    free_mb = shutil.disk_usage(Path.cwd()).free // 2**20
    low = free_mb < _LEAST_FREE_MB
    return Edge("disk", f"{free_mb} MB free here", f"only {free_mb} MB free" if low else None)
