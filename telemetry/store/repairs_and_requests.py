"""Registers at the database's edge: entries of repairs and of requests for footage, and their steps."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from telemetry.records.register_entries import EntryRow, EntrySearch, EntryStepRow
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "ledgers"


async def add_entry(connection: Connection, row: EntryRow) -> None:
    """Store an entry as it begins; one that is there already stays as it is."""
    content = msgspec.json.encode(row.content).decode()
    await connection.execute(
        query(_ROOM, "add"),
        *(row.entry_id, row.register, row.state, row.unit_id, row.begun_at, row.begun_by, content),
    )


async def lock_entry(connection: Connection, entry_id: str) -> EntryRow | None:
    """One entry, locked until the transaction ends."""
    return _entry(await connection.fetchrow(query(_ROOM, "lock"), entry_id))


async def one_entry(connection: Connection, entry_id: str) -> EntryRow | None:
    """One entry as it stands."""
    return _entry(await connection.fetchrow(query(_ROOM, "one"), entry_id))


async def move_entry(connection: Connection, state: str, step: EntryStepRow) -> None:
    """Write a step, and the state that the entry stands in after it."""
    await connection.execute(
        query(_ROOM, "add_step"), step.entry_id, step.version, step.at, step.account, step.step, step.note
    )
    await connection.execute(query(_ROOM, "move"), step.entry_id, state, step.at)


async def entry_steps(connection: Connection, entry_ids: Sequence[str]) -> dict[str, list[EntryStepRow]]:
    """The steps of some entries, first to last."""
    found: dict[str, list[EntryStepRow]] = defaultdict(list)
    for row in await connection.fetch(query(_ROOM, "steps"), entry_ids):
        found[row["entry_id"]].append(EntryStepRow(**dict(row)))
    return found


async def search_entries(connection: Connection, wanted: EntrySearch) -> list[EntryRow]:
    """A register, newest first."""
    moment, last = wanted.before or (None, None)
    rows = await connection.fetch(
        query(_ROOM, "search"),
        *(wanted.register, wanted.units, wanted.own, wanted.state, wanted.words, moment, last, wanted.limit),
    )
    return [found for row in rows if (found := _entry(row)) is not None]


def _entry(row: Any) -> EntryRow | None:
    return None if row is None else EntryRow(**{**dict(row), "content": msgspec.json.decode(row["content"])})
