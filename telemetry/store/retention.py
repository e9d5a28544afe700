"""Keeping at the database's edge: positions, tracks, labels, the audit log; each job's run is on record."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from telemetry.records.retention import FootageRow
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "keeping"
Stretch = tuple[str, datetime, datetime]
"""A recorder, from, to."""


async def read_mark(connection: Connection, job: str) -> datetime | None:
    """How far a job has come."""
    mark: datetime | None = await connection.fetchval(query(_ROOM, "mark"), job)
    return mark


async def set_mark(connection: Connection, job: str, until: datetime) -> None:
    """Note how far a job has come."""
    await connection.execute(query(_ROOM, "set_mark"), job, until)


async def located_recorders(connection: Connection, since: datetime, until: datetime) -> list[str]:
    """Recorders with positions in a stretch."""
    return [row[0] for row in await connection.fetch(query(_ROOM, "located"), since, until)]


async def protected_stretches(
    connection: Connection, recorder_ids: Sequence[str], since: datetime, until: datetime, now: datetime
) -> list[Stretch]:
    """When a position off duty is kept: under an open SOS, or while the recorder is reported lost."""
    return [tuple(row) for row in await connection.fetch(query(_ROOM, "protected"), recorder_ids, since, until, now)]


async def delete_positions(connection: Connection, stretches: Sequence[Stretch]) -> int:
    """Delete positions, the latest known one included; how many rows went."""
    if not stretches:
        return 0
    columns = [list(column) for column in zip(*stretches, strict=True)]
    status = await connection.execute(query(_ROOM, "delete_positions"), *columns)
    await connection.execute(query(_ROOM, "blank_states"), *columns)
    return _count(status)


async def keep_tracks(connection: Connection, older_than: datetime, around: timedelta) -> int:
    """Copy what open incidents need of the tracks before a moment, and drop copies that none needs any more."""
    copied = _count(await connection.execute(query(_ROOM, "keep_tracks"), older_than, around))
    dropped = _count(await connection.execute(query(_ROOM, "drop_kept"), around))
    return copied + dropped


async def unlabelled_imports(
    connection: Connection, now: datetime, limit: int
) -> list[tuple[str, int, dict[str, Any]]]:
    """Imports whose latest version has not been read for its labels: id, version, content."""
    rows = await connection.fetch(query(_ROOM, "unlabelled"), now, limit)
    return [(row[0], row[1], msgspec.json.decode(row[2])) for row in rows]


async def put_labels(connection: Connection, rows: Sequence[FootageRow]) -> None:
    """Store until when footage is kept, in place of what earlier versions of the imports said."""
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
    """Until when footage of some units' recorders (None: all) is kept, the latest first."""
    rows: Iterable[Any] = await connection.fetch(query(_ROOM, "labels"), class_, recorder_id, limit, units, now)
    return [FootageRow(*tuple(row)) for row in rows]


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
