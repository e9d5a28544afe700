"""Store of incidents: the current row, its transitions, its revisions."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Final

import msgspec

from telemetry.records.incidents import IncidentRow, RevisionRow, TransitionRow
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "incidents"


async def digests(connection: Connection, incident_ids: Sequence[str]) -> dict[str, str]:
    """Return the digest of the rules' last conclusion for those incidents that exist."""
    rows = await connection.fetch(query(_ROOM, "digests"), incident_ids)
    return {row["incident_id"]: row["digest"] for row in rows}


async def lock_incidents(connection: Connection, incident_ids: Iterable[str]) -> dict[str, IncidentRow]:
    """Return incidents by id, locked until the transaction ends."""
    rows = await connection.fetch(query(_ROOM, "lock"), sorted(incident_ids))
    return {row["incident_id"]: incident_of(row) for row in rows}


async def write_changes(
    connection: Connection,
    incidents: Sequence[IncidentRow],
    transitions: Sequence[TransitionRow],
    revisions: Sequence[RevisionRow],
) -> None:
    """Write incidents with their transitions and revisions, and queue them for notices."""
    if not incidents:
        return
    await connection.execute(query(_ROOM, "put"), _json(incidents))
    await connection.execute(query(_ROOM, "add_transitions"), _json(transitions))
    if revisions:
        await connection.execute(query(_ROOM, "add_revisions"), _json(revisions))
    await connection.execute(query(_ROOM, "mark_untold"), sorted(row.incident_id for row in incidents))


async def all_incidents(connection: Connection) -> list[IncidentRow]:
    """Return every incident, ordered by the start of its period."""
    return [incident_of(row) for row in await connection.fetch(query(_ROOM, "all_incidents"))]


async def incidents_by_id(connection: Connection, incident_ids: Sequence[str]) -> dict[str, IncidentRow]:
    """Return incidents by id, without locks."""
    rows = await connection.fetch(query(_ROOM, "by_id"), incident_ids)
    return {row["incident_id"]: incident_of(row) for row in rows}


async def once_known(connection: Connection, incident_ids: Sequence[str]) -> list[str]:
    """Return those of *incident_ids* that once were more than suspected, so that others may have been told of them."""
    return [row[0] for row in await connection.fetch(query(_ROOM, "once_known"), incident_ids)]


async def history(connection: Connection, incident_id: str) -> list[TransitionRow]:
    """Return every transition of one incident in order."""
    rows = await connection.fetch(query(_ROOM, "history"), incident_id)
    return [TransitionRow(**{**dict(row), "detail": _decoded(row["detail"])}) for row in rows]


async def revisions(connection: Connection, incident_id: str) -> list[RevisionRow]:
    """Return every revision of its rule's conclusion in order."""
    rows = await connection.fetch(query(_ROOM, "revisions"), incident_id)
    return [RevisionRow(**{**dict(row), "content": _decoded(row["content"])}) for row in rows]


async def revision_content(connection: Connection, incident_id: str, revision: int) -> dict[str, Any]:
    """Return what the rule concluded in one revision."""
    content: dict[str, Any] = _decoded(await connection.fetchval(query(_ROOM, "one_revision"), incident_id, revision))
    return content


def incident_of(row: Any) -> IncidentRow:
    """Convert a row of `incident`."""
    values = dict(row)
    values["evidence"] = _decoded(values["evidence"])
    values["parameters"] = _decoded(values["parameters"])
    return IncidentRow(**values)


def _decoded(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)


def _json(rows: Sequence[Any]) -> str:
    """Encode rows as a JSON array of objects keyed by column."""
    named = [{column.name: getattr(row, column.name) for column in fields(row)} for row in rows]
    return msgspec.json.encode(named).decode()
