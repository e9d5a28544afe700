"""Incidents at the database's edge: the row as it stands, its transitions, its revisions."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Final

import msgspec

from telemetry.records.incidents import IncidentRow, RevisionRow, TransitionRow
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "incidents"


async def digests(connection: Connection, incident_ids: Sequence[str]) -> dict[str, str]:
    """The digest of what the rules last concluded, for those incidents that exist."""
    rows = await connection.fetch(query(_ROOM, "digests"), incident_ids)
    return {row["incident_id"]: row["digest"] for row in rows}


async def lock_incidents(connection: Connection, incident_ids: Iterable[str]) -> dict[str, IncidentRow]:
    """Some incidents, locked until the transaction ends."""
    rows = await connection.fetch(query(_ROOM, "lock"), sorted(incident_ids))
    return {row["incident_id"]: incident_of(row) for row in rows}


async def write_changes(
    connection: Connection,
    incidents: Sequence[IncidentRow],
    transitions: Sequence[TransitionRow],
    revisions: Sequence[RevisionRow],
) -> None:
    """Write incidents with the rows that tell how they came to stand so, and queue them for the notices."""
    if not incidents:
        return
    await connection.execute(query(_ROOM, "put"), _json(incidents))
    await connection.execute(query(_ROOM, "add_transitions"), _json(transitions))
    if revisions:
        await connection.execute(query(_ROOM, "add_revisions"), _json(revisions))
    await connection.execute(query(_ROOM, "mark_untold"), sorted(row.incident_id for row in incidents))


async def all_incidents(connection: Connection) -> list[IncidentRow]:
    """Every incident, by the beginning of its period."""
    return [incident_of(row) for row in await connection.fetch(query(_ROOM, "all_incidents"))]


async def incidents_by_id(connection: Connection, incident_ids: Sequence[str]) -> dict[str, IncidentRow]:
    """Some incidents as they stand, unlocked."""
    rows = await connection.fetch(query(_ROOM, "by_id"), incident_ids)
    return {row["incident_id"]: incident_of(row) for row in rows}


async def once_known(connection: Connection, incident_ids: Sequence[str]) -> list[str]:
    """Those of *incident_ids* that were more than suspected at some time, so that others may have heard of them."""
    return [row[0] for row in await connection.fetch(query(_ROOM, "once_known"), incident_ids)]


async def history(connection: Connection, incident_id: str) -> list[TransitionRow]:
    """Every change of one incident, first to last."""
    rows = await connection.fetch(query(_ROOM, "history"), incident_id)
    return [TransitionRow(**{**dict(row), "detail": _decoded(row["detail"])}) for row in rows]


async def revisions(connection: Connection, incident_id: str) -> list[RevisionRow]:
    """Every version of what its rule concluded, first to last."""
    rows = await connection.fetch(query(_ROOM, "revisions"), incident_id)
    return [RevisionRow(**{**dict(row), "content": _decoded(row["content"])}) for row in rows]


async def revision_content(connection: Connection, incident_id: str, revision: int) -> dict[str, Any]:
    """What the rule concluded in one revision."""
    content: dict[str, Any] = _decoded(await connection.fetchval(query(_ROOM, "one_revision"), incident_id, revision))
    return content


def incident_of(row: Any) -> IncidentRow:
    """A row of `incident` as the database gives it."""
    values = dict(row)
    values["evidence"] = _decoded(values["evidence"])
    values["parameters"] = _decoded(values["parameters"])
    return IncidentRow(**values)


def _decoded(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)


def _json(rows: Sequence[Any]) -> str:
    """Rows as a JSON array of objects named like the columns."""
    named = [{column.name: getattr(row, column.name) for column in fields(row)} for row in rows]
    return msgspec.json.encode(named).decode()
