"""Ingest, steps 2 to 4: write a batch in one transaction; isolate a message that the database refuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from telemetry.domain.clock import Now, wall_now
from telemetry.domain.decode import reject
from telemetry.domain.errors import DatabaseUnavailableError
from telemetry.domain.readings import Counted
from telemetry.domain.topics import recorder_of
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.plan import Plan, doubtful_names, plan_connections, plan_rows
from telemetry.ingest.sort import Sorted, sort_arrivals
from telemetry.records.boots import Boot, BootKey
from telemetry.store.intake import lock_boots, make_boots, presence_facts, stored_names, write_rows
from telemetry.store.pool import Connection, Database

_log = structlog.get_logger(__name__)
_MOST_KNOWN: Final = 100_000
"""Most boots kept in memory; a boot without gaps takes a few hundred bytes."""


@dataclass(slots=True)
class Outcome:
    """Result of a batch: readings stored, duplicates skipped, messages kept as rejections."""

    stored: int = 0
    duplicates: int = 0
    rejected: int = 0

    def add(self, other: "Outcome") -> None:
        """Add the counters of *other*."""
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.rejected += other.rejected


class Writer:
    """Writes batches atomically."""

    def __init__(self, database: Database, *, now: Now = wall_now, is_alone: bool = False) -> None:
        """*now* is the clock that stamps the arrivals, by which a batch has waited or not.

        *is_alone*: nobody else writes these recorders meanwhile, so that what was read of a boot stays true.
        """
        self._database = database
        self._now = now
        self._is_alone = is_alone
        self._known: dict[BootKey, Boot] = {}

    async def write(
        self, arrivals: Sequence[Arrival], batch: Sorted | None = None, floods: Sequence[Counted] = ()
    ) -> Outcome:
        """Store *arrivals* and the rejections *floods*; afterwards they may be acknowledged.

        *batch* is *arrivals* already sorted, if given. Raises DatabaseUnavailableError: nothing was stored, try again.
        If rows can't be made or the database refuses them, the batch is halved until the bad message is found; that one
        is kept as a rejection.
        """
        try:
            return await self._write_once(batch or sort_arrivals(arrivals), floods)
        except DatabaseUnavailableError:
            raise
        except Exception as fault:  # noqa: BLE001 - one bad message must not stop the rest
            if len(arrivals) <= 1:
                _log.exception("message refused")
                return await self._write_refused(arrivals, floods, fault)
            middle = len(arrivals) // 2
            outcome = await self.write(arrivals[:middle], None, floods)
            outcome.add(await self.write(arrivals[middle:]))
            return outcome

    async def _write_once(self, batch: Sorted, floods: Sequence[Counted]) -> Outcome:
        keys = batch.first_arrivals()
        known, self._known = self._known, {}
        asked = {key: at for key, at in keys.items() if key not in known}
        boots = {key: known[key] for key in keys if key in known}
        outcome = await self._write_asked(batch, floods, boots, asked)
        # Planning changes boots in place, so only committed ones may be cached.
        if self._is_alone and len(known) < _MOST_KNOWN:
            known.update(boots)
            self._known = known
        return outcome

    async def _write_asked(
        self, batch: Sorted, floods: Sequence[Counted], boots: dict[BootKey, Boot], asked: dict[BootKey, datetime]
    ) -> Outcome:
        """Write with the boots that are cached; lock the *asked* ones and add them to *boots*."""
        if boots or asked:
            async with self._database.transaction() as connection:
                found = await lock_boots(connection, asked) if asked else {}
                if len(found) == len(asked):
                    boots.update(found)
                    return await _write_locked(connection, batch, boots, floods, self._now())
        # With some boots locked, making others could be a circle in which two workers wait for each other.
        async with self._database.transaction() as connection:
            if asked:
                boots.update(await make_boots(connection, asked))
            return await _write_locked(connection, batch, boots, floods, self._now())

    async def _write_refused(self, arrivals: Sequence[Arrival], floods: Sequence[Counted], fault: Exception) -> Outcome:
        """Store *arrivals* as rejections. Raises RowsRefusedError or DatabaseUnavailableError if even that fails."""
        plan = Plan()
        for arrival in arrivals:
            refused = reject(arrival.topic, recorder_of(arrival.topic), arrival.payload, "refused", f"{fault!r}")
            plan.rows.reject(Counted(refused, arrival.received_at))
        for flood in floods:
            plan.rows.reject(flood)
        async with self._database.transaction() as connection:
            await write_rows(connection, plan.rows, self._now())
        return _outcome(plan)


async def _write_locked(
    connection: Connection, batch: Sorted, boots: dict[BootKey, Boot], floods: Sequence[Counted], now: datetime
) -> Outcome:
    doubts = doubtful_names(batch, boots)
    plan = plan_rows(batch, boots, await stored_names(connection, doubts) if doubts else {})
    if plan.presence:
        plan_connections(plan, await presence_facts(connection, plan.presence))
    for flood in floods:
        plan.rows.reject(flood)
    await write_rows(connection, plan.rows, now)
    return _outcome(plan)


def _outcome(plan: Plan) -> Outcome:
    rejected = sum(counted.count for counted in plan.rows.rejections.values())
    return Outcome(plan.stored, plan.duplicates, rejected)
