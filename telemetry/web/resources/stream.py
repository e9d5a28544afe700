"""`GET /stream`: server-sent events of what changes; after a cut it goes on from its cursor without losing a change.

    event: recorders   data: [Live, …]              those that changed
    event: counts      data: {…counts, as_of}       at least every 10 s while all is well
    event: incidents   data: [IncidentSummary, …]   those that changed
    event: gone        data: {recorders: [id, …], incidents: [id, …]}   out of one's sight
    event: reset       data: {}                     too slow, or the cursor is of another database: take a new snapshot

Every event carries as its id the cursor to go on from. A cursor of this process is followed batch by batch; one of
another (the server was restarted) by everything as it is now, and the incidents that changed since it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

from telemetry.domain.errors import DatabaseUnavailableError
from telemetry.records.incidents import IncidentRow
from telemetry.records.live import LiveRow
from telemetry.store.incidents import once_known
from telemetry.web.http.problems import faulty
from telemetry.web.http.rate_limit import METER
from telemetry.web.http.route import Call, Route
from telemetry.web.http.unit_names import unit_names
from telemetry.web.http.visibility import READERS, Sight
from telemetry.web.resources.feed import Batch, Cursor, Feed, Listener, Step, counts_of
from telemetry.web.resources.incident_detail import names_in
from telemetry.web.resources.incident_words import IncidentSummary, summarize
from telemetry.web.resources.live import FEED, live_of, sight_for

_PING_S: Final = 15.0
_WRITE_S: Final = 30.0
_RECHECK_S: Final = 10.0
_CHUNK: Final = 500


class StreamQuery(BaseModel):
    """`cursor`: where to go on; the header Last-Event-ID goes before it."""

    model_config = ConfigDict(extra="forbid")
    cursor: str | None = None
    unit_id: str | None = None


@dataclass(slots=True)
class _Client:
    """One who listens: what he sees and where his events go."""

    call: Call
    sight: Sight
    response: web.StreamResponse
    feed: Feed
    units: dict[str, str]

    async def send(self, event: str, data: Any, cursor: Cursor) -> None:
        text = b"id: %s\nevent: %s\ndata: %s\n\n" % (str(cursor).encode(), event.encode(), to_json(data))
        async with asyncio.timeout(_WRITE_S):
            await self.response.write(text)

    async def send_batch(self, batch: Batch, before: Cursor) -> None:
        """Every part carries the cursor before the batch, but for the last one: a cut in between repeats it."""
        shown, gone = _seen_steps(batch.steps, self.sight)
        for start in range(0, len(shown), _CHUNK):
            part = [live_of(row, self.units, self.sight) for row in shown[start : start + _CHUNK]]
            await self.send("recorders", part, before)
        incidents = [row for row in batch.incidents if self.sight.of_incident(row)]
        hidden = await self._hidden(batch.incidents) if self.sight.units is None else []
        if incidents:
            await self.send("incidents", await self._summaries(incidents), before)
        if gone or hidden:
            await self.send("gone", {"recorders": gone, "incidents": hidden}, before)
        counts = counts_of(batch.tallies, self.sight)
        await self.send("counts", {**counts, "as_of": batch.as_of}, batch.cursor)

    async def send_all(self, cursor: Cursor | None) -> Cursor:
        """Everything as it is now, and what changed of the incidents since *cursor*."""
        picture = await self.feed.picture()
        incidents: Sequence[IncidentRow] | None = []
        if cursor is not None:
            incidents = await self.feed.incidents_since(cursor.position)
        if incidents is None:
            await self.send("reset", {}, picture.cursor)
            return picture.cursor
        steps = [Step(None, row) for row in picture.rows]
        batch = Batch(picture.cursor, picture.as_of, steps, incidents, picture.tallies)
        await self.send_batch(batch, cursor or Cursor("none", 0, picture.cursor.position))
        return picture.cursor

    async def _hidden(self, rows: Sequence[IncidentRow]) -> list[str]:
        """Incidents that were seen and are out of sight now. Of what was never more than a suspicion nobody else hears."""
        out = [row.incident_id for row in rows if not self.sight.of_incident(row)]
        if not out:
            return []
        async with self.call.database.connection() as connection:
            return await once_known(connection, out)

    async def _summaries(self, rows: Sequence[IncidentRow]) -> list[IncidentSummary]:
        async with self.call.database.connection() as connection:
            names = await names_in(connection, rows)
        return [summarize(row, names, self.call.now) for row in rows]


def _seen_steps(steps: Sequence[Step], sight: Sight) -> tuple[list[LiveRow], list[str]]:
    """What is to be shown, and which recorders have left one's sight."""
    shown: list[LiveRow] = []
    gone: list[str] = []
    for step in steps:
        if step.after is not None and sight.of_recorder(step.after):
            shown.append(step.after)
        elif step.before is not None and sight.of_recorder(step.before):
            gone.append(step.before.recorder_id)
    return shown, gone


def _cursor_of(call: Call) -> Cursor | None:
    text = call.request.headers.get("Last-Event-ID") or call.query.cursor
    if not text:
        return None
    cursor = Cursor.parse(text)
    if cursor is None:
        raise faulty("cursor", "no cursor of this stream", "续传标记无效")
    return cursor


async def _stream(call: Call) -> web.StreamResponse:
    cursor = _cursor_of(call)
    sight = await sight_for(call, call.query.unit_id)
    with call.request.app[METER].streaming(call.account.username):
        return await _streamed(call, cursor, sight)


async def _streamed(call: Call, cursor: Cursor | None, sight: Sight) -> web.StreamResponse:
    feed = call.request.app[FEED]
    units = await unit_names(call.database, call.now)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    await response.prepare(call.request)
    client = _Client(call, sight, response, feed, units)
    listener, missed = feed.listen(cursor)
    try:
        await response.write(b"retry: 1000\n\n")
        if missed is None:
            reached = await client.send_all(cursor)
        else:
            assert cursor is not None
            reached = cursor
            for batch in missed:
                await client.send_batch(batch, reached)
                reached = batch.cursor
        await _follow(client, listener, reached)
    except (ConnectionError, TimeoutError, DatabaseUnavailableError):
        # The client is gone or too slow, or nothing can be read: it comes back with its cursor.
        pass
    finally:
        feed.leave(listener)
    return response


async def _follow(client: _Client, listener: Listener, reached: Cursor) -> None:
    """Send what comes until the client leaves or its session ends."""
    async for batch in _batches(client, listener):
        if client.feed.is_closing:
            return
        if batch is None:
            await client.send("reset", {}, reached)
            return
        if batch.cursor.sequence > reached.sequence:
            client.units = await unit_names(client.call.database, client.call.now)
            await client.send_batch(batch, reached)
            reached = batch.cursor


async def _batches(client: _Client, listener: Listener) -> AsyncIterator[Batch | None]:
    loop = asyncio.get_running_loop()
    checked = said = loop.time()
    while True:
        try:
            async with asyncio.timeout(min(_PING_S, _RECHECK_S) / 2):
                batch = await listener.queue.get()
        except TimeoutError:
            batch = None
            if loop.time() - said >= _PING_S:
                async with asyncio.timeout(_WRITE_S):
                    await client.response.write(b": ping\n\n")
                said = loop.time()
        else:
            yield batch
        if loop.time() - checked >= _RECHECK_S:
            checked = loop.time()
            if not await client.call.is_still_let_in():
                return


ROUTES: Final = (
    Route(
        "GET",
        "/stream",
        _stream,
        summary="状态与事件变化的实时流（SSE）",
        roles=READERS,
        scope="read",
        query=StreamQuery,
        media="text/event-stream",
    ),
)
