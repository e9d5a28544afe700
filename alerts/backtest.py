"""Back-test: a facts file and a trace, as if their days were passing, on a throw-away database (wire contract, §4).

Arrival times are the only clock. What arrived in a simulated minute is written, then the minute's tick is run; minutes in
which nothing arrives and nothing can come due are skipped, which changes nothing.
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from alerts.evaluate import tick
from alerts.evaluation.census import Census
from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from alerts.facts.load import load_facts
from alerts.facts.versions import START_OF_FILE
from alerts.incidents.export import export_incidents
from alerts.parameters import RuleSettings
from telemetry.domain.errors import InputError
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.sort import Sorted, sort_arrivals
from telemetry.ingest.trace import read_trace
from telemetry.ingest.writer import Writer
from telemetry.store.backtest import analyze, throw_away_database
from telemetry.store.evaluation import next_due
from telemetry.store.facts import next_change
from telemetry.store.pool import Database

MINUTE: Final = timedelta(minutes=1)
_QUIET_FOR: Final = timedelta(hours=3, minutes=5)
"""After the last arrival every minute is ticked for this long: the longest cadence of the contract, three times."""
_BATCH: Final = 6_000
_ANALYZE_AT: Final = (20_000, 100_000, 500_000, 2_000_000, 8_000_000)

Progress = Callable[["Passed"], None]


@dataclass(slots=True)
class Passed:
    """How far a back-test has come: the replayed clock, messages read, ticks run."""

    now: datetime
    messages: int = 0
    ticks: int = 0
    stored: int = 0
    rejected: int = 0


async def run_backtest(
    facts_path: Path,
    trace_path: Path,
    until: datetime,
    out_path: Path,
    *,
    dsn: str | None = None,
    settings: RuleSettings | None = None,
    progress: Progress | None = None,
) -> Passed:
    """Evaluate a trace up to *until* and write the incidents file; on a throw-away database unless *dsn* names an empty one.

    Raises InputError (file, line, field) where an input isn't of the contract, before anything is written.
    """
    if until.tzinfo is None:
        raise InputError("--until: no offset")
    facts = _read_facts(facts_path)
    async with _database(dsn) as database:
        loaded = await load_facts(database, facts, "backtest", START_OF_FILE, approve=False)
        if isinstance(loaded, list):
            raise InputError(str(loaded[0]))
        replay = _Replay(database, settings or RuleSettings(), until.astimezone(UTC), progress)
        passed = await replay.run(trace_path)
        async with database.connection() as connection:
            incidents = await export_incidents(connection)
    await asyncio.to_thread(out_path.write_text, json.dumps(incidents, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return passed


def _read_facts(path: Path) -> FactSet:
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise InputError(f"{path}: {fault.strerror}") from None
    facts = read_json(data, str(path))
    if isinstance(facts, list):
        raise InputError(str(facts[0]))
    return facts


@asynccontextmanager
async def _database(dsn: str | None) -> AsyncIterator[Database]:
    if dsn is not None:
        async with throw_away_database(dsn=dsn) as database:
            yield database
        return
    directory = Path(tempfile.mkdtemp(prefix="recorder-fleet-"))
    try:
        async with throw_away_database(directory=directory / "pg") as database:
            yield database
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class _Replay:
    """Plays arrivals against a database, minute by minute."""

    def __init__(self, database: Database, settings: RuleSettings, until: datetime, progress: Progress | None) -> None:
        self._database = database
        self._writer = Writer(database)
        self._settings = settings
        self._until = until
        self._progress = progress
        self._census = Census()
        self._passed: Passed | None = None
        self._heard_at: datetime | None = None

    async def run(self, trace_path: Path) -> Passed:
        """Play the trace, then time alone, up to the end."""
        batches = _batches(trace_path, self._until)
        upcoming = asyncio.create_task(asyncio.to_thread(_next_batch, batches))
        clock: datetime | None = None
        try:
            while (batch := await upcoming) is not None:
                # Decoding the next batch takes the time in which the database works on this one.
                upcoming = asyncio.create_task(asyncio.to_thread(_next_batch, batches))
                if clock is None:
                    clock = batch.minute
                    self._passed = Passed(clock)
                clock = await self._pass_time(clock, batch.minute)
                await self._write(batch)
                self._heard_at = batch.minute + MINUTE
        finally:
            if not upcoming.done():
                await upcoming
        start = clock or self._until
        self._passed = self._passed or Passed(start)
        await self._pass_time(start, self._until)
        await self._tick(self._until)
        return self._passed

    async def _pass_time(self, clock: datetime, to: datetime) -> datetime:
        """Tick at the minutes after *clock* up to *to*; those at which nothing can have changed are left out."""
        while clock + MINUTE <= to:
            clock += MINUTE
            if clock >= self._until:
                break
            await self._tick(clock)
            if self._heard_at is not None and clock > self._heard_at + _QUIET_FOR:
                clock = max(clock, await self._skip_to(clock, to))
        return max(clock, to) if clock < to else clock

    async def _skip_to(self, clock: datetime, to: datetime) -> datetime:
        """The last whole minute before something comes due, or before *to*."""
        async with self._database.connection() as connection:
            moments = [await next_due(connection), await next_change(connection, clock)]
        due = min((moment for moment in moments if moment is not None), default=to)
        minutes = max(0, -(-(min(due, to) - clock) // MINUTE) - 1)
        return clock + minutes * MINUTE

    async def _tick(self, now: datetime) -> None:
        await tick(self._database, now, self._settings, self._census)
        assert self._passed is not None
        self._passed.now = now
        self._passed.ticks += 1
        if self._progress is not None:
            self._progress(self._passed)

    async def _write(self, batch: "_Batch") -> None:
        outcome = await self._writer.write(batch.arrivals, batch.decoded)
        passed = self._passed
        assert passed is not None
        before = passed.messages
        passed.messages += len(batch.arrivals)
        passed.stored += outcome.stored
        passed.rejected += outcome.rejected
        if any(before < number <= passed.messages for number in _ANALYZE_AT):
            await analyze(self._database)


@dataclass(slots=True)
class _Batch:
    minute: datetime
    arrivals: list[Arrival]
    decoded: Sorted


def _next_batch(batches: Iterator[_Batch]) -> _Batch | None:
    return next(batches, None)


def _batches(path: Path, until: datetime) -> Iterator[_Batch]:
    """The arrivals of each simulated minute before *until*, decoded, a few thousand at a time."""
    waiting: list[Arrival] = []
    minute: datetime | None = None
    for arrival in read_trace(path):
        if arrival.received_at >= until:
            break
        began = arrival.received_at.replace(second=0, microsecond=0)
        if minute is None:
            minute = began
        if began > minute or len(waiting) >= _BATCH:
            if waiting:
                yield _Batch(minute, waiting, sort_arrivals(waiting))
            waiting = []
            # An arrival that a trace has out of order belongs to the minute that is being played.
            minute = max(minute, began)
        waiting.append(arrival)
    if waiting and minute is not None:
        yield _Batch(minute, waiting, sort_arrivals(waiting))
