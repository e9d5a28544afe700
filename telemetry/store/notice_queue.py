"""The queue of notices at the database's edge: claims, attempts, and the gates that all senders share."""

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
    """A notice that one sender alone may work on for a while."""

    notice_id: int
    person: str
    urgent: bool
    created_at: datetime
    message: dict[str, Any]
    routes: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try of a notice by a channel."""

    n: int
    channel: str
    state: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class GateRow:
    """A channel's rate and breaker."""

    earliest_at: list[datetime]
    failures: int
    opened: int
    shut_until: datetime | None
    fault: str | None


async def claim(connection: Connection, sender: str, now: datetime, until: datetime, limit: int) -> list[ClaimedNotice]:
    """Take notices that are due, for *sender* alone until *until*; urgent ones first."""
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
    """What was tried of some notices."""
    attempts: dict[int, list[AttemptRow]] = defaultdict(list)
    for notice_id, *rest in await connection.fetch(query(_ROOM, "attempts"), notice_ids):
        attempts[notice_id].append(AttemptRow(*rest))
    return attempts


async def disown_attempts(connection: Connection, notice_id: int, now: datetime) -> None:
    """Mark what a sender that died left behind: its outcome is unknown."""
    await connection.execute(query(_ROOM, "disown_attempts"), notice_id, now)


async def begin_attempt(connection: Connection, notice_id: int, channel: str, sender: str, now: datetime) -> int | None:
    """Write down that a request is about to go out; its number, or None where the claim has been lost."""
    n: int | None = await connection.fetchval(query(_ROOM, "begin_attempt"), notice_id, channel, now, sender)
    return n


async def end_attempt(
    connection: Connection, notice_id: int, n: int, state: str, *, now: datetime, code: str | None, detail: str | None
) -> None:
    """Write down how an attempt ended."""
    await connection.execute(query(_ROOM, "end_attempt"), notice_id, n, state, now, code, detail)


async def mark_sent(connection: Connection, notice_id: int, channel: str, now: datetime) -> None:
    """The notice has arrived."""
    await connection.execute(query(_ROOM, "mark_sent"), notice_id, now, channel)


async def mark_dead(connection: Connection, notice_id: int, reason: str, sender: str) -> None:
    """The notice is given up."""
    await connection.execute(query(_ROOM, "mark_dead"), notice_id, reason, sender)


async def release(connection: Connection, notice_id: int, next_at: datetime, sender: str) -> None:
    """Let go of a claim; somebody looks at the notice again at *next_at*."""
    await connection.execute(query(_ROOM, "release"), notice_id, next_at, sender)


async def next_due(connection: Connection) -> datetime | None:
    """When there is something to do next; None while the queue is empty."""
    moment: datetime | None = await connection.fetchval(query(_ROOM, "next_due"))
    return moment


async def shut_gates(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Channels whose breaker is open, and until when."""
    return {row["channel"]: row["shut_until"] for row in await connection.fetch(query(_ROOM, "shut_gates"), now)}


async def lock_gate(connection: Connection, channel: str) -> GateRow:
    """A channel's gate, locked until the transaction ends."""
    row = await connection.fetchrow(query(_ROOM, "lock_gate"), channel)
    if row is None:
        await connection.execute(query(_ROOM, "make_gate"), channel)
        row = await connection.fetchrow(query(_ROOM, "lock_gate"), channel)
    assert row is not None
    return GateRow(*row)


async def save_gate(connection: Connection, channel: str, gate: GateRow, now: datetime) -> None:
    """Write a gate back."""
    await connection.execute(
        query(_ROOM, "save_gate"),
        *(channel, gate.earliest_at, gate.failures, gate.opened, gate.shut_until, gate.fault, now),
    )


async def list_gates(connection: Connection) -> list[dict[str, Any]]:
    """All channels' breakers, for people."""
    return [dict(row) for row in await connection.fetch(query(_ROOM, "list_gates"))]
