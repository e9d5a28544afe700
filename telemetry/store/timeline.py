"""Store queries of one recorder's timeline: spans, track, and pages of readings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "timeline"
_PARTS: Final = 400
HISTORIES: Final = ("battery", "storage", "heartbeat", "recording", "presence", "event")
"""Kinds of readings that can be paged; positions are in the track."""


@dataclass(frozen=True, slots=True)
class Spans:
    """One recorder's measurements in an interval, as database rows."""

    recording: list[dict[str, Any]]
    connection: list[dict[str, Any]]
    sim: list[dict[str, Any]]
    backlog: list[dict[str, Any]]
    battery: list[dict[str, Any]]
    signal: list[dict[str, Any]]
    boots: list[dict[str, Any]]
    events: list[dict[str, Any]]
    docked: list[dict[str, Any]]
    imports: list[dict[str, Any]]


async def read_spans(connection: Connection, recorder_id: str, start: datetime, end: datetime, now: datetime) -> Spans:
    """Return everything that the timeline shows between *start* and *end*, as known at *now*."""
    key = (recorder_id, start, end)
    part = max((end - start) / _PARTS, (end - start).resolution)
    return Spans(
        recording=await _rows(connection, "recording", *key),
        connection=await _rows(connection, "connection", *key),
        sim=await _rows(connection, "sim", *key),
        backlog=await _rows(connection, "backlog", *key),
        battery=await _rows(connection, "battery", *key, part),
        signal=await _rows(connection, "signal", *key, part),
        boots=await _rows(connection, "boots", *key),
        events=await _rows(connection, "events", *key),
        docked=await _rows(connection, "docked", *key),
        imports=await _rows(connection, "imports", *key, now),
    )


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
    """Return a page of one kind (of HISTORIES) of readings in order of measurement, after (at, seq)."""
    return await _rows(connection, f"history_{kind}", recorder_id, *within, *after, limit)


async def _rows(connection: Connection, name: str, *parameters: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(query(_ROOM, name), *parameters)]
