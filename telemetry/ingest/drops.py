"""Ingest: detect messages that the broker acknowledged to a recorder and then dropped, from its own drop counter.

mosquitto checks the counter every `sys_interval` (10 s by default). It publishes its uptime, and then the counter if it
changed. An uptime without a following counter therefore means the counter is unchanged. Both are retained. A broker
that publishes neither is never reported as dropping messages.

The counter covers all sessions, including recorders' own and other tools'. The broker doesn't say which messages it
dropped, so every drop puts its whole interval in doubt. `queue_proof` doesn't raise the counter: mosquitto 2.0.11 and
2.0.21 don't count messages in a session that its client ends.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from telemetry.domain.topics import BROKER_DROPPED, BROKER_UPTIME
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.worker import Session

DELIVERY: Final = timedelta(seconds=5)
"""Longest delivery delay of a counter. Drops during that delay show up in the next counter."""
_COUNT: Final = re.compile(rb"\d{1,18}")
_TAKEN: Final = 100
_IDLE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Count:
    """Number of messages the broker has dropped since its start, and a time until which that number is complete."""

    dropped: int
    held_at: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """An interval in which the broker dropped messages, and how many."""

    starts_at: datetime
    ends_at: datetime
    messages: int

    @property
    def reason(self) -> str:
        """Reason text for the row in `standstill`."""
        return f"dropped {self.messages} messages"


class DropWatch:
    """Derives drops from the broker's counter. *known* is the counter that an earlier session stored."""

    def __init__(self, known: Count | None) -> None:
        self.count = known
        self._uptime_at: datetime | None = None
        self._latest: Drop | None = None

    def hear(self, arrivals: Sequence[Arrival]) -> list[Drop]:
        """Return the drops that *arrivals* report. A drop that adjoins the previous one extends it."""
        drops = []
        for arrival in arrivals:
            if arrival.topic == BROKER_UPTIME and not arrival.retained:
                self._note_uptime(arrival.received_at)
            elif arrival.topic == BROKER_DROPPED and _COUNT.fullmatch(arrival.payload):
                drop = self._note_count(int(arrival.payload), arrival.received_at, is_retained=arrival.retained)
                drops += [] if drop is None else [drop]
        return drops

    def _note_uptime(self, at: datetime) -> None:
        """Confirm the counter up to the previous uptime; if it has changed since, the new value follows this uptime."""
        if self.count is not None and self._uptime_at is not None:
            self.count = replace(self.count, held_at=max(self.count.held_at, self._uptime_at))
        self._uptime_at = at

    def _note_count(self, dropped: int, at: datetime, *, is_retained: bool) -> Drop | None:
        """A retained counter is up to one interval old, so it doesn't confirm the counter at *at*."""
        known = self.count
        self.count = Count(dropped, known.held_at if known is not None and is_retained else at)
        if known is None:
            return None
        # A smaller counter means the broker restarted at 0; everything it counts was dropped since.
        more = dropped - known.dropped if dropped >= known.dropped else dropped
        if more == 0:
            return None
        starts_at = known.held_at - DELIVERY
        drop = Drop(starts_at, max(at, starts_at), more)
        before = self._latest
        if before is not None and before.starts_at <= starts_at <= before.ends_at:
            drop = Drop(before.starts_at, max(drop.ends_at, before.ends_at), before.messages + more)
        self._latest = drop
        return drop


Store = Callable[[Count, Sequence[Drop]], Awaitable[None]]
"""Stores the counter and the drops derived from it in one transaction."""


async def attend(session: Session, watch: DropWatch, store: Store) -> None:
    """Listen until *session* ends. Raises BrokerUnavailableError, DatabaseUnavailableError.

    Afterwards start a new *watch* from the stored counter. The broker retains its own, so no drop is missed.
    """
    while True:
        arrivals = await session.take(_TAKEN, _IDLE_S)
        session.acknowledge(arrivals)
        drops = watch.hear(arrivals)
        if arrivals and watch.count is not None:
            await store(watch.count, drops)
