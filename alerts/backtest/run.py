"""Back-test, step 3: replay a facts file and a trace on a throw-away database (wire contract, section 4).

Arrival times are the only clock. Each simulated minute's arrivals are written, then its tick runs. Minutes in which
nothing arrives and nothing can come due are skipped; this doesn't change the result.
"""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from alerts.backtest.batches import MINUTE
from alerts.backtest.lanes import Lane, lanes
from alerts.duty.calendar_import import read_table_file
from alerts.evaluation.engine import tick
from alerts.facts.elements import FactSet
from alerts.facts.faults import FactFault
from alerts.facts.json_file import read_json
from alerts.facts.load import load_facts
from alerts.facts.plausible import Clock
from alerts.facts.versions import START_OF_FILE
from alerts.incidents.export import export_incidents
from alerts.rules.on_duty_snapshot import OnDutySnapshot
from alerts.rules.settings import RuleSettings
from telemetry.domain.errors import InputError
from telemetry.ingest.trace_arrivals import read_trace
from telemetry.store.backtest import analyze, throw_away_database
from telemetry.store.calendar import put_calendar_days
from telemetry.store.evaluation import next_due
from telemetry.store.facts import next_change
from telemetry.store.pool import Database

_QUIET_FOR: Final = timedelta(hours=3, minutes=5)
"""Every minute is ticked for this long after the last arrival: three times the longest heartbeat of the contract."""
_LONG_BYTES: Final = 150_000_000
_GZIP_SAVES: Final = 8
_ANALYZE_AT: Final = (20_000, 100_000, 500_000, 2_000_000, 8_000_000)

Progress = Callable[["Passed"], None]


@dataclass(slots=True)
class Passed:
    """Progress of a back-test: simulated time, messages, ticks, and warnings about its facts."""

    now: datetime
    messages: int = 0
    ticks: int = 0
    stored: int = 0
    rejected: int = 0
    warnings: Sequence[FactFault] = ()
    aside: int = 0
    """Subjects that couldn't be judged at its end."""


async def run_backtest(
    facts_path: Path,
    trace_path: Path,
    until: datetime,
    out_path: Path,
    *,
    dsn: str | None = None,
    settings: RuleSettings | None = None,
    calendar_path: Path | None = None,
    progress: Progress | None = None,
) -> Passed:
    """Evaluate a trace up to *until* and write the incidents file.

    Runs on a throw-away database unless *dsn* names an empty one. *calendar_path* is the table of a holiday decree, for
    years that the calendar library doesn't know.

    Raises InputError (file, line, field) before anything is written if an input violates the contract.
    """
    if until.tzinfo is None:
        raise InputError("--until: no offset")
    facts = _read_facts(facts_path)
    decree = {} if calendar_path is None else read_table_file(calendar_path)
    async with _database(dsn) as (database, reached_by):
        clock = await asyncio.to_thread(_clock_of, trace_path, until)
        async with database.transaction() as connection:
            await put_calendar_days(connection, decree)
        loaded = await load_facts(database, facts, "backtest", START_OF_FILE, approve=False, clock=clock)
        if isinstance(loaded, list):
            raise InputError(str(loaded[0]))
        replay = _Replay(database, settings or RuleSettings(), until.astimezone(UTC), progress)
        count = await asyncio.to_thread(_lanes_for, trace_path)
        async with lanes(database, reached_by, trace_path, until.astimezone(UTC), count) as playing:
            passed = await replay.run(playing)
        passed.warnings = loaded.warnings
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
async def _database(dsn: str | None) -> AsyncIterator[tuple[Database, str]]:
    if dsn is not None:
        async with throw_away_database(dsn=dsn) as opened:
            yield opened
        return
    directory = Path(tempfile.mkdtemp(prefix="recorder-fleet-"))
    try:
        async with throw_away_database(directory=directory / "pg") as opened:
            yield opened
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _clock_of(path: Path, until: datetime) -> Clock:
    """The simulated time: from the first arrival to *until*. Ignore unreadable input here; its reader reports it."""
    try:
        first = next((arrival.received_at for arrival in read_trace(path)), until)
    except (InputError, OSError):
        first = until
    return Clock(min(first, until), until)


def _lanes_for(path: Path) -> int:
    """How many processes a trace is worth: a short trace is done before a second one has started.

    Ignore unreadable input here; its reader reports it.
    """
    try:
        size = path.stat().st_size * (_GZIP_SAVES if path.name.endswith(".gz") else 1)
    except OSError:
        return 1
    return 2 if size >= _LONG_BYTES and (os.cpu_count() or 1) > 1 else 1


class _Replay:
    """Replays arrivals into a database, minute by minute."""

    def __init__(self, database: Database, settings: RuleSettings, until: datetime, progress: Progress | None) -> None:
        self._database = database
        self._settings = settings
        self._until = until
        self._progress = progress
        self._snapshot = OnDutySnapshot()
        self._passed: Passed | None = None
        self._heard_at: datetime | None = None

    async def run(self, playing: Sequence[Lane]) -> Passed:
        """Replay the trace, then let time pass up to the end."""
        upcoming = await asyncio.gather(*(lane.first_minute() for lane in playing))
        clock: datetime | None = None
        while (minute := min((m for m in upcoming if m is not None), default=None)) is not None:
            if clock is None:
                clock = minute
                self._passed = Passed(clock)
            clock = await self._pass_time(clock, minute)
            upcoming = await self._write(playing, upcoming, minute)
            self._heard_at = minute + MINUTE
        start = clock or self._until
        self._passed = self._passed or Passed(start)
        await self._pass_time(start, self._until)
        await self._tick(self._until)
        return self._passed

    async def _pass_time(self, clock: datetime, to: datetime) -> datetime:
        """Tick every minute after *clock* up to *to*, skipping those in which nothing can change."""
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
        while (result := await tick(self._database, now, self._settings, self._snapshot)).has_more:
            pass
        assert self._passed is not None
        self._passed.aside = result.aside
        self._passed.now = now
        self._passed.ticks += 1
        if self._progress is not None:
            self._progress(self._passed)

    async def _write(
        self, playing: Sequence[Lane], upcoming: Sequence[datetime | None], minute: datetime
    ) -> list[datetime | None]:
        """Let every lane write its part of *minute*; return the next minute of each lane."""
        due = [at is not None and at <= minute for at in upcoming]
        written = await asyncio.gather(
            *(lane.write(minute) for lane, is_due in zip(playing, due, strict=True) if is_due)
        )
        passed = self._passed
        assert passed is not None
        before = passed.messages
        passed.messages += sum(each.messages for each in written)
        passed.stored += sum(each.stored for each in written)
        passed.rejected += sum(each.rejected for each in written)
        if any(before < number <= passed.messages for number in _ANALYZE_AT):
            await analyze(self._database)
        told = iter(written)
        return [next(told).next_minute if is_due else at for at, is_due in zip(upcoming, due, strict=True)]
