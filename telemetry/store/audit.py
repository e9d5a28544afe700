"""Store of the audit log: entries are only added, read and expired."""

import json
from typing import Any, Final

from telemetry.records.audit import AuditEntry, AuditItem, AuditSearch
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

_ROOM: Final = "audit"


async def add_entry(connection: Connection, entry: AuditEntry) -> None:
    """Add one entry, in the transaction of the action it records."""
    detail = None if entry.detail is None else json.dumps(entry.detail, ensure_ascii=False, default=str)
    await connection.execute(
        query(_ROOM, "add"),
        *(entry.account, entry.address, entry.action, entry.target_kind, entry.target_id),
        *(list(entry.officer_ids), entry.why, detail),
    )


async def write_entry(database: Database, entry: AuditEntry) -> None:
    """Add one entry in its own transaction.

    Raises DatabaseUnavailableError: data whose viewing can't be recorded must not be shown.
    """
    async with database.connection() as connection:
        await add_entry(connection, entry)


async def search_entries(database: Database, asked: AuditSearch, before: int | None, limit: int) -> list[AuditItem]:
    """Return up to *limit* entries with an id below *before*, newest first."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            query(_ROOM, "search"),
            *(before, asked.account, asked.action, asked.target_kind, asked.target_id),
            *(asked.since, asked.until, asked.text, limit),
        )
    return [AuditItem(**{**row, "detail": row["detail"] and json.loads(row["detail"])}) for row in rows]


async def views_of_officer(database: Database, officer_id: str, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Return who viewed an officer's track or incidents, newest first, without the officer's own views."""
    async with database.connection() as connection:
        rows = await connection.fetch(query(_ROOM, "views_of_officer"), officer_id, before, limit)
    return [dict(row) for row in rows]


async def drop_old_entries(connection: Connection, days: int) -> int:
    """Drop entries older than *days* (at least 184; the database refuses less); return how many."""
    return int(await connection.fetchval(query(_ROOM, "drop_old"), days))
