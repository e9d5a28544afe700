"""Store queries of the console's desks: notices, planned maintenance, and the platform's state."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "desk"


@dataclass(frozen=True, slots=True)
class NoticeSearch:
    """Search criteria; `people` (None: everybody) limits what may be shown."""

    people: Sequence[str] | None
    state: str | None = None
    incident_id: str | None = None
    person: str | None = None


async def notice_page(
    connection: Connection, asked: NoticeSearch, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """Return up to *limit* notices, newest first, with their delivery attempts."""
    parameters = (asked.people, asked.state, asked.incident_id, asked.person, before, limit)
    rows = await _rows(connection, "notices", *parameters)
    return [
        {**row, "message": json.loads(row["message"]), "attempts": json.loads(row["attempts"] or "[]")} for row in rows
    ]


async def people_of_units(connection: Connection, units: Sequence[str], now: datetime) -> list[str]:
    """Return the officers who serve in *units*."""
    return [row["officer_id"] for row in await _rows(connection, "people_of_units", units, now)]


async def maintenance_list(
    connection: Connection, units: Sequence[str] | None, limit: int, now: datetime
) -> list[dict[str, Any]]:
    """Return planned maintenance, latest first, with its state at *now*."""
    return await _rows(connection, "maintenance", units, limit, now)


async def one_maintenance(connection: Connection, maintenance_id: int) -> dict[str, Any] | None:
    """Return one planned maintenance with its unit; None if there is none."""
    rows = await _rows(connection, "one_maintenance", maintenance_id)
    return rows[0] if rows else None


async def last_rejections(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the latest rejections, latest first."""
    return await _rows(connection, "rejections", limit)


async def evaluation_state(connection: Connection) -> dict[str, Any]:
    """Return the time of the last tick and the sizes of the queues."""
    rows = await _rows(connection, "ticks")
    sizes = await _rows(connection, "sizes")
    return {**(rows[0] if rows else {}), **sizes[0]}


async def _rows(connection: Connection, name: str, *parameters: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(query(_ROOM, name), *parameters)]
