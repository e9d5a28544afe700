"""Store of the notice queue: claims, attempts, and the channels' gates that all senders share."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "notices"


@dataclass(frozen=True, slots=True)
class ClaimedNotice:
    """A notice that one sender has claimed for a while."""

    notice_id: int
    person: str
    urgent: bool
    created_at: datetime
    message: dict[str, Any]
    routes: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt to deliver a notice through a channel."""

    n: int
    channel: str
    state: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class GateRow:
    """A channel's rate limit and circuit breaker."""

    earliest_at: list[datetime]
    failures: int
    opened: int
    shut_until: datetime | None
    fault: str | None


async def claim(connection: Connection, sender: str, now: datetime, until: datetime, limit: int) -> list[ClaimedNotice]:
    """Claim up to *limit* due notices for *sender* until *until*; urgent ones first."""
    rows = await connection.fetch(query(_ROOM, "claim"), sender, now, until, limit)
    claimed = [
        ClaimedNotice(
            row["notice_id"],
            row["person"],
            row["urgent"],
            row["created_at"],
            msgspec.json.decode(row["message"]),
            [(name, address) for name, address in msgspec.json.decode(row["routes"])],
        )
        for row in rows
    ]
    return sorted(claimed, key=lambda notice: (not notice.urgent, notice.notice_id))


async def attempts_of(connection: Connection, notice_ids: list[int]) -> dict[int, list[AttemptRow]]:
    """Return the attempts of notices by notice id."""
    attempts: dict[int, list[AttemptRow]] = defaultdict(list)
    for notice_id, *rest in await connection.fetch(query(_ROOM, "attempts"), notice_ids):
        attempts[notice_id].append(AttemptRow(*rest))
    return attempts


async def disown_attempts(connection: Connection, notice_id: int, now: datetime) -> None:
    """Mark attempts that a dead sender left open as unknown."""
    await connection.execute(query(_ROOM, "disown_attempts"), notice_id, now)


async def begin_attempt(connection: Connection, notice_id: int, channel: str, sender: str, now: datetime) -> int | None:
    """Record an attempt before its request goes out; return its number, or None if the claim was lost."""
    n: int | None = await connection.fetchval(query(_ROOM, "begin_attempt"), notice_id, channel, now, sender)
    return n


async def end_attempt(
    connection: Connection, notice_id: int, n: int, state: str, *, now: datetime, code: str | None, detail: str | None
) -> None:
    """Record the result of an attempt."""
    await connection.execute(query(_ROOM, "end_attempt"), notice_id, n, state, now, code, detail)


async def mark_sent(connection: Connection, notice_id: int, channel: str, now: datetime) -> None:
    """Mark a notice as delivered."""
    await connection.execute(query(_ROOM, "mark_sent"), notice_id, now, channel)


async def mark_dead(connection: Connection, notice_id: int, reason: str, sender: str) -> None:
    """Mark a notice as given up."""
    await connection.execute(query(_ROOM, "mark_dead"), notice_id, reason, sender)


async def release(connection: Connection, notice_id: int, next_at: datetime, sender: str) -> None:
    """Release a claim; the notice is due again at *next_at*."""
    await connection.execute(query(_ROOM, "release"), notice_id, next_at, sender)


async def next_due(connection: Connection) -> datetime | None:
    """Return when a sender next has something to do; None if the queue is empty."""
    moment: datetime | None = await connection.fetchval(query(_ROOM, "next_due"))
    return moment


async def shut_gates(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Return the channels with an open breaker, and until when it is open."""
    return {row["channel"]: row["shut_until"] for row in await connection.fetch(query(_ROOM, "shut_gates"), now)}


async def lock_gate(connection: Connection, channel: str) -> GateRow:
    """Return a channel's gate, locked until the transaction ends."""
    row = await connection.fetchrow(query(_ROOM, "lock_gate"), channel)
    if row is None:
        await connection.execute(query(_ROOM, "make_gate"), channel)
        row = await connection.fetchrow(query(_ROOM, "lock_gate"), channel)
    assert row is not None
    return GateRow(*row)


async def save_gate(connection: Connection, channel: str, gate: GateRow, now: datetime) -> None:
    """Store a gate."""
    await connection.execute(
        query(_ROOM, "save_gate"),
        *(channel, gate.earliest_at, gate.failures, gate.opened, gate.shut_until, gate.fault, now),
    )


async def list_gates(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """Return all channels' breakers for display; `is_open` at *now*."""
    return [dict(row) for row in await connection.fetch(query(_ROOM, "list_gates"), now)]
