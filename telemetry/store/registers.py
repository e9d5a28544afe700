"""Store queries of the registers of recorders, units and officers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telemetry.store.incident_list import pattern_of
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "registers"


@dataclass(frozen=True, slots=True)
class RecorderSearch:
    """Search criteria; `units` (None: all) and `also` (ids) limit what may be shown.

    `by_person`: the text may be the holder's name; who sees no people doesn't find them by their names either.
    """

    units: Sequence[str] | None
    also: Sequence[str] = ()
    unit_ids: Sequence[str] | None = None
    status: str | None = None
    text: str | None = None
    recorder_id: str | None = None
    by_person: bool = True


async def recorder_page(connection: Connection, asked: RecorderSearch, after: str, limit: int) -> list[dict[str, Any]]:
    """Return up to *limit* recorders by id, starting after *after*, with their latest state.

    Unregistered ones have no unit.
    """
    parameters = (asked.units, list(asked.also), asked.unit_ids, asked.status, pattern_of(asked.text))
    return await _rows(connection, "recorders", *parameters, after, limit, asked.recorder_id, asked.by_person)


async def recorder_unit(connection: Connection, recorder_id: str) -> tuple[bool, str | None]:
    """Return whether a recorder is known, and its unit if it is registered."""
    rows = await connection.fetch(query(_ROOM, "recorder_unit"), recorder_id)
    return (bool(rows), rows[0][0] if rows else None)


async def recorder_past(connection: Connection, recorder_id: str, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Return hand-outs, SIM bindings and fault reports of a recorder as known at *now*, newest first."""
    return {
        "assignments": await _rows(connection, "assignments_of", recorder_id, now, 50),
        "sim_bindings": await _rows(connection, "bindings_of", recorder_id, now),
        "fault_reports": await _rows(connection, "reports_of", recorder_id, now),
    }


async def all_units(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """Return every unit as known at *now*; `area` is GeoJSON as text."""
    return await _rows(connection, "units", now)


async def officer_page(
    connection: Connection,
    units: tuple[Sequence[str] | None, Sequence[str] | None],
    text: str | None,
    *,
    after: str,
    limit: int,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return up to *limit* officers by id. *units*: those that may be shown, and those searched (None: all)."""
    return await _rows(connection, "officers", *units, pattern_of(text), after, limit, now)


async def _rows(connection: Connection, name: str, *parameters: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(query(_ROOM, name), *parameters)]
