"""Tests: a database, a broker with real logins and cables before it, and what the database has of a ledger."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from cuttable_line import CuttableLine

from broker.embedded import RunningBroker, embedded_broker
from device_sim.transport.acknowledged_log import read_acknowledged_log
from telemetry.domain.messages import READING_KINDS
from telemetry.mqtt_credentials import issue_secrets, known_accounts
from telemetry.settings import BrokerSettings
from telemetry.store.migrate import migrate
from telemetry.store.pool import Database

IS_FULL: Final = os.environ.get("RECORDER_FLEET_ACCEPT") == "full"
"""Whether the acceptance tests run at the size that they are meant for (`make accept`)."""

PATIENCE_S: Final = 120.0
"""How long something may take that takes a second or two on a machine that does nothing else."""

Name = tuple[str, str, int]
"""What names a message: recorder_id, boot, seq."""


@dataclass(frozen=True, slots=True)
class Backend:
    """The parts around the server: the recorders' secrets, and a cable on either side of the broker."""

    dsn: str
    broker: RunningBroker
    secrets: Mapping[str, str]
    recorders: CuttableLine
    server: CuttableLine
    server_secret: str

    def settings(self) -> dict[str, str]:
        """The server's environment."""
        return {
            "DATABASE__URL": self.dsn,
            "BROKER__HOST": "127.0.0.1",
            "BROKER__PORT": str(self.server.port),
            "BROKER__TLS": "false",
            "BROKER__PASSWORD": self.server_secret,
            "INGEST__NAME": "acceptance",
            "HTTP__PORT": "0",
        }


@asynccontextmanager
async def running_backend(dsn: str, recorders: Sequence[str], folder: Path) -> AsyncIterator[Backend]:
    """Migrate the database, issue everybody's secret, and run mosquitto with the configuration that is the product's."""
    database = await Database.open(dsn)
    try:
        async with database.connection() as connection:
            await migrate(connection)
        secrets = await issue_secrets(database, recorders, "recorder")
        server = BrokerSettings().username
        server_secret = (await issue_secrets(database, [server], "server"))[server]
        accounts = await known_accounts(database)
    finally:
        await database.close()
    async with (
        embedded_broker(folder / "broker", accounts, kind="mosquitto") as broker,
        CuttableLine(broker.host, broker.port) as recorders_cable,
        CuttableLine(broker.host, broker.server_port) as server_cable,
    ):
        yield Backend(dsn, broker, secrets, recorders_cable, server_cable, server_secret)


async def wait_until_subscribed(dsn: str, workers: int) -> None:
    """Wait until the ingest workers have reported that they hear the broker."""
    connection = await asyncpg.connect(dsn)

    async def hears() -> bool:
        return bool(workers <= await connection.fetchval("SELECT count(*) FROM ingest_worker WHERE connected"))

    try:
        await until(hears)
    finally:
        await connection.close()


async def until(is_so: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_S) -> None:
    """Ask again and again, because no other process tells us by itself. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def acknowledged(ledger: Path) -> dict[Name, str]:
    """Every reading that the broker acknowledged, with its kind; an envelope is no reading."""
    return {(r, boot, seq): kind for r, boot, seq, kind in read_acknowledged_log(ledger) if kind != "backlog"}


async def count_stored(dsn: str) -> int:
    """How many readings the database has, wills left out; -1 while it is away."""
    tables = " + ".join(f"(SELECT count(seq) FROM {kind})" for kind in READING_KINDS)
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, asyncpg.PostgresError):
        return -1
    try:
        return int(await connection.fetchval(f"SELECT {tables}"))
    finally:
        await connection.close()


async def stored(dsn: str) -> Counter[tuple[Name, str]]:
    """Every reading that the database has, with its kind and how often it has it; wills left out."""
    connection = await asyncpg.connect(dsn)
    try:
        found: Counter[tuple[Name, str]] = Counter()
        for kind in READING_KINDS:
            rows = await connection.fetch(f"SELECT recorder_id, boot, seq FROM {kind} WHERE seq IS NOT NULL")
            found.update(((row["recorder_id"], row["boot"], row["seq"]), kind) for row in rows)
        return found
    finally:
        await connection.close()
