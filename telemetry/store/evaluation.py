"""Store of the evaluation: its own tables, and its queries of the readings (sql/queries/evaluation.sql)."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from traceback import extract_tb
from types import MappingProxyType
from typing import Any, Final

from telemetry.domain.errors import JudgementFailedError
from telemetry.records.evaluation import Aside, Change, Clock, Stretch, Watch
from telemetry.store.pool import Connection, is_outage
from telemetry.store.queries import blocks_of, queries

# "rcfticks" as a number. The process that holds this advisory lock evaluates.
_LOCK: Final = 0x7263667469636B73
_ROUND: Final = timedelta(minutes=5)


@asynccontextmanager
async def attempt(connection: Connection) -> AsyncIterator[None]:
    """Run a block in a savepoint that rolls back on failure.

    Raises JudgementFailedError for any failure that isn't the database's.
    """
    try:
        async with connection.transaction():
            yield
    except Exception as fault:
        if connection.is_closed() or is_outage(fault):
            raise
        raise JudgementFailedError(_reason(fault)) from fault


def _reason(fault: Exception) -> str:
    """Describe *fault* and the last place in the rules where it occurred."""
    places = [f"{frame.name}:{frame.lineno}" for frame in extract_tb(fault.__traceback__) if "alerts" in frame.filename]
    text = f"{type(fault).__name__}: {fault} ({places[-1] if places else 'store'})"[:500]
    # The database accepts neither NUL nor lone surrogates.
    return text.replace("\0", "").encode(errors="replace").decode()


async def read_asides(connection: Connection) -> list[Aside]:
    """Return all subjects that are set aside."""
    rows = await connection.fetch(queries("evaluation")["read_asides"])
    return [
        Aside(row[0], row[1], row[2], row[3], row[4], row[5], tuple(_change(told) for told in json.loads(row[6])))
        for row in rows
    ]


async def put_asides(connection: Connection, asides: Iterable[Aside]) -> None:
    """Set subjects aside, or update those that are."""
    rows = [
        (a.kind, a.key, a.stage, a.reason, a.since, a.tried_at, json.dumps([_told(c) for c in a.changes]))
        for a in asides
    ]
    await execute(connection, "put_asides", rows)


async def drop_asides(connection: Connection, names: Iterable[tuple[str, str]]) -> None:
    """Remove subjects that could be judged again."""
    await execute(connection, "drop_asides", sorted(names))


def _told(change: Change) -> list[Any]:
    moments = change.from_at.isoformat(), change.to_at.isoformat()
    return [change.recorder_id, change.kind, *moments, list(change.officer_ids)]


def _change(told: Sequence[Any]) -> Change:
    recorder_id, kind, from_at, to_at, officer_ids = told
    return Change(recorder_id, kind, datetime.fromisoformat(from_at), datetime.fromisoformat(to_at), tuple(officer_ids))


async def lock_tick(connection: Connection) -> None:
    """Exclude a second tick until the transaction ends, so that two evaluators at a change of leader do no harm."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    await connection.execute(queries("evaluation")["set_planner"])


async def take_changes(connection: Connection, most: int) -> list[Change]:
    """Return and delete the waiting changes of at most *most* recorders, those with events first."""
    rows = await connection.fetch(queries("evaluation")["take_changes"], most)
    return [Change(r[0], r[1], r[2], r[3], tuple(r[4] or ())) for r in rows]


async def waiting_recorders(connection: Connection) -> set[str]:
    """Return the recorders whose changes wait for a tick."""
    return {row[0] for row in await connection.fetch(queries("evaluation")["waiting"])}


async def read_changes(connection: Connection) -> list[Change]:
    """Return the changes since the last tick and leave them for it."""
    rows = await connection.fetch(queries("evaluation")["read_changes"])
    return [Change(r[0], r[1], r[2], r[3], tuple(r[4] or ())) for r in rows]


async def take_due(connection: Connection, now: datetime, most: int) -> set[tuple[str, str]]:
    """Return and delete at most *most* of the (kind, key) that were due by *now*, the oldest first."""
    rows = await connection.fetch(queries("evaluation")["take_due"], now, most)
    return {(row[0], row[1]) for row in rows}


async def next_due(connection: Connection) -> datetime | None:
    """Return when something is next due even if nothing arrives; None if nothing is."""
    moment: datetime | None = await connection.fetchval(queries("evaluation")["next_due"])
    return moment


async def put_due(connection: Connection, dues: Iterable[tuple[str, str, datetime]]) -> None:
    """Schedule (kind, key) for evaluation at the given times."""
    await execute(connection, "put_due", sorted(set(dues)))


async def put_watches(connection: Connection, keys: Iterable[tuple[str, str]], watches: Sequence[Watch]) -> None:
    """Replace what the conclusions *keys* rest on."""
    await execute(connection, "drop_watches", sorted(set(keys)))
    rows = [(w.kind, w.key, w.subject, w.subject_id, w.from_at, w.to_at) for w in watches]
    await execute(connection, "put_watches", rows)


async def read_clock(connection: Connection) -> Clock:
    """Return the evaluation's clock; looks up the first reading until there is one."""
    row = await connection.fetchrow(queries("evaluation")["read_clock"])
    ticked_at, first_reading_at, has_asides = row if row is not None else (None, None, False)
    if first_reading_at is None:
        first_reading_at = await connection.fetchval(queries("evaluation")["first_reading"])
    return Clock(ticked_at, first_reading_at, has_asides)


async def set_clock(connection: Connection, clock: Clock) -> None:
    """Record the tick, in its own transaction."""
    await connection.execute(queries("evaluation")["set_clock"], clock.ticked_at, clock.first_reading_at)


class Questions:
    """Runs SQL blocks by name.

    `block` is in sql/queries/evaluation.sql, `rule.block` in the one of *rule_files* with that stem, any other
    `room.block` in sql/queries/{room}.sql.
    """

    def __init__(self, connection: Connection, rule_files: Mapping[str, Path] = MappingProxyType({})) -> None:
        self._connection = connection
        self._rule_files = rule_files

    async def ask(self, name: str, *parameters: Any) -> list[Any]:
        """Return the rows of one block."""
        return list(await self._connection.fetch(self._text(name), *parameters))

    async def of(self, name: str, records: Sequence[Sequence[Any]], *more: Any) -> list[Any]:
        """Return the rows of one block for *records*, one array per column; without records the query is skipped."""
        if not records:
            return []
        return list(await self._connection.fetch(self._text(name), *zip(*records, strict=True), *more))

    async def over(self, name: str, stretches: Sequence[Stretch], *more: Any) -> list[Any]:
        """Return rows for recorders in intervals of time; the first column is the interval's key.

        The overall lower and upper bound are passed as further parameters, so that TimescaleDB can skip chunks.
        """
        if not stretches:
            return []
        lower, upper = min(s[2] for s in stretches) - _ROUND, max(s[3] for s in stretches) + _ROUND
        return await self.of(name, stretches, lower, upper, *more)

    def _text(self, name: str) -> str:
        room, _, block = name.rpartition(".")
        if room in self._rule_files:
            return blocks_of(self._rule_files[room])[block]
        return queries(room or "evaluation")[block]


async def execute(connection: Connection, name: str, records: Sequence[Sequence[Any]]) -> None:
    """Run one statement of sql/queries/evaluation.sql for *records*; does nothing if there are none."""
    if records:
        await connection.execute(queries("evaluation")[name], *zip(*records, strict=True))
