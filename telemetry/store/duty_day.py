"""Store queries of a unit's day: duties with recorded time, import deadlines, custody and hand-overs."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "duty_day"
Units = Sequence[str] | None
"""The units that may be shown; None: all."""


async def shifts_of_day(
    connection: Connection, now: datetime, day: tuple[datetime, datetime], *, units: Units, officer_id: str | None
) -> list[dict[str, Any]]:
    """Return the shifts that overlap *day*; `recorded_s` is the recorded time (s)."""
    return await _rows(connection, "shifts", now, *day, units, officer_id)


async def activities_of_day(
    connection: Connection, now: datetime, day: tuple[datetime, datetime], *, units: Units, officer_id: str | None
) -> list[dict[str, Any]]:
    """Return the activities that overlap *day*; `recorded_s` is the recorded time (s)."""
    return await _rows(connection, "activities", now, *day, units, officer_id)


async def import_deadlines(
    connection: Connection, now: datetime, since: datetime, *, units: Units, after_h: float, slack: timedelta
) -> list[dict[str, Any]]:
    """Return recordings since *since* with their import deadlines (*after_h* hours later), unimported ones first."""
    return await _rows(connection, "imports", now, since, units, round(after_h), slack)


async def custody_of(connection: Connection, now: datetime, units: Units) -> list[dict[str, Any]]:
    """Return the present state of every recorder in a custodian's care."""
    return await _rows(connection, "custody", now, units)


async def footage_to_deliver(
    connection: Connection, now: datetime, units: Units, since: datetime
) -> list[dict[str, Any]]:
    """Return phone footage that has not been delivered, oldest first."""
    return await _rows(connection, "footage_to_deliver", now, units, since)


async def handed_out(connection: Connection, recorder_id: str, now: datetime) -> dict[str, Any] | None:
    """Return the hand-out in force for a recorder at *now*; None if there is none."""
    return await _row(connection, "handed_out", recorder_id, now)


async def one_assignment(connection: Connection, assignment_id: str, now: datetime) -> dict[str, Any] | None:
    """Return a hand-out with its recorder's unit; None if there is none."""
    return await _row(connection, "assignment", assignment_id, now)


async def recorder_for_handout(connection: Connection, recorder_id: str) -> dict[str, Any] | None:
    """Return unit and status of a recorder; None if it isn't registered."""
    return await _row(connection, "recorder_for_handout", recorder_id)


async def add_check(
    connection: Connection,
    assignment_id: str,
    recorder_id: str,
    officer_id: str,
    *,
    handed: tuple[datetime, str],
    checks: Mapping[str, bool],
) -> None:
    """Store the checks of a hand-out. *handed*: when, and by which account."""
    await connection.execute(
        query(_ROOM, "add_check"), assignment_id, recorder_id, officer_id, *handed, json.dumps(dict(checks))
    )


async def mark_returned(connection: Connection, assignment_id: str, now: datetime, account: str) -> None:
    """Record who took a recorder back, and when."""
    await connection.execute(query(_ROOM, "mark_returned"), assignment_id, now, account)


async def unconfirmed_handouts(connection: Connection, officer_id: str, now: datetime) -> list[dict[str, Any]]:
    """Return an officer's unconfirmed hand-outs, oldest first."""
    return await _rows(connection, "unconfirmed", officer_id, now)


async def confirm_handout(connection: Connection, assignment_id: str, officer_id: str, now: datetime) -> None:
    """Record that an officer confirmed a hand-out; the first confirmation stands."""
    await connection.execute(query(_ROOM, "confirm"), assignment_id, officer_id, now)


async def add_handover(
    connection: Connection, now: datetime, account: str, *, shift: str, text: str, open_items: Sequence[str]
) -> int:
    """Add an entry to the command centre's log; return its id."""
    items = json.dumps(list(open_items), ensure_ascii=False)
    return int(await connection.fetchval(query(_ROOM, "add_handover"), now, account, shift, text, items))


async def handovers_before(connection: Connection, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Return up to *limit* log entries before id *before*, newest first."""
    rows = await _rows(connection, "handovers", before, limit)
    return [{**row, "open_items": json.loads(row["open_items"])} for row in rows]


async def _rows(connection: Connection, name: str, *parameters: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(query(_ROOM, name), *parameters)]


async def _row(connection: Connection, name: str, *parameters: Any) -> dict[str, Any] | None:
    row = await connection.fetchrow(query(_ROOM, name), *parameters)
    return None if row is None else dict(row)
