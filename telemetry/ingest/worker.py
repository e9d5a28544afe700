"""Ingest as a running thing: take, sort, write, acknowledge, and begin again when the broker or the database was away."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Final, NamedTuple, Protocol

import structlog

from telemetry.domain.errors import BrokerUnavailableError, DatabaseUnavailableError, SessionTakenOverError
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.flood import FloodGate
from telemetry.ingest.sort import Counted, Sorted, sort_arrivals
from telemetry.ingest.writer import Outcome, Writer

_log = structlog.get_logger(__name__)

CAUGHT_UP: Final = timedelta(seconds=60)
"""While the median message is later than this after a resumed session, the broker's queue is being drained."""
_IDLE_S: Final = 1.0
_SAMPLE: Final = 64


class Session(Protocol):
    """What the worker needs of a broker session (MQTT 5 or 3.1.1)."""

    resumed: bool

    async def take(self, limit: int, idle_s: float) -> list[Arrival]:
        """Messages, or an empty list after *idle_s* seconds. Raises BrokerUnavailableError."""
        ...

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        """These are stored."""
        ...

    async def close(self) -> None:
        """Leave."""
        ...

    @property
    def waiting(self) -> int:
        """How many `take` would give at once."""
        ...


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How batches are cut: at most `batch_limit` messages; a batch below `batch_least` waits `linger_s` for more.

    After a failure it pauses, doubling from `retry_least_s` to `retry_most_s`, until a session has lasted `steady_s`.
    """

    batch_limit: int = 4096
    batch_least: int = 512
    linger_s: float = 0.02
    retry_least_s: float = 0.2
    retry_most_s: float = 5.0
    steady_s: float = 15.0


@dataclass(slots=True)
class Progress:
    """What a worker has done and how it is; read by metrics and health."""

    connected: bool = False
    database_up: bool = True
    received: int = 0
    outcome: Outcome = field(default_factory=Outcome)
    batches: int = 0
    reconnects: int = 0
    rejections: Counter[str] = field(default_factory=Counter)
    lag_s: float = 0.0
    fault: str | None = None
    on_stored: Callable[[Sorted], None] | None = None


class _Batch(NamedTuple):
    taken: list[Arrival]
    admitted: list[Arrival]
    floods: list[Counted]
    sorted: Sorted


class Worker:
    """One ingest worker: one session, one writer, at most one batch being written and one being prepared."""

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
        self._catching_up = False
        self.progress = progress

    async def run(self) -> None:
        """Work until cancelled; a broker or a database that is away is waited for, with growing pauses.

        Pauses grow over brief sessions too, so that two clients of one name, who end each other's session (mosquitto
        2.0 doesn't tell them why), both get some work done.
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
        self._catching_up = session.resumed
        self.progress.connected, self.progress.fault = True, None
        _log.info("broker session", resumed=session.resumed)
        try:
            await self._run_session(session)
        finally:
            self.progress.connected = False
            self.progress.reconnects += 1
            await session.close()

    async def _run_session(self, session: Session) -> None:
        prepared: asyncio.Queue[_Batch] = asyncio.Queue(maxsize=1)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._prepare(session, prepared))
                group.create_task(self._store(session, prepared))
        except* BrokerUnavailableError as faults:
            raise faults.exceptions[0] from None

    async def _prepare(self, session: Session, prepared: asyncio.Queue[_Batch]) -> None:
        """Take and decode the next batch while the one before is being written."""
        settings = self._settings
        while True:
            if session.waiting < settings.batch_least:
                arrivals = await session.take(1, _IDLE_S)
                if not arrivals:
                    self._catching_up = False
                    continue
                if session.waiting < settings.batch_least:
                    await asyncio.sleep(settings.linger_s)
                if session.waiting:
                    arrivals += await session.take(settings.batch_limit - 1, _IDLE_S)
            else:
                arrivals = await session.take(settings.batch_limit, _IDLE_S)
            self.progress.received += len(arrivals)
            if self._catching_up:
                for arrival in arrivals:
                    arrival.queued = True
            admitted, floods = self._gate.admit(arrivals)
            batch = sort_arrivals(admitted)
            self._note_lag(batch)
            await prepared.put(_Batch(arrivals, admitted, floods, batch))

    async def _store(self, session: Session, prepared: asyncio.Queue[_Batch]) -> None:
        while True:
            batch = await prepared.get()
            outcome = await self._write_until_stored(batch)
            session.acknowledge(batch.taken)
            self.progress.outcome.add(outcome)
            self.progress.batches += 1
            for rejection, _, count in (*batch.sorted.rejections, *batch.floods):
                self.progress.rejections[rejection.code] += count

    async def _write_until_stored(self, batch: _Batch) -> Outcome:
        """Write; nothing is acknowledged while the database is away."""
        pause_s = self._settings.retry_least_s
        while True:
            try:
                outcome = await self._writer.write(batch.admitted, batch.sorted, batch.floods)
            except DatabaseUnavailableError as fault:
                if self.progress.database_up:
                    _log.warning("database away, nothing is acknowledged until it is back", fault=str(fault))
                self.progress.database_up = False
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, self._settings.retry_most_s)
                continue
            if not self.progress.database_up:
                _log.info("database back")
            self.progress.database_up = True
            if self.progress.on_stored is not None:
                self.progress.on_stored(batch.sorted)
            return outcome

    def _note_lag(self, batch: Sorted) -> None:
        """The median delay of a sample (seconds): it tells a drained queue from a fleet of wrong clocks."""
        sample = [
            (pending.arrival.received_at - pending.ts).total_seconds()
            for waiting in batch.boots.values()
            for pending in waiting[:1]
            if pending.body is not None and not pending.backlog
        ][:_SAMPLE]
        if sample:
            self.progress.lag_s = median(sample)
            if abs(self.progress.lag_s) < CAUGHT_UP.total_seconds():
                self._catching_up = False

    def _note_fault(self, fault: str) -> None:
        if self.progress.fault != fault:
            _log.warning("no broker session, trying again", fault=fault)
        self.progress.fault = fault
