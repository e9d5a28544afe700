"""Store queries of the live view: the fleet's state, and incidents changed since a position."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from telemetry.records.live import LiveRow
from telemetry.store.pool import Database
from telemetry.store.queries import query

_ROOM: Final = "live"


async def live_snapshot(database: Database, now: datetime) -> list[LiveRow]:
    """Return the state of every recorder but test devices at *now*."""
    async with database.connection() as connection:
        rows = await connection.fetch(query(_ROOM, "snapshot"), now)
    return [_live(row) for row in rows]


async def incidents_changed_since(database: Database, position: int) -> tuple[Sequence[str], int]:
    """Return ids of incidents written since *position*, possibly some again, and the next position."""
    async with database.connection() as connection:
        rows = await connection.fetch(query(_ROOM, "incidents_since"), str(position))
    return [row["incident_id"] for row in rows if row["incident_id"] is not None], int(rows[0]["position"])


def _live(row: Any) -> LiveRow:
    values = list(row)
    values[8] = tuple(values[8] or ())
    return LiveRow(*values)
