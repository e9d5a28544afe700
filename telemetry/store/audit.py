"""The audit log at the database's edge: entries go in and are read, nothing else."""

import json
from typing import Any, Final

from telemetry.records.audit import AuditEntry, AuditRow, AuditSearch
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

_ROOM: Final = "audit"


async def add_entry(connection: Connection, entry: AuditEntry) -> None:
    """Write one entry, in the transaction of what it tells of."""
    detail = None if entry.detail is None else json.dumps(entry.detail, ensure_ascii=False, default=str)
    await connection.execute(
        query(_ROOM, "add"),
        *(entry.account, entry.address, entry.action, entry.target_kind, entry.target_id),
        *(list(entry.officer_ids), entry.why, detail),
    )


async def write_entry(database: Database, entry: AuditEntry) -> None:
    """Write one entry by itself. Raises DatabaseUnavailableError: what can't be recorded must not be shown."""
    async with database.connection() as connection:
        await add_entry(connection, entry)


async def search_entries(database: Database, asked: AuditSearch, before: int | None, limit: int) -> list[AuditRow]:
    """Entries, newest first, those with an id below *before*."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            query(_ROOM, "search"),
            *(before, asked.account, asked.action, asked.target_kind, asked.target_id),
            *(asked.since, asked.until, asked.text, limit),
        )
    return [AuditRow(**{**row, "detail": row["detail"] and json.loads(row["detail"])}) for row in rows]


async def views_of_officer(database: Database, officer_id: str, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Who looked at an officer's track or incidents, newest first; his own looks are left out."""
    async with database.connection() as connection:
        rows = await connection.fetch(query(_ROOM, "views_of_officer"), officer_id, before, limit)
    return [dict(row) for row in rows]


async def drop_old_entries(connection: Connection, days: int) -> int:
    """Drop what is older than *days* (184 at least, or the database refuses); the number of entries."""
    return int(await connection.fetchval(query(_ROOM, "drop_old"), days))
