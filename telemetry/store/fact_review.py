"""Facts in the database, for people: 事后补录 that wait for approval, and the history of each fact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from telemetry.store.pool import Connection
from telemetry.store.queries import query


@dataclass(frozen=True, slots=True)
class ReviewedVersion:
    """A version that somebody wants to approve; `content` is its JSON."""

    content: str
    needs_approval: bool
    is_approved: bool
    is_overtaken: bool


@dataclass(frozen=True, slots=True)
class AwaitingVersion:
    """A 事后补录 that counts in full only once it is approved."""

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
    """One version; None where there is none."""
    row = await connection.fetchrow(query("facts", "version_to_approve"), collection, fact_id, version)
    return None if row is None else ReviewedVersion(row[0], row[1], row[2] is not None, row[3])


async def mark_approved(connection: Connection, version: tuple[str, str, int], actor: str, now: datetime) -> None:
    """Note who approved (collection, id, version), and when."""
    await connection.execute(query("facts", "mark_approved"), *version, actor, now)


async def mark_rejected(
    connection: Connection, version: tuple[str, str, int], actor: str, now: datetime, reason: str
) -> None:
    """Note who did not approve (collection, id, version), when and why."""
    await connection.execute(query("facts", "mark_rejected"), *version, actor, now, reason)


async def awaiting_approval(connection: Connection, limit: int) -> list[AwaitingVersion]:
    """Up to *limit* versions that wait, the oldest first."""
    return [AwaitingVersion(*row) for row in await connection.fetch(query("facts", "awaiting_approval"), limit)]


async def history(connection: Connection, collection: str, fact_id: str) -> list[PastVersion]:
    """Every version of one fact, in order of writing."""
    return [PastVersion(*row) for row in await connection.fetch(query("facts", "history"), collection, fact_id)]


async def officer_standings(
    connection: Connection, officer_ids: Sequence[str], now: datetime
) -> list[tuple[str, str, list[str]]]:
    """(officer, unit, roles) of some officers, as known at *now*."""
    rows = await connection.fetch(query("facts", "officer_standings"), officer_ids, now)
    return [(row[0], row[1], row[2]) for row in rows]


async def recorder_standing(connection: Connection, recorder_id: str, now: datetime) -> tuple[str | None, str | None]:
    """(unit, holder) of a recorder, as known at *now*."""
    row = await connection.fetchrow(query("facts", "recorder_standing"), recorder_id, now)
    return (None, None) if row is None else (row[0], row[1])


async def unit_ancestors(connection: Connection, unit_id: str, now: datetime) -> list[str]:
    """A unit and all above it, as known at *now*."""
    return [row[0] for row in await connection.fetch(query("facts", "unit_ancestors"), unit_id, now)]
