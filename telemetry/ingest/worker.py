"""Ingest: the running worker. It takes, sorts, writes and acknowledges messages, and recovers from outages."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Final, Protocol

import structlog

from telemetry.domain.errors import BrokerUnavailableError, DatabaseUnavailableError, SessionTakenOverError
from telemetry.domain.readings import Counted
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.flood import FloodGate
from telemetry.ingest.own_clock import OwnClock
from telemetry.ingest.sort import Sorted, sort_arrivals
from telemetry.ingest.writer import Outcome, Writer

_log = structlog.get_logger(__name__)

CAUGHT_UP: Final = timedelta(seconds=60)
"""After a resumed session the broker's queue counts as drained once the median delay is below this."""
HELD_TOO_LONG_S: Final = 5.0
"""A batch takes well under a second; after this long, nothing is being stored."""
_CATCH_UP_S: Final = 900.0
"""Draining takes minutes at most. Without this limit a fleet with wrong clocks would look like an endless queue."""
_IDLE_S: Final = 1.0
_SLICE: Final = 256
_GATHER_S: Final = 0.005
"""Pause to gather messages: handling each on arrival costs more than processing it."""
_SAMPLE: Final = 64


class Session(Protocol):
    """The interface of a broker session (MQTT 5 or 3.1.1)."""

    resumed: bool

    async def take(self, limit: int, idle_s: float) -> list[Arrival]:
        """Return messages, or an empty list after *idle_s* seconds. Raises BrokerUnavailableError."""
        ...

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        """Acknowledge messages that are stored."""
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...

    @property
    def waiting(self) -> int:
        """Number of messages that `take` would return at once."""
        ...


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How to cut batches: at most `batch_limit` messages; below `batch_least`, wait `linger_s` (s) for more.

    After a failure the worker pauses. The pause doubles from `retry_least_s` to `retry_most_s` and is reset once a
    session has lasted `steady_s`.
    """

    batch_limit: int = 4096
    batch_least: int = 512
    linger_s: float = 0.02
    retry_least_s: float = 0.2
    retry_most_s: float = 5.0
    steady_s: float = 15.0


@dataclass(slots=True)
class Progress:
    """Counters and state of a worker, for metrics and health.

    `database_fault`: why nothing can be stored. `holding_s`: loop time since which the oldest unstored message has
    waited. `resumed_s`: loop time since which the broker's queue is being drained.
    """

    connected: bool = False
    database_fault: str | None = None
    holding_s: float | None = None
    resumed_s: float | None = None
    received: int = 0
    outcome: Outcome = field(default_factory=Outcome)
    batches: int = 0
    reconnects: int = 0
    rejections: Counter[str] = field(default_factory=Counter)
    lag_s: float = 0.0
    fault: str | None = None
    on_stored: Callable[[Sorted], None] | None = None
    clock: OwnClock = field(default_factory=lambda: OwnClock(is_believed=True))

    def held_s(self, now_s: float) -> float:
        """Return how long (s) the oldest unstored message has waited."""
        return 0.0 if self.holding_s is None else now_s - self.holding_s

    def why_not_working(self, now_s: float) -> str | None:
        """Return why messages are not stored as they arrive; None if they are."""
        if not self.connected:
            return self.fault or "no broker session"
        if (held_s := self.held_s(now_s)) > HELD_TOO_LONG_S:
            return f"nothing stored for {held_s:.0f} s{f' ({self.database_fault})' if self.database_fault else ''}"
        if self.resumed_s is not None and now_s - self.resumed_s < _CATCH_UP_S:
            return "what waited at the broker is being taken in"
        return None


@dataclass(slots=True)
class _Batch:
    opened_s: float = 0.0
    taken: list[Arrival] = field(default_factory=list)
    admitted: list[Arrival] = field(default_factory=list)
    floods: list[Counted] = field(default_factory=list)
    sorted: Sorted = field(default_factory=Sorted)


class _Basket:
    """The batch being filled while the previous one is written. It closes when the writer is free."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self.batch = _Batch()

    async def wait_for_room(self) -> None:
        """Wait until the open batch has room."""
        while len(self.batch.taken) >= self._settings.batch_limit:
            self._emptied.clear()
            await self._emptied.wait()

    def note_filled(self) -> None:
        """Record that the open batch has messages."""
        if not self._filled.is_set():
            self.batch.opened_s = asyncio.get_running_loop().time()
            self._filled.set()

    async def close_batch(self) -> _Batch:
        """Wait until the open batch is large or old enough; return it and open a new one."""
        await self._filled.wait()
        if len(self.batch.taken) < self._settings.batch_least:
            waited_s = asyncio.get_running_loop().time() - self.batch.opened_s
            await asyncio.sleep(max(0.0, self._settings.linger_s - waited_s))
        closed, self.batch = self.batch, _Batch()
        self._filled.clear()
        self._emptied.set()
        return closed


class Worker:
    """One ingest worker: one session, one writer; at most one batch being written and one being filled."""

    def __init__(
        self,
        open_session: Callable[[], Awaitable[Session]],
        writer: Writer,
        settings: WorkerSettings,
        progress: Progress,
        gate: FloodGate | None = None,
    ) -> None:
        self._open_session = open_session
        self._writer = writer
        self._settings = settings
        self._gate = gate or FloodGate()
        self.progress = progress

    async def run(self) -> None:
        """Run until cancelled; retry with growing pauses while the broker or the database is unavailable.

        Pauses also grow after brief sessions. Two clients with the same id end each other's session (mosquitto 2.0
        doesn't say why); with growing pauses both get some work done.
        """
        settings = self._settings
        pause_s = settings.retry_least_s
        while True:
            steady_at = asyncio.get_running_loop().time() + settings.steady_s
            try:
                await self._attend(await self._open_session())
            except (BrokerUnavailableError, DatabaseUnavailableError) as fault:
                self._note_fault(str(fault))
                if isinstance(fault, SessionTakenOverError):
                    pause_s = settings.retry_most_s
                elif asyncio.get_running_loop().time() > steady_at:
                    pause_s = settings.retry_least_s
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, settings.retry_most_s)

    async def _attend(self, session: Session) -> None:
        """Serve *session* until it ends. Raises BrokerUnavailableError."""
        self.progress.resumed_s = asyncio.get_running_loop().time() if session.resumed else None
        self.progress.connected, self.progress.fault = True, None
        _log.info("broker session", resumed=session.resumed)
        try:
            await self._run_session(session)
        finally:
            self.progress.connected, self.progress.holding_s = False, None
            self.progress.reconnects += 1
            await session.close()

    async def _run_session(self, session: Session) -> None:
        basket = _Basket(self._settings)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._prepare(session, basket))
                group.create_task(self._store(session, basket))
        except* BrokerUnavailableError as faults:
            raise faults.exceptions[0] from None

    async def _prepare(self, session: Session, basket: _Basket) -> None:
        """Take and decode the next batch while the previous one is being written.

        It decodes in slices, so that the event loop can handle the database's answers in between.
        """
        while True:
            await basket.wait_for_room()
            arrivals = await session.take(_SLICE, _IDLE_S)
            if not arrivals:
                self.progress.resumed_s = None
                continue
            self.progress.received += len(arrivals)
            if self.progress.resumed_s is not None or not self.progress.clock.is_believed:
                # When they arrived says nothing about the devices' clocks.
                for arrival in arrivals:
                    arrival.queued = True
            admitted, floods = self._gate.admit(arrivals)
            batch = basket.batch
            batch.taken += arrivals
            batch.admitted += admitted
            batch.floods += floods
            sort_arrivals(admitted, batch.sorted)
            basket.note_filled()
            await asyncio.sleep(0 if session.waiting >= _SLICE else _GATHER_S)

    async def _store(self, session: Session, basket: _Basket) -> None:
        while True:
            batch = await basket.close_batch()
            self.progress.holding_s = batch.opened_s
            self._note_lag(batch.sorted)
            outcome = await self._write_until_stored(batch)
            session.acknowledge(batch.taken)
            self.progress.holding_s = None
            self.progress.outcome.add(outcome)
            self.progress.batches += 1
            for counted in (*batch.sorted.rejections, *batch.floods):
                self.progress.rejections[counted.rejection.code] += counted.count

    async def _write_until_stored(self, batch: _Batch) -> Outcome:
        """Write *batch*, retrying until the database accepts it; nothing is acknowledged before."""
        pause_s = self._settings.retry_least_s
        while True:
            try:
                outcome = await self._writer.write(batch.admitted, batch.sorted, batch.floods)
            except DatabaseUnavailableError as fault:
                if self.progress.database_fault is None:
                    _log.warning("database away, nothing is acknowledged until it is back", fault=str(fault))
                self.progress.database_fault = str(fault)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, self._settings.retry_most_s)
                continue
            if self.progress.database_fault is not None:
                _log.info("database back")
            self.progress.database_fault = None
            if self.progress.on_stored is not None:
                self.progress.on_stored(batch.sorted)
            return outcome

    def _note_lag(self, batch: Sorted) -> None:
        """Record the median delay (s) of a sample; it distinguishes a drained queue from a fleet with wrong clocks."""
        sample = [
            (recorder_id, (pending.arrival.received_at - pending.ts).total_seconds())
            for (recorder_id, _), waiting in batch.boots.items()
            for pending in waiting[:1]
            if pending.body is not None and not pending.backlog
        ][:_SAMPLE]
        if sample:
            if self.progress.resumed_s is None:
                now_s = asyncio.get_running_loop().time()
                for recorder_id, behind_s in sample:
                    self.progress.clock.fleet.hear(recorder_id, behind_s, now_s)
            self.progress.lag_s = median(behind_s for _, behind_s in sample)
            if abs(self.progress.lag_s) < CAUGHT_UP.total_seconds():
                self.progress.resumed_s = None

    def _note_fault(self, fault: str) -> None:
        if self.progress.fault != fault:
            _log.warning("no broker session, trying again", fault=fault)
        self.progress.fault = fault
