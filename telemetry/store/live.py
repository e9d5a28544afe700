"""The live picture out of the database: every recorder at a moment, and the incidents that changed since a position."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

_ROOM: Final = "live"


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One recorder as it is now; what the columns mean is said in the migration (`live_recorders`)."""

    recorder_id: str
    unit_id: str
    status: str
    model: str
    heartbeat_s: int
    officer_id: str | None
    officer_unit_id: str | None
    officer_name: str | None
    candidates: tuple[str, ...]
    on_duty: bool
    duty_since: datetime | None
    is_lost: bool
    state: str
    since: datetime | None
    last_at: datetime | None
    lat: float | None
    lon: float | None
    fix_at: datetime | None
    battery_pct: float | None
    charging: bool | None
    free_mb: int | None
    total_mb: int | None
    rsrp_dbm: float | None
    network: str | None
    cell: str | None
    sim: str | None
    iccid: str | None
    incidents: int
    suspected: int


async def live_snapshot(database: Database, now: datetime) -> list[LiveRow]:
    """Every recorder but test devices as it is at *now*."""
    async with database.connection() as connection:
        rows = await connection.fetch(query(_ROOM, "snapshot"), now)
    return [_live(row) for row in rows]


async def feed_position(connection: Connection) -> int:
    """From where on nothing that is written from now on will be missed: a number that only grows in one database."""
    return int(await connection.fetchval(query(_ROOM, "read_position")))


async def incidents_changed_since(database: Database, position: int) -> tuple[Sequence[str], int]:
    """Incidents written since *position*, some of them perhaps seen before, and the position to go on from."""
    async with database.connection() as connection:
        rows = await connection.fetch(query(_ROOM, "incidents_since"), str(position))
    return [row["incident_id"] for row in rows if row["incident_id"] is not None], int(rows[0]["position"])


def _live(row: Any) -> LiveRow:
    values = list(row)
    values[8] = tuple(values[8] or ())
    return LiveRow(*values)
