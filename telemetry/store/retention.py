"""Store of retention: positions, tracks, labels, the audit log; each job's run is recorded."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from telemetry.records.retention import FootageRow
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "retention"
Stretch = tuple[str, datetime, datetime]
"""A recorder, from, to."""


async def read_mark(connection: Connection, job: str) -> datetime | None:
    """Return the time up to which a job is done; None if it never ran."""
    mark: datetime | None = await connection.fetchval(query(_ROOM, "mark"), job)
    return mark


async def set_mark(connection: Connection, job: str, until: datetime) -> None:
    """Record the time up to which a job is done."""
    await connection.execute(query(_ROOM, "set_mark"), job, until)


async def located_recorders(connection: Connection, since: datetime, until: datetime) -> list[str]:
    """Return recorders with positions or radio cells from *since* to *until*."""
    return [row[0] for row in await connection.fetch(query(_ROOM, "located"), since, until)]


async def protected_stretches(
    connection: Connection, recorder_ids: Sequence[str], since: datetime, until: datetime, now: datetime
) -> list[Stretch]:
    """Return the intervals in which off-duty positions are kept: an open SOS, or a recorder reported lost."""
    return [tuple(row) for row in await connection.fetch(query(_ROOM, "protected"), recorder_ids, since, until, now)]


async def delete_positions(connection: Connection, stretches: Sequence[Stretch]) -> int:
    """Delete positions and radio cells, including the latest known ones; return how many."""
    if not stretches:
        return 0
    columns = _columns(stretches)
    deleted = _count(await connection.execute(query(_ROOM, "delete_positions"), *columns))
    for name in ("blank_states", "blank_state_cells", "blank_silence_cells"):
        await connection.execute(query(_ROOM, name), *columns)
    told = [tuple(row) for row in await connection.fetch(query(_ROOM, "stretches_with_cells"), *columns)]
    if told:
        span = (min(start for _, start, _ in told), max(end for _, _, end in told))
        deleted += _count(await connection.execute(query(_ROOM, "blank_cells"), *_columns(told), *span))
    return deleted


async def drop_old_cells(connection: Connection, since: datetime, until: datetime, around: timedelta) -> int:
    """Forget radio cells of a time that no open incident needs; return how many."""
    await connection.execute(query(_ROOM, "drop_old_silence_cells"), since, until)
    return _count(await connection.execute(query(_ROOM, "drop_old_cells"), since, until, around))


def _columns(stretches: Sequence[Stretch]) -> list[list[Any]]:
    return [list(column) for column in zip(*stretches, strict=True)]


async def keep_tracks(connection: Connection, older_than: datetime, around: timedelta) -> int:
    """Copy the track points that open incidents need before they expire, and drop copies no longer needed."""
    copied = _count(await connection.execute(query(_ROOM, "keep_tracks"), older_than, around))
    dropped = _count(await connection.execute(query(_ROOM, "drop_kept"), around))
    return copied + dropped


async def unlabelled_imports(
    connection: Connection, now: datetime, limit: int
) -> list[tuple[str, int, dict[str, Any]]]:
    """Return imports whose latest version has not been scanned for labels: id, version, content."""
    rows = await connection.fetch(query(_ROOM, "unlabelled"), now, limit)
    return [(row[0], row[1], msgspec.json.decode(row[2])) for row in rows]


async def put_labels(connection: Connection, rows: Sequence[FootageRow]) -> None:
    """Store the retention of footage, replacing what earlier versions of the imports gave."""
    await connection.execute(query(_ROOM, "drop_labels"), sorted({row.dock_import_id for row in rows}))
    named = [{name.rstrip("_"): value for name, value in asdict(row).items()} for row in rows]
    await connection.execute(query(_ROOM, "add_labels"), msgspec.json.encode(named).decode())


async def footage_labels(
    connection: Connection,
    *,
    class_: str | None = None,
    recorder_id: str | None = None,
    units: Sequence[str] | None = None,
    now: datetime,
    limit: int = 200,
) -> list[FootageRow]:
    """Return the retention of footage of some units' recorders (None: all), latest first."""
    rows: Iterable[Any] = await connection.fetch(query(_ROOM, "labels"), class_, recorder_id, limit, units, now)
    return [FootageRow(*tuple(row)) for row in rows]


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
