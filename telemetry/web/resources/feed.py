"""The live stream, the source: one look at the fleet a second, and what changed since the last one for whoever listens.

One feed serves a whole process. It looks only while somebody listens or has asked lately. A look compares the fleet with
what was last published, so that what only time changes (a recorder falls silent, a duty begins) is a change like another.
"""

import asyncio
import secrets
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from telemetry.domain.clock import Now
from telemetry.domain.errors import DatabaseUnavailableError, RowsRefusedError
from telemetry.domain.heartbeats import Heartbeats
from telemetry.records.incidents import IncidentRow
from telemetry.records.live import LiveRow
from telemetry.store.incidents import incidents_by_id
from telemetry.store.live import incidents_changed_since, live_snapshot
from telemetry.store.pool import Database
from telemetry.web.http.visibility import Sight

_log = structlog.get_logger(__name__)
LOOK_S: Final = 0.8
"""Between two looks; with the look itself a change is with the client within a second."""
_IDLE_S: Final = 30.0
_PART: Final = "feed"
_WITHIN_S: Final = 30.0
_STALE_S: Final = 1.0
_KEPT: Final = 120
_QUEUED: Final = 60
_FRESH: Final = timedelta(seconds=10)
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_PLAIN: Final = frozenset({"recording", "standby"})

Key = tuple[str, str | None]
"""Unit of the recorder, unit of its wearer."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the stream: of which process, after which batch, and up to where the incidents were read."""

    epoch: str
    sequence: int
    position: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.sequence}.{self.position}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor that *text* spells; None where it spells none."""
        epoch, *numbers = text.split(".")
        if len(text) > 80 or len(numbers) != 2 or not all(n.isascii() and n.isdigit() for n in numbers):
            return None
        if not (epoch.isascii() and epoch.isalnum()) or int(numbers[1]) >= 2**63:
            return None
        return cls(epoch, int(numbers[0]), int(numbers[1]))


@dataclass(frozen=True, slots=True)
class Step:
    """A recorder before and after: None before, it is new; None after, it is gone."""

    before: LiveRow | None
    after: LiveRow | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one look found changed; `tallies` are the counts of on-duty recorders by `Key`."""

    cursor: Cursor
    as_of: datetime
    steps: Sequence[Step]
    incidents: Sequence[IncidentRow]
    tallies: Mapping[Key, Counter[str]]


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything as it was last published."""

    cursor: Cursor
    as_of: datetime
    rows: Sequence[LiveRow]
    tallies: Mapping[Key, Counter[str]]


@dataclass(eq=False)
class Listener:
    """One client's place: batches wait for it, a bounded number; who is too slow is told to begin anew."""

    queue: asyncio.Queue[Batch | None] = field(default_factory=lambda: asyncio.Queue(_QUEUED))

    def offer(self, batch: Batch) -> None:
        """Queue *batch*; where there is no room, drop all and queue None: a reset."""
        if self.queue.full():
            self.dismiss()
        else:
            self.queue.put_nowait(batch)

    def dismiss(self) -> None:
        """Drop what waits and queue an end."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Feed:
    """The source of the stream in one process."""

    def __init__(self, database: Database, now: Now, heartbeats: Heartbeats | None = None) -> None:
        self._database = database
        self._now = now
        self._heartbeats = heartbeats or Heartbeats(time.monotonic)
        self._epoch = secrets.token_hex(4)
        self._sequence = 0
        self._position: int | None = None
        self._as_of = _NEVER
        self._looked = float("-inf")
        self._wanted = float("-inf")
        self._published: dict[str, tuple[LiveRow, datetime]] = {}
        self._tallies: dict[Key, Counter[str]] = {}
        self._told: OrderedDict[str, int] = OrderedDict()
        self._history: deque[Batch] = deque(maxlen=_KEPT)
        self._listeners: set[Listener] = set()
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self.is_closing = False

    async def run(self) -> None:
        """Look once a second while somebody listens or has asked lately; for ever."""
        while True:
            if not self._listeners and time.monotonic() - self._wanted > _IDLE_S:
                self._wake.clear()
                self._heartbeats.rests(_PART)
                await self._wake.wait()
                self._heartbeats.expect(_PART, _WITHIN_S)
            begun = time.monotonic()
            try:
                await self._look()
                self._heartbeats.works(_PART, _WITHIN_S)
            except (DatabaseUnavailableError, RowsRefusedError) as fault:
                _log.warning("live stream stands still", fault=str(fault))
            except Exception:  # noqa: BLE001 - a look that fails must not end all that follow
                _log.exception("live stream: a look failed")
            took = time.monotonic() - begun
            await asyncio.sleep(max(LOOK_S - took, took, 0.05))

    async def picture(self) -> Picture:
        """The fleet as it is, no older than a second."""
        self._want()
        if time.monotonic() - self._looked > _STALE_S:
            # Of many who ask at once the first one looks, and the others find it done.
            await self._look(unless_within_s=_STALE_S)
        rows = [row for row, _ in self._published.values()]
        return Picture(self._cursor(), self._as_of, rows, self._tallies)

    async def refresh(self) -> None:
        """Look now: somebody has just changed what the picture shows, and will ask for it."""
        await self._look()

    def listen(self, cursor: Cursor | None) -> tuple[Listener, Sequence[Batch] | None]:
        """A new listener, and the batches that it missed since *cursor*; None where these aren't known any more."""
        self._want()
        listener = Listener()
        self._listeners.add(listener)
        if cursor is None or cursor.epoch != self._epoch or cursor.sequence > self._sequence:
            return listener, None
        missed = [batch for batch in self._history if batch.cursor.sequence > cursor.sequence]
        return listener, missed if len(missed) == self._sequence - cursor.sequence else None

    def leave(self, listener: Listener) -> None:
        """Forget *listener*."""
        self._listeners.discard(listener)

    async def incidents_since(self, position: int) -> Sequence[IncidentRow] | None:
        """The incidents that changed since *position*; None where it isn't one of this database."""
        changed, now_at = await incidents_changed_since(self._database, position)
        if position > now_at:
            return None
        return await self._incidents(changed)

    def close(self) -> None:
        """Send every listener away: the server stops."""
        self.is_closing = True
        for listener in self._listeners:
            listener.dismiss()

    def _want(self) -> None:
        self._wanted = time.monotonic()
        self._wake.set()

    def _cursor(self) -> Cursor:
        return Cursor(self._epoch, self._sequence, self._position or 0)

    async def _look(self, *, unless_within_s: float = 0.0) -> None:
        async with self._lock:
            if time.monotonic() - self._looked < unless_within_s:
                return
            # The incidents' place is taken before the fleet is read, so that a count never lags behind its incident.
            now = self._now()
            is_first = self._position is None
            changed, position = await incidents_changed_since(
                self._database, 2**62 if is_first else self._position or 0
            )
            incidents = [] if is_first else self._untold(await self._incidents(changed))
            rows = await live_snapshot(self._database, now)
            steps = self._steps(rows, now)
            tallies = tally(rows)
            is_new = bool(steps or incidents or tallies != self._tallies)
            self._position, self._as_of, self._tallies = position, now, tallies
            self._looked = time.monotonic()
            if is_first or is_new or (now - self._last_at() >= _FRESH):
                self._publish(steps if not is_first else (), incidents)

    def _last_at(self) -> datetime:
        return self._history[-1].as_of

    def _publish(self, steps: Sequence[Step], incidents: Sequence[IncidentRow]) -> None:
        self._sequence += 1
        batch = Batch(self._cursor(), self._as_of, steps, incidents, self._tallies)
        self._history.append(batch)
        for listener in self._listeners:
            listener.offer(batch)

    def _steps(self, rows: Sequence[LiveRow], now: datetime) -> list[Step]:
        steps = []
        for row in rows:
            before, at = self._published.get(row.recorder_id, (None, now))
            if before is None or is_change(before, row) or (row != before and now - at >= _FRESH):
                steps.append(Step(before, row))
                self._published[row.recorder_id] = (row, now)
        if len(self._published) > len(rows):
            kept = {row.recorder_id for row in rows}
            gone = [known for known in self._published if known not in kept]
            steps += [Step(self._published.pop(recorder_id)[0], None) for recorder_id in gone]
        return steps

    def _untold(self, incidents: Iterable[IncidentRow]) -> list[IncidentRow]:
        """Those whose version nobody has been told of; a poll may bring some twice."""
        rows = list(incidents)
        fresh = [row for row in rows if self._told.get(row.incident_id) != row.version]
        self._told = OrderedDict((row.incident_id, row.version) for row in rows)
        return fresh

    async def _incidents(self, incident_ids: Sequence[str]) -> list[IncidentRow]:
        if not incident_ids:
            return []
        async with self._database.connection() as connection:
            found = await incidents_by_id(connection, incident_ids)
        return [found[name] for name in incident_ids if name in found]


def is_change(before: LiveRow, after: LiveRow) -> bool:
    """Whether more has changed than when it was last heard and how strong its signal is. Pure."""
    if before is after or before == after:
        return False
    quiet = replace(
        before,
        last_at=after.last_at,
        fix_at=after.fix_at if (before.lat, before.lon) == (after.lat, after.lon) else before.fix_at,
        rsrp_dbm=after.rsrp_dbm,
        free_mb=after.free_mb,
        candidates=after.candidates,
    )
    return quiet != after


def tally(rows: Iterable[LiveRow]) -> dict[Key, Counter[str]]:
    """Counts of the on-duty recorders (应在岗/在线/录制/静默/断网) by unit of recorder and wearer. Pure."""
    found: dict[Key, Counter[str]] = {}
    for row in rows:
        if not row.on_duty:
            continue
        counts = found.setdefault((row.unit_id, row.officer_unit_id), Counter())
        counts["on_duty"] += 1
        if row.state in _PLAIN or row.state == "sos":
            counts["online"] += 1
        if row.state in {"recording", "silent", "outage"}:
            counts[row.state] += 1
    return found


def counts_of(tallies: Mapping[Key, Counter[str]], sight: Sight) -> dict[str, int]:
    """The counts of what *sight* covers."""
    total: Counter[str] = Counter()
    for (unit_id, officer_unit_id), counts in tallies.items():
        if sight.within(unit_id) or (officer_unit_id is not None and sight.within(officer_unit_id)):
            total.update(counts)
    return {name: total[name] for name in ("on_duty", "online", "recording", "silent", "outage")}
