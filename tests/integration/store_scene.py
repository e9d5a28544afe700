"""Test helper: builds a recorder's messages, stores them, and reads tables back."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Outcome, Writer
from telemetry.store.pool import Database
from telemetry.store.queries import query

NINE: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
_BIRTH: Final = {"state": "online", "model": "X", "firmware": "1", "imei": "861234567890123"}


@dataclass(slots=True)
class Device:
    """One boot of one recorder; what it sends arrives a second later, unless *received* says otherwise."""

    recorder_id: str = "R1"
    boot: str = "b1"

    def send(
        self, kind: str, seq: int | None, at: datetime, received: datetime | None = None, **fields: Any
    ) -> Arrival:
        payload = self.payload(seq, at, **fields)
        topic = f"recorder/v1/{self.recorder_id}/{kind}"
        return Arrival(topic, json.dumps(payload).encode(), received or at + timedelta(seconds=1))

    def payload(self, seq: int | None, at: datetime, **fields: Any) -> dict[str, Any]:
        name = {} if seq is None else {"seq": seq}
        return {"ts": at.isoformat(), "boot": self.boot, **name, **fields}

    def birth(self, seq: int, at: datetime, received: datetime | None = None, session: str = "s1") -> Arrival:
        uptime_s = 10 * seq + max(0, (at - NINE) // timedelta(seconds=1))
        return self.send("presence", seq, at, received, session=session, uptime_s=uptime_s, **_BIRTH)

    def will(self, connected_at: datetime, received: datetime, session: str = "s1") -> Arrival:
        return self.send(
            "presence", None, connected_at, received, state="offline", reason="connection_lost", session=session
        )

    def battery(self, seq: int, at: datetime, level_pct: float, received: datetime | None = None) -> Arrival:
        return self.send("battery", seq, at, received, level_pct=level_pct, charging=False)

    def recording(self, seq: int, at: datetime, state: str, since: datetime, **more: Any) -> Arrival:
        return self.send("recording", seq, at, None, state=state, since=since.isoformat(), **more)

    def backlog(self, seq: int, sent: datetime, *stored: dict[str, Any]) -> Arrival:
        return self.send("backlog", seq, sent, None, messages=list(stored))


@dataclass(slots=True)
class Store:
    """A migrated database with a writer on it."""

    database: Database
    writer: Writer

    async def write(self, *arrivals: Arrival) -> Outcome:
        return await self.writer.write(arrivals)

    async def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        async with self.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(sql, *parameters)]

    async def run(self, script: str) -> None:
        async with self.database.connection() as connection:
            await connection.execute(script)

    async def value(self, sql: str, *parameters: Any) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(sql, *parameters)


@asynccontextmanager
async def open_store(dsn: str) -> AsyncIterator[Store]:
    """A store on *dsn*, closed with the block."""
    database = await Database.open(dsn, prepare=query("intake", "make_stages"))
    try:
        yield Store(database, Writer(database))
    finally:
        await database.close()
