"""Store queries of the incident list: pages by search, outage members, notices, and names."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from telemetry.records.incidents import IncidentRow, IncidentSearch, Names
from telemetry.store.incidents import incident_of
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "incident_list"


async def incident_page(
    connection: Connection, asked: IncidentSearch, after: tuple[datetime, str] | None, limit: int
) -> list[IncidentRow]:
    """Return up to *limit* incidents after *after* (detection time, id), latest detected first."""
    detected_at, incident_id = after or (None, None)
    rows = await connection.fetch(
        query(_ROOM, "page"),
        *(asked.units, asked.officer_id_seen, asked.sees_suspected, asked.status, asked.rule, asked.weight),
        *(asked.confidence, asked.unit_ids, asked.officer_id, asked.recorder_id, asked.is_active, asked.text),
        *(asked.since, asked.until, detected_at, incident_id, limit, pattern_of(asked.text)),
    )
    return [incident_of(row) for row in rows]


async def outage_members(connection: Connection, incident_id: str) -> list[IncidentRow]:
    """Return the incidents that an outage absorbed."""
    return [incident_of(row) for row in await connection.fetch(query(_ROOM, "members"), incident_id)]


async def notices_of(connection: Connection, incident_id: str) -> list[dict[str, Any]]:
    """Return who was told what about an incident, and the state of delivery."""
    return [dict(row) for row in await connection.fetch(query(_ROOM, "notices_of"), incident_id)]


async def names_of(
    connection: Connection,
    *,
    officers: Iterable[str | None] = (),
    units: Iterable[str | None] = (),
    accounts: Iterable[str] = (),
) -> Names:
    """Return the names of officers, units and accounts."""
    asked = [sorted({one for one in some if one}) for some in (officers, units, accounts)]
    blocks = ("officer_names", "unit_names", "account_names")
    found: list[dict[str, str]] = []
    for ids, block in zip(asked, blocks, strict=True):
        rows = await connection.fetch(query(_ROOM, block), ids) if ids else []
        found.append({row[0]: row[1] for row in rows})
    return Names(*found)


def pattern_of(text: str | None) -> str | None:
    """Return the ILIKE pattern that finds *text* anywhere, with wildcards escaped."""
    if text is None:
        return None
    literal = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literal}%"
