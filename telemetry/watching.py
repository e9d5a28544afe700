"""Composition root: watch the broker's log, the broker's drop counter and the server's own clock."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from telemetry.domain.clock import Now, wall_now
from telemetry.domain.errors import BrokerUnavailableError, DatabaseUnavailableError, RowsRefusedError
from telemetry.domain.heartbeats import Heartbeats
from telemetry.domain.readings import Counted
from telemetry.domain.topics import BROKER_DROPPED, BROKER_LOG, BROKER_UPTIME
from telemetry.ingest.drops import Count, Drop, DropWatch, attend
from telemetry.ingest.own_clock import ClockWatch, Comparison, OwnClock
from telemetry.ingest.session import Mqtt5Session, SessionSettings
from telemetry.ingest.unheard_logins import Listener
from telemetry.ingest.writer import Writer
from telemetry.settings_tree import Settings
from telemetry.store.platform import heard_since, pull_back_states
from telemetry.store.pool import Database
from telemetry.store.standstills import (
    CLOCK,
    PastStandstill,
    database_now,
    end_standstills,
    has_clock_apart,
    last_count,
    part_of_clock,
    put_count,
    put_standstill,
)
from telemetry.workers import open_database, run_worker, session_settings

_log = structlog.get_logger(__name__)
_AGAIN_S: Final = 60.0
_COMPARE_S: Final = 10.0
"""Seconds between clock comparisons; the precision of a standstill's bounds."""
_COMPARED_WITHIN_S: Final = 60.0


async def watch_logins(settings: Settings, database: Database, now: Now = wall_now) -> None:
    """Record recorders that log in but are not heard, or send too large a packet, until cancelled.

    If the broker doesn't publish its log, the subscription is retried.
    """

    def wanted() -> SessionSettings:
        name = f"{settings.ingest.name}-logins"
        return replace(session_settings(settings, name), topic_filter=BROKER_LOG, session_expiry_s=0, now=now)

    writer = Writer(database)

    async def store(lost: Sequence[Counted]) -> None:
        if lost:
            told = {counted.rejection.recorder_id: counted.rejection.reason for counted in lost}
            _log.warning("the broker lost messages of recorders", recorders=told)
            await writer.write([], None, lost)

    listener = Listener(partial(heard_since, database), store, now)
    if settings.broker.protocol == "5":
        await _attend_for_ever(wanted, listener.attend)


async def watch_drops(settings: Settings, database: Database, now: Now = wall_now) -> None:
    """Record the broker's drops as standstills, until cancelled.

    If the broker doesn't publish its counter, the subscription is retried.
    """

    def wanted() -> SessionSettings:
        return replace(
            session_settings(settings, f"{settings.ingest.name}-drops"),
            topic_filter=BROKER_DROPPED,
            further_filters=(BROKER_UPTIME,),
            session_expiry_s=0,
            now=now,
        )

    broker = f"{settings.broker.host}:{settings.broker.port}"

    async def listen(session: Mqtt5Session) -> None:
        known = await last_count(database, broker)
        await attend(session, DropWatch(known and Count(*known)), partial(note_drops, database, broker))

    if settings.broker.protocol == "5":
        await _attend_for_ever(wanted, listen)


async def note_drops(database: Database, broker: str, count: Count, drops: Sequence[Drop]) -> None:
    """Store the broker's *count* and the *drops* derived from it."""
    for drop in drops:
        _log.error("THE BROKER DROPPED MESSAGES", since=drop.starts_at, until=drop.ends_at, messages=drop.messages)
    told = [PastStandstill(drop.starts_at, drop.ends_at, drop.reason) for drop in drops]
    await put_count(database, broker, count.dropped, count.held_at, told)


async def watch_clock(
    database: Database,
    part: str,
    now: Now = wall_now,
    *,
    clock: OwnClock | None = None,
    workers: str = "",
    heartbeats: Heartbeats | None = None,
) -> None:
    """Record while our clock *now* disagrees with the database's or the fleet's, until cancelled.

    *part* names this clock in the table `standstill`. *clock* is told whether it is believed, and knows the fleet's.
    *workers*: the name of this machine, whose other ingest processes hear the fleet for us.
    """
    clock = clock or OwnClock()
    heartbeats = heartbeats or Heartbeats(time.monotonic)
    heartbeats.expect(CLOCK, _COMPARED_WITHIN_S)
    watch = ClockWatch()
    while True:
        try:
            before = now()
            seen = Comparison(before, await database_now(database), now())
            ahead_s = clock.fleet.ahead_s(asyncio.get_running_loop().time())
            agrees = await note_clock(database, part, watch, seen, ahead_s)
            clock.is_believed = agrees and not (workers and await has_clock_apart(database, workers))
            if clock.is_believed:
                await pull_back_states(database, now())
            heartbeats.works(CLOCK, _COMPARED_WITHIN_S)
        except (DatabaseUnavailableError, RowsRefusedError) as fault:
            _log.debug("clocks not compared", fault=str(fault))
        await asyncio.sleep(_COMPARE_S)


async def note_clock(
    database: Database, part: str, watch: ClockWatch, seen: Comparison, fleet_ahead_s: float | None = None
) -> bool:
    """Store the result of one comparison for the clock *part*; return whether the clocks agree."""
    standstill = watch.look(seen, fleet_ahead_s)
    if standstill is None:
        # Also end a standstill that an earlier process left open.
        await end_standstills(database, part, max(seen.database, seen.after))
        return True
    _log.error("CLOCKS DISAGREE: set them by NTP", part=part, since=standstill.starts_at, reason=standstill.reason)
    await put_standstill(database, part, standstill.starts_at, standstill.reason)
    return False


async def run_apart(settings: Settings, name: str) -> None:
    """Run the worker *name* as a process of its own until cancelled; its clock may be another machine's."""
    database = await open_database(settings)
    clock = OwnClock()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(run_worker(settings, name, shared=True, clock=clock))
            group.create_task(watch_clock(database, part_of_clock(name), clock=clock))
    finally:
        await database.close()


async def _attend_for_ever(
    wanted: Callable[[], SessionSettings], listen: Callable[[Mqtt5Session], Awaitable[None]]
) -> None:
    """Open a session as *wanted* for *listen*, and retry a while after each that ends or is refused."""
    while True:
        try:
            session = await Mqtt5Session.open(wanted())
            try:
                await listen(session)
            finally:
                await session.close()
        except (BrokerUnavailableError, DatabaseUnavailableError, RowsRefusedError) as fault:
            _log.debug("the broker isn't heard about itself", fault=str(fault))
            await asyncio.sleep(_AGAIN_S)
