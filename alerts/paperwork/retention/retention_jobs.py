"""Retention jobs: off-duty positions, tracks of open incidents, labels of footage, the audit log."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from alerts.duty.on_duty import duty_times, recorder_on_duty
from alerts.facts.known_query import known_facts
from alerts.intervals import Interval, subtract
from alerts.paperwork.retention.retention_periods import rows_of
from telemetry.store.audit import drop_old_entries
from telemetry.store.platform import run_job
from telemetry.store.pool import Connection, Database
from telemetry.store.retention import (
    Stretch,
    delete_positions,
    drop_old_cells,
    keep_tracks,
    located_recorders,
    protected_stretches,
    put_labels,
    read_mark,
    set_mark,
    unlabelled_imports,
)

OFF_DUTY_AFTER: Final = timedelta(hours=70)
"""The rule is 72 h (domain.md). Wait nearly as long, because a late roster may still make it a duty; the job runs
hourly and may miss a run."""
SWEEP: Final = timedelta(days=31)
"""The longest backlog (telemetry.domain.boot_clock). Once a day this whole period is checked again for late positions."""
_SWEEP_EACH: Final = timedelta(hours=24)
_SLICE: Final = timedelta(hours=6)
_AT_A_TIME: Final = 500
"""Recorders per query of facts."""
_AROUND: Final = timedelta(hours=1)
_EARLY: Final = timedelta(days=5)
"""Copy a track this long before its retention ends, because the database may drop a whole chunk early."""
_IMPORTS_AT_A_TIME: Final = 500
_MARK: Final = "drop_off_duty"
_SWEPT: Final = "sweep_off_duty"
_FORGOTTEN: Final = "forget_cells"
_FORGOTTEN_AT_ONCE: Final = timedelta(days=2)
"""In one run: the first one finds months of them."""


async def drop_off_duty(database: Database, now: datetime) -> int:
    """Delete off-duty positions and radio cells within 72 h (domain.md); return how many were deleted."""

    async def work(connection: Connection) -> int:
        until = now - OFF_DUTY_AFTER
        swept = await read_mark(connection, _SWEPT)
        is_sweep = swept is None or now - swept >= _SWEEP_EACH
        mark = await read_mark(connection, _MARK)
        since = until - SWEEP if is_sweep or mark is None else mark
        deleted = 0
        while since < until:
            end = min(since + _SLICE, until)
            deleted += await _drop_slice(connection, Interval(since, end), now)
            since = end
        await set_mark(connection, _MARK, until)
        if is_sweep:
            await set_mark(connection, _SWEPT, now)
        return deleted

    return await run_job(database, _MARK, work)


async def keep_open_tracks(database: Database, now: datetime, location_days: int) -> int:
    """Copy tracks that open incidents need before they are dropped after *location_days*; return the rows copied."""

    async def work(connection: Connection) -> int:
        return await keep_tracks(connection, now - timedelta(days=location_days) + _EARLY, _AROUND)

    return await run_job(database, "keep_tracks", work)


async def forget_old_cells(database: Database, now: datetime, location_days: int, readings_days: int) -> int:
    """Forget radio cells once they are older than tracks may be; return how many.

    Heartbeats are kept for longer, but a cell is a position.
    """

    async def work(connection: Connection) -> int:
        since = await read_mark(connection, _FORGOTTEN) or now - timedelta(days=readings_days)
        until = min(now - timedelta(days=location_days), since + _FORGOTTEN_AT_ONCE)
        forgotten = 0
        while since < until:
            end = min(since + _SLICE, until)
            forgotten += await drop_old_cells(connection, since, end, _AROUND)
            since = end
        await set_mark(connection, _FORGOTTEN, max(since, until))
        return forgotten

    return await run_job(database, _FORGOTTEN, work)


async def label_footage(database: Database, now: datetime) -> int:
    """Store until when newly imported footage must be kept; return the number of rows."""

    async def work(connection: Connection) -> int:
        done = 0
        while imports := await unlabelled_imports(connection, now, _IMPORTS_AT_A_TIME):
            rows = [row for each in imports for row in rows_of(*each)]
            async with connection.transaction():
                await put_labels(connection, rows)
            done += len(rows)
        return done

    return await run_job(database, "label_footage", work)


async def drop_old_audit(database: Database, audit_days: int) -> int:
    """Drop audit entries older than *audit_days* (at least six months); return how many were dropped."""

    async def work(connection: Connection) -> int:
        return await drop_old_entries(connection, audit_days)

    return await run_job(database, "drop_audit", work)


async def _drop_slice(connection: Connection, within: Interval, now: datetime) -> int:
    recorders = await located_recorders(connection, within.start, within.end)
    deleted = 0
    for start in range(0, len(recorders), _AT_A_TIME):
        some = recorders[start : start + _AT_A_TIME]
        deleted += await delete_positions(connection, await _off_duty(connection, some, within, now))
    return deleted


async def _off_duty(connection: Connection, recorders: Sequence[str], within: Interval, now: datetime) -> list[Stretch]:
    """Periods in which a recorder wasn't on duty and nothing else requires its positions."""
    facts = await known_facts(connection, now, within, recorder_ids=recorders)
    kept: dict[str, list[Interval]] = defaultdict(list)
    for recorder_id, start, end in await protected_stretches(connection, recorders, within.start, within.end, now):
        kept[recorder_id].append(Interval(start, end))
    return [
        (recorder_id, off.start, off.end)
        for recorder_id in recorders
        for off in subtract([within], [*duty_times(recorder_on_duty(recorder_id, within, facts)), *kept[recorder_id]])
    ]
