"""Ingest: messages that the broker acknowledged to a recorder and then dropped, by the broker's own count.

mosquitto looks at its count each `sys_interval` (10 s by default). It publishes its uptime then, and after it the count
where that has changed; so an uptime that no count follows says that the count still holds. Both are retained. A
broker that publishes neither is never said to have dropped anything.

The count is of all sessions, of those too that aren't the server's (a recorder's own, somebody's tool): what was dropped
isn't told, so each drop puts its time in doubt. A proof of the queue doesn't count: mosquitto 2.0.11 and 2.0.21 don't
count what still waits in a session that its client ends, as `queue_proof` does.
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
"""What the broker told may have been on its way for so long; what it dropped meanwhile it tells the next time."""
_COUNT: Final = re.compile(rb"\d{1,18}")
_TAKEN: Final = 100
_IDLE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Count:
    """How many messages the broker has dropped since its start, and when these were certainly all."""

    dropped: int
    held_at: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """A stretch of time in which the broker dropped messages, and how many."""

    starts_at: datetime
    ends_at: datetime
    messages: int

    @property
    def reason(self) -> str:
        """Why that time proves nothing, for a row of `standstill`."""
        return f"dropped {self.messages} messages"


class DropWatch:
    """Tells from the broker's count when it dropped messages; *known* is what an earlier session left."""

    def __init__(self, known: Count | None) -> None:
        self.count = known
        self._uptime_at: datetime | None = None
        self._latest: Drop | None = None

    def hear(self, arrivals: Sequence[Arrival]) -> list[Drop]:
        """The drops that *arrivals* tell of; one that begins where another did continues it."""
        drops = []
        for arrival in arrivals:
            if arrival.topic == BROKER_UPTIME and not arrival.retained:
                self._note_uptime(arrival.received_at)
            elif arrival.topic == BROKER_DROPPED and _COUNT.fullmatch(arrival.payload):
                drop = self._note_count(int(arrival.payload), arrival.received_at, is_retained=arrival.retained)
                drops += [] if drop is None else [drop]
        return drops

    def _note_uptime(self, at: datetime) -> None:
        """The count held until the uptime before; a change since then comes after this one."""
        if self.count is not None and self._uptime_at is not None:
            self.count = replace(self.count, held_at=max(self.count.held_at, self._uptime_at))
        self._uptime_at = at

    def _note_count(self, dropped: int, at: datetime, *, is_retained: bool) -> Drop | None:
        """What is retained was counted up to one interval ago: it doesn't say that the count holds now."""
        known = self.count
        self.count = Count(dropped, known.held_at if known is not None and is_retained else at)
        if known is None:
            return None
        # Less than before: the broker has begun anew at 0, and what it counts now it dropped since then.
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
"""Keeps the count, and what it tells of, together."""


async def attend(session: Session, watch: DropWatch, store: Store) -> None:
    """Listen until *session* is over. Raises BrokerUnavailableError, DatabaseUnavailableError.

    After either, *watch* begins anew with the count that was stored: the broker retains its own, so nothing is missed.
    """
    while True:
        arrivals = await session.take(_TAKEN, _IDLE_S)
        session.acknowledge(arrivals)
        drops = watch.hear(arrivals)
        if arrivals and watch.count is not None:
            await store(watch.count, drops)
