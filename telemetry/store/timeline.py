"""Store queries of one recorder's timeline: spans, track, and pages of readings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "timeline"
_STEPS: Final = 400
_PARTS: Final = [
    "recording",
    "connection",
    "sim",
    "backlog",
    "battery",
    "signal",
    "boots",
    "events",
    "docked",
    "imports",
]
_TUPLES: Final = frozenset({"connection", "battery", "signal"})


async def read_parts(
    connection: Connection, recorder_id: str | None, start: datetime, end: datetime, now: datetime
) -> dict[str, Any]:
    """Return what was measured between *start* and *end*, as known at *now*: the rows of each part.

    Those of `connection`, `battery` and `signal` are tuples. Of no recorder there are none.
    """
    if recorder_id is None:
        return {part: [] for part in _PARTS}
    step = max((end - start) / _STEPS, (end - start).resolution)
    more = {"battery": (step,), "signal": (step,), "imports": (now,)}
    found: dict[str, Any] = {}
    for part in _PARTS:
        rows = await connection.fetch(query(_ROOM, part), recorder_id, start, end, *more.get(part, ()))
        found[part] = [tuple(row) if part in _TUPLES else dict(row) for row in rows]
    return found


async def read_track(
    connection: Connection,
    recorder_id: str,
    start: datetime,
    end: datetime,
    *,
    shown: Sequence[tuple[datetime, datetime]],
    limit: int,
) -> list[dict[str, Any]]:
    """Return up to *limit* fixes between *start* and *end*, within the intervals that may be *shown*."""
    froms, tos = [part[0] for part in shown], [part[1] for part in shown]
    return await _rows(connection, "track", recorder_id, start, end, froms, tos, limit)


async def read_history(
    connection: Connection,
    recorder_id: str,
    kind: str,
    *,
    within: tuple[datetime, datetime],
    after: tuple[datetime, int],
    limit: int,
) -> list[dict[str, Any]]:
    """Return a page of one kind of readings (but positions) in order of measurement, after (at, seq)."""
    return await _rows(connection, f"history_{kind}", recorder_id, *within, *after, limit)


async def _rows(connection: Connection, name: str, *parameters: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(query(_ROOM, name), *parameters)]
