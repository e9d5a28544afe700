"""Store of the registers of repairs and footage requests: entries and their steps."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from telemetry.records.register_entries import EntryRow, EntrySearch, EntryStepRow
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "repairs_and_requests"


async def add_entry(connection: Connection, row: EntryRow) -> None:
    """Store a new entry; an existing one doesn't change."""
    content = msgspec.json.encode(row.content).decode()
    await connection.execute(
        query(_ROOM, "add"),
        *(row.entry_id, row.register, row.state, row.unit_id, row.begun_at, row.begun_by, content),
    )


async def lock_entry(connection: Connection, entry_id: str) -> EntryRow | None:
    """Return one entry, locked until the transaction ends; None if there is none."""
    return _entry(await connection.fetchrow(query(_ROOM, "lock"), entry_id))


async def one_entry(connection: Connection, entry_id: str) -> EntryRow | None:
    """Return one entry; None if there is none."""
    return _entry(await connection.fetchrow(query(_ROOM, "one"), entry_id))


async def move_entry(connection: Connection, state: str, step: EntryStepRow) -> None:
    """Store a step and the entry's new state."""
    await connection.execute(
        query(_ROOM, "add_step"), step.entry_id, step.version, step.at, step.account, step.step, step.note
    )
    await connection.execute(query(_ROOM, "move"), step.entry_id, state, step.at)


async def entry_steps(connection: Connection, entry_ids: Sequence[str]) -> dict[str, list[EntryStepRow]]:
    """Return the steps of entries by id, in order."""
    found: dict[str, list[EntryStepRow]] = defaultdict(list)
    for row in await connection.fetch(query(_ROOM, "steps"), entry_ids):
        found[row["entry_id"]].append(EntryStepRow(**dict(row)))
    return found


async def search_entries(connection: Connection, wanted: EntrySearch) -> list[EntryRow]:
    """Return a page of a register, newest first."""
    moment, last = wanted.before or (None, None)
    rows = await connection.fetch(
        query(_ROOM, "search"),
        *(wanted.register, wanted.units, wanted.own, wanted.state, wanted.words, moment, last, wanted.limit),
    )
    return [found for row in rows if (found := _entry(row)) is not None]


def _entry(row: Any) -> EntryRow | None:
    return None if row is None else EntryRow(**{**dict(row), "content": msgspec.json.decode(row["content"])})
