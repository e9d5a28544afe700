"""Store of fact reviews: late entries (事后补录) that wait for approval, and the history of each fact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from telemetry.store.pool import Connection
from telemetry.store.queries import query


@dataclass(frozen=True, slots=True)
class ReviewedVersion:
    """A version to be approved; `content` is its JSON."""

    content: str
    needs_approval: bool
    is_approved: bool
    is_overtaken: bool


@dataclass(frozen=True, slots=True)
class AwaitingVersion:
    """A late entry (事后补录), which counts in full only after approval."""

    collection: str
    fact_id: str
    version: int
    content: str
    loaded_at: datetime
    loaded_by: str


@dataclass(frozen=True, slots=True)
class PastVersion:
    """One version in a fact's history."""

    version: int
    content: str
    loaded_at: datetime
    loaded_by: str
    late: bool
    needs_approval: bool
    approved_at: datetime | None
    approved_by: str | None


async def version_to_approve(
    connection: Connection, collection: str, fact_id: str, version: int
) -> ReviewedVersion | None:
    """Return one version; None if there is none."""
    row = await connection.fetchrow(query("facts", "version_to_approve"), collection, fact_id, version)
    return None if row is None else ReviewedVersion(**row)


async def mark_approved(connection: Connection, version: tuple[str, str, int], actor: str, now: datetime) -> None:
    """Record the approval of (collection, id, version)."""
    await connection.execute(query("facts", "mark_approved"), *version, actor, now)


async def mark_rejected(
    connection: Connection, version: tuple[str, str, int], actor: str, now: datetime, reason: str
) -> None:
    """Record the rejection of (collection, id, version) and its reason."""
    await connection.execute(query("facts", "mark_rejected"), *version, actor, now, reason)


async def awaiting_approval(connection: Connection, limit: int) -> list[AwaitingVersion]:
    """Return up to *limit* versions that wait for approval, oldest first."""
    return [AwaitingVersion(**row) for row in await connection.fetch(query("facts", "awaiting_approval"), limit)]


async def history(connection: Connection, collection: str, fact_id: str) -> list[PastVersion]:
    """Return every version of one fact in order of writing."""
    return [PastVersion(**row) for row in await connection.fetch(query("facts", "history"), collection, fact_id)]


async def officer_standings(
    connection: Connection, officer_ids: Sequence[str], now: datetime
) -> list[tuple[str, str, list[str]]]:
    """Return (officer, unit, roles) as known at *now*."""
    rows = await connection.fetch(query("facts", "officer_standings"), officer_ids, now)
    return [(row[0], row[1], row[2]) for row in rows]


async def recorder_standing(connection: Connection, recorder_id: str, now: datetime) -> tuple[str | None, str | None]:
    """Return (unit, holder) of a recorder as known at *now*."""
    row = await connection.fetchrow(query("facts", "recorder_standing"), recorder_id, now)
    return (None, None) if row is None else (row[0], row[1])


async def unit_ancestors(connection: Connection, unit_id: str, now: datetime) -> list[str]:
    """Return a unit and its ancestors as known at *now*."""
    return [row[0] for row in await connection.fetch(query("facts", "unit_ancestors"), unit_id, now)]
