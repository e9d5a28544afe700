"""Store of notices: items, notices, attempts, and the planner's input."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

import msgspec

from telemetry.records.notices import ItemRow, MaintenanceRow, NewItem, NewNotice, UnansweredRow
from telemetry.store.leases import end_hung, end_if_idle
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "notices"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """An officer as known now, with his preferred channels."""

    officer_id: str
    name: str
    unit_id: str
    roles: list[str]
    contact: dict[str, str]
    channels: list[str]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as known now."""

    unit_id: str
    name: str
    parent_id: str | None
    kind: str


async def try_plan_lock(connection: Connection) -> bool:
    """Become the only planner until the transaction ends; False if another process is."""
    await end_if_idle(connection)
    is_only = bool(await connection.fetchval(query(_ROOM, "try_plan_lock")))
    if not is_only:
        await end_hung(connection)
    return is_only


async def take_untold(connection: Connection, limit: int) -> list[str]:
    """Return and delete up to *limit* incidents that changed since they were last planned."""
    return [row["incident_id"] for row in await connection.fetch(query(_ROOM, "take_untold"), limit)]


async def items_of_incidents(
    connection: Connection, incident_ids: Sequence[str], now: datetime
) -> dict[str, list[ItemRow]]:
    """Return all items of incidents by incident, oldest first."""
    items: dict[str, list[ItemRow]] = {incident_id: [] for incident_id in incident_ids}
    for row in await connection.fetch(query(_ROOM, "items_of_incidents"), incident_ids, now):
        items[row["incident_id"]].append(ItemRow(**dict(row)))
    return items


async def waiting_items(connection: Connection, now: datetime, *, is_night: bool) -> list[ItemRow]:
    """Return items that wait for a notice and are due, by person; at night only urgent ones."""
    rows = await connection.fetch(query(_ROOM, "waiting_items"), now, is_night)
    return [ItemRow(**dict(row)) for row in rows]


async def add_items(connection: Connection, items: Sequence[NewItem]) -> None:
    """Store new items."""
    if items:
        named = [{column.name: getattr(item, column.name) for column in fields(item)} for item in items]
        await connection.execute(query(_ROOM, "add_items"), msgspec.json.encode(named).decode())


async def drop_items(connection: Connection, why: dict[int, str]) -> None:
    """Drop items that will not be sent, each with its reason."""
    if why:
        await connection.execute(query(_ROOM, "drop_items"), list(why), list(why.values()))


async def recall_notices(connection: Connection, notice_ids: set[int], now: datetime) -> bool:
    """Cancel unsent notices and free their other items; False if a sender has already claimed one."""
    if not notice_ids:
        return True
    recalled = await connection.fetch(query(_ROOM, "recall_notices"), sorted(notice_ids), now)
    await connection.execute(query(_ROOM, "free_items"), sorted(notice_ids))
    return len(recalled) == len(notice_ids)


async def recent_notices(
    connection: Connection, people: Sequence[str], since: datetime
) -> dict[str, tuple[datetime, bool]]:
    """Return each person's latest notice since *since*: its time, and whether it is still queued."""
    rows = await connection.fetch(query(_ROOM, "recent_notices"), people, since)
    return {row["person"]: (row["at"], row["is_queued"]) for row in rows}


async def add_notices(
    connection: Connection, notices: Sequence[tuple[NewNotice, Sequence[int]]], now: datetime
) -> list[int]:
    """Store notices with the items they carry; return their ids."""
    if not notices:
        return []
    ids = [row[0] for row in await connection.fetch(query(_ROOM, "reserve_notices"), len(notices))]
    named = [
        {"notice_id": notice_id, **{column.name: getattr(notice, column.name) for column in fields(notice)}}
        for notice_id, (notice, _) in zip(ids, notices, strict=True)
    ]
    await connection.execute(query(_ROOM, "add_notices"), _text(named), now)
    packed = [(item_id, ids[n]) for n, (_, carried) in enumerate(notices) for item_id in carried]
    await connection.execute(query(_ROOM, "pack_items"), [item for item, _ in packed], [notice for _, notice in packed])
    return ids


async def take_not_judged(connection: Connection) -> list[tuple[str, str]]:
    """Return subjects whose judgement failed since the engineers were last told, with the reason."""
    return [(row[0], row[1]) for row in await connection.fetch(query(_ROOM, "take_not_judged"))]


async def take_escalation_turn(connection: Connection, now: datetime, last: datetime) -> bool:
    """Return whether nobody has checked for unacknowledged incidents since *last*; if so, this call takes the turn."""
    return bool(await connection.fetchval(query(_ROOM, "take_escalation_turn"), now, last))


async def unanswered(connection: Connection) -> list[UnansweredRow]:
    """Return incidents that somebody was told to acknowledge and nobody has."""
    return [UnansweredRow(**dict(row)) for row in await connection.fetch(query(_ROOM, "unanswered"))]


async def told_at(connection: Connection, incident_id: str, officer_id: str) -> datetime | None:
    """Return when the person concerned was told of an incident; None if no notice has reached him."""
    moment: datetime | None = await connection.fetchval(query(_ROOM, "told_at"), incident_id, officer_id)
    return moment


async def people_known_at(connection: Connection, now: datetime) -> list[PersonRow]:
    """Return all officers."""
    rows = await connection.fetch(query(_ROOM, "people"), now)
    return [
        PersonRow(
            row["officer_id"],
            row["name"],
            row["unit_id"],
            row["roles"],
            {} if row["contact"] is None else msgspec.json.decode(row["contact"]),
            row["channels"] or [],
        )
        for row in rows
    ]


async def units_known_at(connection: Connection, now: datetime) -> list[UnitRow]:
    """Return all units."""
    return [UnitRow(**dict(row)) for row in await connection.fetch(query(_ROOM, "units"), now)]


async def current_maintenance(connection: Connection, now: datetime) -> list[MaintenanceRow]:
    """Return the planned maintenance in progress."""
    return [MaintenanceRow(**dict(row)) for row in await connection.fetch(query(_ROOM, "current_maintenance"), now)]


async def add_maintenance(
    connection: Connection,
    *,
    unit_id: str | None,
    recorder_id: str | None,
    rules: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    account: str,
    now: datetime,
    needs_confirmation: bool = False,
) -> int:
    """Plan a maintenance; return its id. With *needs_confirmation* it holds nothing until a second person confirms it.

    Raises RowsRefusedError if it ends before it starts, or covers `sos`.
    """
    maintenance_id: int = await connection.fetchval(
        query(_ROOM, "add_maintenance"),
        *(unit_id, recorder_id, rules, starts_at, ends_at, reason, account, now, needs_confirmation),
    )
    return maintenance_id


async def confirm_maintenance(connection: Connection, maintenance_id: int, account: str, now: datetime) -> bool:
    """Confirm a maintenance as the second person. False if it doesn't wait for that.

    Raises RowsRefusedError if *account* has planned it.
    """
    done = await connection.fetchval(query(_ROOM, "confirm_maintenance"), maintenance_id, account, now)
    return done is not None


async def cancel_maintenance(connection: Connection, maintenance_id: int, account: str, now: datetime) -> bool:
    """End a maintenance early and release the items it held. False if it isn't running or planned."""
    ends_at = await connection.fetchval(query(_ROOM, "cancel_maintenance"), maintenance_id, account, now)
    if ends_at is not None:
        await connection.execute(query(_ROOM, "release_held"), ends_at, now)
    return ends_at is not None


async def revive(connection: Connection, notice_id: int, now: datetime) -> bool:
    """Queue a dead notice again as if new; False if there is none."""
    return await connection.fetchval(query(_ROOM, "revive"), notice_id, now) is not None


async def count_notices(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """Return notices by state; `oldest_s` is the age (s) of the oldest queued one."""
    return [dict(row) for row in await connection.fetch(query(_ROOM, "count_notices"), now)]


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
