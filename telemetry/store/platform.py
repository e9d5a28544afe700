"""Store of the platform's own state: ingest workers, jobs, and fleet counts."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

from telemetry.domain.boot_clock import TOLERANCE
from telemetry.domain.clock import wall_now
from telemetry.records.platform import JobRun, WorkerReport, WorkerState
from telemetry.store.edition import NAMES, detect_edition
from telemetry.store.migrate import pending_migrations
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query
from telemetry.store.standstills import part_of_clock, part_of_worker

_HOURS_A_STEP: Final = 6
_LOCATION = "location"
_OTHERS = ("presence", "heartbeat", "battery", "storage", "recording", "event")


async def report_worker(database: Database, report: WorkerReport, *, shared: bool = False) -> None:
    """Store a worker's counters where every process and board can read them. *shared*: others share its load."""
    async with database.connection() as connection:
        await connection.execute(
            query("platform", "report_worker"),
            *(report.worker, report.connected, report.received, report.stored, report.duplicates, report.rejected),
            *(report.batches, report.reconnects, report.lag_s, report.memory_mb, report.fault, report.held_s),
            shared,
        )


async def last_report(database: Database, worker: str) -> datetime | None:
    """Return when a worker of this name last reported; None if never."""
    async with database.connection() as connection:
        moment: datetime | None = await connection.fetchval(query("platform", "last_report"), worker)
        return moment


async def draw_secret(database: Database, name: str, candidate: str) -> str:
    """Return the platform secret *name*; *candidate* becomes it if there is none."""
    async with database.connection() as connection:
        return str(await connection.fetchval(query("platform", "draw_secret"), name, candidate))


async def surplus_workers(database: Database, machine: str, workers: int) -> list[str]:
    """Return the workers of *machine* (`ingest.name`) that have reported, beyond the *workers* it runs now."""
    numbers = range(1, workers + 1)
    async with database.connection() as connection:
        rows = await connection.fetch(
            query("platform", "surplus_workers"), machine, [f"{machine}-{number}" for number in numbers]
        )
    return [row["worker"] for row in rows]


async def gone_workers(database: Database, silent_s: float) -> list[str]:
    """Return the workers, of any machine, that have been silent for *silent_s* seconds."""
    return [row["worker"] for row in await _dicts(database, "gone_workers", silent_s)]


async def forget_worker(database: Database, name: str) -> None:
    """Delete the report of a worker that won't return, and end its standstill."""
    async with database.transaction() as connection:
        for part in (part_of_worker(name), part_of_clock(name)):
            await connection.execute(query("standstill", "end_standstills"), part, wall_now())
        await connection.execute(query("platform", "forget_worker"), name)


async def list_workers(database: Database) -> list[WorkerState]:
    """Return the workers of the last week."""
    return [WorkerState(**row) for row in await _dicts(database, "list_workers")]


async def list_jobs(database: Database) -> list[JobRun]:
    """Return each job's last run."""
    return [JobRun(**row) for row in await _dicts(database, "list_jobs")]


async def heard_since(database: Database, moments: Mapping[str, datetime]) -> set[str]:
    """Return the recorders from which anything, even a rejected message, arrived since their time."""
    async with database.connection() as connection:
        rows = await connection.fetch(query("platform", "heard_since"), list(moments), list(moments.values()))
    return {row["recorder_id"] for row in rows}


async def list_unheard(database: Database, now: datetime) -> list[dict[str, Any]]:
    """The recorders that logged in within the last day, and nothing came from them since."""
    return await _dicts(database, "list_unheard", now)


async def judging(database: Database) -> dict[str, Any]:
    """Return `tick_age_s`, seconds since the last tick (None: never), and `aside`, the number of set-aside subjects."""
    return (await _dicts(database, "judging"))[0]


async def not_judged(database: Database, limit: int) -> list[dict[str, Any]]:
    """Return the subjects that are set aside, with the reason."""
    return await _dicts(database, "not_judged", limit)


async def count_fleet(database: Database) -> dict[str, int]:
    """Return the numbers of recorders known, connected and recording."""
    return (await _dicts(database, "count_fleet"))[0]


async def pull_back_states(database: Database, now: datetime) -> None:
    """Let nothing stay the newest state of a recorder that lies further ahead of *now* than a right clock can be.

    What was stamped while the server's clock was ahead would otherwise outlive all that comes after it.
    """
    async with database.connection() as connection:
        await connection.execute(query("platform", "pull_back_states"), now, now + TOLERANCE)


async def live_fleet(database: Database, limit: int) -> list[dict[str, Any]]:
    """Return the latest state of up to *limit* recorders."""
    return await _dicts(database, "live_fleet", limit)


async def measured_to(database: Database) -> datetime | None:
    """Return the measurement time of the latest stored heartbeat; None before the first."""
    async with database.connection() as connection:
        moment: datetime | None = await connection.fetchval(query("platform", "measured_to"))
        return moment


async def roll_up(database: Database, now: datetime) -> int:
    """Bring the rollups up to date where the database doesn't do it by itself; how many hours were computed.

    *now* is of the clock that stamps arrivals, here and in `drop_old`.
    """

    async def work(connection: Connection) -> int:
        await connection.execute("SELECT mark_stale_rollups($1)", now)
        hours = 0
        while done := await connection.fetchval("SELECT refresh_stale_rollups($1)", _HOURS_A_STEP):
            hours += done
        return hours

    return await run_job(database, "roll_up", work)


async def drop_old(
    database: Database, now: datetime, *, readings_days: int, location_days: int, rejections_days: int
) -> int:
    """Drop what is older than it may be kept; the number of chunks (or rows, without TimescaleDB) and rejections."""

    async def work(connection: Connection) -> int:
        dropped = 0
        for kind in (*_OTHERS, _LOCATION):
            days = location_days if kind == _LOCATION else readings_days
            dropped += await connection.fetchval(
                "SELECT keep_readings($1::text::regclass, make_interval(days => $2), $3)", kind, days, now
            )
        status = await connection.execute(query("platform", "prune_rejections"), rejections_days, now)
        return dropped + int(status.rpartition(" ")[2])

    return await run_job(database, "drop_old", work)


async def describe(database: Database) -> tuple[str, list[str], datetime]:
    """Return edition and version as text, the migrations that have not run, and the database's clock."""
    async with database.connection() as connection:
        edition = await detect_edition(connection)
        version = await connection.fetchval("SELECT current_setting('server_version')")
        timescale = await connection.fetchval("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
        words = f"{NAMES[edition]}, PostgreSQL {version}" + (f", TimescaleDB {timescale}" if timescale else "")
        return words, await pending_migrations(connection), await connection.fetchval("SELECT clock_timestamp()")


async def run_job(database: Database, job: str, work: Callable[[Connection], Awaitable[int]]) -> int:
    """Run *work* and record its time and result for `recorder-fleet check`; errors are re-raised."""
    async with database.connection() as connection:
        await connection.execute(query("platform", "begin_job"), job)
        try:
            result = await work(connection)
        except Exception as fault:
            await connection.execute(query("platform", "end_job"), job, None, str(fault)[:300])
            raise
        await connection.execute(query("platform", "end_job"), job, result, None)
        return result


async def _dicts(database: Database, name: str, *parameters: Any) -> list[dict[str, Any]]:
    async with database.connection() as connection:
        return [dict(row) for row in await connection.fetch(query("platform", name), *parameters)]
