"""The live picture out of the database: every recorder at a moment, and the incidents that changed since a position."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from telemetry.records.live import LiveRow
from telemetry.store.pool import Database
from telemetry.store.queries import query

_ROOM: Final = "live"


async def live_snapshot(database: Database, now: datetime) -> list[LiveRow]:
    """Every recorder but test devices as it is at *now*."""
    async with database.connection() as connection:
        rows = await connection.fetch(query(_ROOM, "snapshot"), now)
    return [_live(row) for row in rows]


async def incidents_changed_since(database: Database, position: int) -> tuple[Sequence[str], int]:
    """Incidents written since *position*, some of them perhaps seen before, and the position to go on from."""
    async with database.connection() as connection:
        rows = await connection.fetch(query(_ROOM, "incidents_since"), str(position))
    return [row["incident_id"] for row in rows if row["incident_id"] is not None], int(rows[0]["position"])


def _live(row: Any) -> LiveRow:
    values = list(row)
    values[8] = tuple(values[8] or ())
    return LiveRow(*values)
