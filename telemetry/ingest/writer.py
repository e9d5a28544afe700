"""Ingest: a batch through steps 2 to 4, in one transaction; what the database refuses can't hold up the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from telemetry.domain.decode import reject
from telemetry.domain.errors import RowsRefusedError
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.plan import Plan, plan_connections, plan_rows
from telemetry.ingest.sort import Sorted, sort_arrivals
from telemetry.store.intake import Rows, lock_boots, presence_facts, write_rows
from telemetry.store.pool import Database


@dataclass(slots=True)
class Outcome:
    """What became of a batch: readings stored, duplicates left out, messages kept as rejections."""

    stored: int = 0
    duplicates: int = 0
    rejected: int = 0

    def add(self, other: "Outcome") -> None:
        """Sum up."""
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.rejected += other.rejected


class Writer:
    """Writes batches; a batch is in the database as a whole or not at all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, arrivals: Sequence[Arrival], batch: Sorted | None = None) -> Outcome:
        """Store *arrivals* (sorted already as *batch*, if given); after it returns they may be acknowledged.

        Raises DatabaseUnavailableError: nothing was stored, try again. Where the database refuses the rows
        themselves, the batch is halved until the one message that it can't take is found and kept as a rejection.
        """
        batch = batch or sort_arrivals(arrivals)
        try:
            return await self._write_once(batch)
        except RowsRefusedError as fault:
            if len(arrivals) == 1:
                return await self._write_refused(arrivals[0], str(fault))
            middle = len(arrivals) // 2
            outcome = await self.write(arrivals[:middle])
            outcome.add(await self.write(arrivals[middle:]))
            return outcome

    async def _write_once(self, batch: Sorted) -> Outcome:
        async with self._database.transaction() as connection:
            boots = await lock_boots(connection, batch.first_arrivals())
            plan = plan_rows(batch, boots)
            if plan.presence:
                plan_connections(plan, await presence_facts(connection, plan.presence))
            await write_rows(connection, plan.rows)
        return _outcome(plan)

    async def _write_refused(self, arrival: Arrival, reason: str) -> Outcome:
        rows = Rows()
        rows.reject(reject(arrival.topic, None, arrival.payload, "refused", reason), arrival.received_at)
        async with self._database.transaction() as connection:
            await write_rows(connection, rows)
        return Outcome(rejected=1)


def _outcome(plan: Plan) -> Outcome:
    rejected = sum(counted.count for counted in plan.rows.rejections.values())
    return Outcome(plan.stored, plan.duplicates, rejected)
