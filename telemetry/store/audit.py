"""The audit log at the database's edge: entries go in and are read, nothing else."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

_ROOM: Final = "audit"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What somebody did or looked at, and why; `officer_ids` are those whose track or incident it was."""

    account: str
    address: str
    action: str
    target_kind: str
    target_id: str
    why: str = ""
    officer_ids: tuple[str, ...] = ()
    detail: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """What is asked of the log; None asks nothing. `action` is a prefix, `text` is looked for in why, target and account."""

    account: str | None = None
    action: str | None = None
    target_kind: str | None = None
    target_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry as it is stored."""

    entry_id: int
    at: datetime
    account: str
    address: str
    action: str
    target_kind: str
    target_id: str
    officer_ids: list[str] = field(default_factory=list)
    why: str = ""
    detail: dict[str, Any] | None = None


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
