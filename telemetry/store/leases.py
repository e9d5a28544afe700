"""Leases with fencing tokens: one process at a time does a part, and a hung one is replaced within ten seconds.

The holder renews the lease in each of its transactions, which keeps the lease's row locked until they end. So nobody
takes over while it works, and what it writes after it has lost the lease is refused with the renewal. A process that
hangs within a transaction loses it: the database ends a session that is idle in one, and who waits for the part ends a
session that hangs between the messages of one statement, which the database takes for active.
"""

from dataclasses import dataclass
from typing import Final

from telemetry.domain.errors import LeaseLostError
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

_LASTS_S: Final = 6.0
"""Three ticks; with a second between attempts to take it, another process leads within ten seconds."""
PATIENCE_S: Final = 6.0
"""How long the holder may compute between two statements of one transaction before it counts as hung."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A part that this process holds, by its fencing token; `patience_s`: how long its transactions may compute (s)."""

    part: str
    token: int
    patience_s: float = PATIENCE_S


async def take_lease(database: Database, part: str, holder: str, patience_s: float = PATIENCE_S) -> Lease | None:
    """Take the lease of *part* for *holder*; None while another holds it. Raises DatabaseUnavailableError."""
    async with database.connection() as connection:
        await end_hung(connection)
        await connection.execute(query("leases", "add_part"), part)
        token = await connection.fetchval(query("leases", "take"), part, holder, _LASTS_S)
    return None if token is None else Lease(part, token, patience_s)


async def hold_lease(connection: Connection, lease: Lease) -> None:
    """Renew *lease* for the transaction of *connection*. Raises LeaseLostError if another process has it."""
    await end_if_idle(connection, lease.patience_s)
    if await connection.fetchval(query("leases", "hold"), lease.part, lease.token, _LASTS_S) is None:
        raise LeaseLostError(f"{lease.part}: another process has taken over")


async def give_up_lease(database: Database, lease: Lease) -> None:
    """Let another process take over at once. Raises DatabaseUnavailableError."""
    async with database.connection() as connection:
        await connection.execute(query("leases", "give_up"), lease.part, lease.token)


async def end_hung(connection: Connection) -> None:
    """End the sessions whose process has hung within a transaction for longer than `end_if_idle` gave it."""
    await connection.fetch(query("leases", "end_hung"))


async def end_if_idle(connection: Connection, patience_s: float = PATIENCE_S) -> None:
    """Have this transaction ended, and its locks freed, if the process hangs within it for longer than *patience_s*."""
    await connection.fetch(query("leases", "end_if_idle"), f"{patience_s * 1000:.0f}")
