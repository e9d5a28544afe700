"""Composition root: the watchdog. It stores this server's heartbeats, notes silent workers, and tells the engineers.

It runs in a thread with an event loop, a database pool and channels of its own: so it goes on when the server's loop, the
pool, the planner or the senders hang. While the notices' queue isn't to be trusted it sends by the engineers' channels
itself.
"""

import asyncio
import threading
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from alerts.notices.channels.channel import Channel, Message, Refused
from alerts.notices.channels.opening import open_channels
from alerts.notices.composing import desk_notices
from alerts.notices.routing import ENGINEERS
from alerts.notices.settings import NoticeSettings
from telemetry.domain.errors import DatabaseUnavailableError, RowsRefusedError
from telemetry.domain.heartbeats import Heartbeats
from telemetry.health.faults import PlatformFault
from telemetry.health.look import OwnParts, find_faults
from telemetry.health.telling import OVER_S, Standing, Told, is_queue_trusted, message_of
from telemetry.ingest.standstill import LEAST_S
from telemetry.records.notices import NewNotice
from telemetry.settings_tree import Settings, require_database_url
from telemetry.store.health import forget_beats, put_beats, see_faults, take_past_faults
from telemetry.store.notices import add_notices
from telemetry.store.pool import Database
from telemetry.store.standstills import note_silent_workers

_log = structlog.get_logger(__name__)
_LOOK_S: Final = 10.0
_LOOP: Final = "server"
_LOOP_WITHIN_S: Final = 30.0
_STATEMENT_S: Final = 5.0
_NOT_REPORTING: Final = "the worker does not report"
_MOST_OWED: Final = 100


async def beat_of_loop(heartbeats: Heartbeats) -> None:
    """Show that the server's event loop turns, until cancelled."""
    while True:
        heartbeats.works(_LOOP, _LOOP_WITHIN_S)
        await asyncio.sleep(_LOOP_WITHIN_S / 6)


async def run_apart_from_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run *work* in a thread with an event loop of its own; cancelling ends it there."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    inner = asyncio.new_event_loop()
    task = inner.create_task(work())

    def run() -> None:
        # Who awaits the end asks the task for its fault.
        with suppress(Exception, asyncio.CancelledError):
            inner.run_until_complete(task)
        inner.close()
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=run, name="watchdog", daemon=True).start()
    try:
        await ended.wait()
        task.result()
    except asyncio.CancelledError:
        inner.call_soon_threadsafe(task.cancel)
        await ended.wait()
        raise


async def watch_health(settings: Settings, own: OwnParts) -> None:
    """Look every ten seconds until cancelled. On a stop in order this server's parts are no longer expected."""
    database = await Database.open(require_database_url(settings), max_size=3, timeout_s=_STATEMENT_S)
    try:
        async with open_channels(settings.notices.channels) as channels:
            watchdog = Watchdog(database, settings.notices, channels, own)
            while True:
                await watchdog.look(asyncio.get_running_loop().time())
                await asyncio.sleep(_LOOK_S)
    finally:
        with suppress(DatabaseUnavailableError, RowsRefusedError, TimeoutError):
            async with asyncio.timeout(_STATEMENT_S):
                await forget_beats(database, own.server)
        await database.close()


@dataclass
class Watchdog:
    """One server's watchdog. `owed`: what is still to be sent by a channel itself, with its address."""

    database: Database
    settings: NoticeSettings
    channels: Mapping[str, Channel]
    own: OwnParts
    owed: list[tuple[str, str, Message]] = field(default_factory=list)
    _standing: Standing = field(default_factory=Standing)
    _told: set[Told] = field(default_factory=set)
    _began_s: float | None = None
    _sent: int = 0

    async def look(self, now_s: float) -> None:
        """One look: store, note, tell. Whatever fails is tried again at the next."""
        self._began_s = now_s if self._began_s is None else self._began_s
        found = await find_faults(self.database, self.own)
        standing = self._standing.look(found, now_s)
        self._told &= standing.keys()
        # A database that hangs takes half a minute to fail, so who has just seen that asks it nothing more.
        is_away = any(fault.code == "database" for fault in found)
        if is_away or not await self._tell_by_database(standing, is_settled=now_s - self._began_s >= OVER_S):
            new = {name: standing[name] for name in sorted(standing.keys() - self._told)}
            self._owe(self._notices(new, ()) if new else ())
            self._told |= new.keys()
        await self._pay()

    async def _tell_by_database(self, standing: Mapping[Told, PlatformFault], *, is_settled: bool) -> bool:
        """Store the heartbeats and tell; False if the database fails meanwhile."""
        try:
            await self._store()
            await self._tell(standing, is_settled=is_settled)
        except (DatabaseUnavailableError, RowsRefusedError) as fault:
            _log.warning("the watchdog can't reach the database", fault=str(fault))
            return False
        return True

    async def _store(self) -> None:
        await put_beats(self.database, self.own.server, self.own.heartbeats.beats())
        async with self.database.transaction() as connection:
            await note_silent_workers(connection, LEAST_S, _NOT_REPORTING)

    async def _tell(self, standing: Mapping[Told, PlatformFault], *, is_settled: bool) -> None:
        """Queue a notice of what is new and what is over; by the channels themselves while the queue isn't trusted."""
        async with self.database.transaction() as connection:
            untold = await see_faults(connection, standing.keys()) - self._told
            over = await take_past_faults(connection, OVER_S) if is_settled else set()
            if not untold and not over:
                return
            notices = self._notices({name: standing[name] for name in sorted(untold)}, sorted(over))
            is_trusted = is_queue_trusted(standing)
            stored = notices if is_trusted else [notice for notice in notices if not notice.routes]
            await add_notices(connection, [(notice, []) for notice in stored], self.own.now())
        self._told |= untold
        if not is_trusted:
            self._owe(notices)

    def _notices(self, new: Mapping[Told, PlatformFault], over: Collection[Told]) -> list[NewNotice]:
        for fault in new.values():
            _log.error("FAULT", place=fault.place, code=fault.code, fault=fault.text)
        message = message_of(new, over)
        is_urgent = any(not fault.is_warning for fault in new.values())
        return desk_notices(ENGINEERS, self.settings, message, is_urgent=is_urgent)

    def _owe(self, notices: Collection[NewNotice]) -> None:
        for notice in notices:
            for channel, address in notice.routes:
                self._sent += 1
                said = notice.message
                key = f"fault-{self.own.server}-{self._sent}"
                message = Message(
                    key, said["title"] or "", said["text"] or "", said["public_text"] or "", None, notice.urgent
                )
                self.owed.append((channel, address, message))
        del self.owed[:-_MOST_OWED]

    async def _pay(self) -> None:
        """Send what is owed, each by its channel; keep what was refused for now."""
        owed, self.owed = self.owed, []
        kept = await asyncio.gather(*(self._is_still_owed(*each) for each in owed))
        self.owed = [each for each, is_owed in zip(owed, kept, strict=True) if is_owed] + self.owed

    async def _is_still_owed(self, channel: str, address: str, message: Message) -> bool:
        try:
            answer = await self.channels[channel].send(message, address)
        except Exception:  # noqa: BLE001 - a bug in one channel must not stop the others
            _log.exception("channel fault", channel=channel)
            return False
        return isinstance(answer, Refused) and not answer.is_final
