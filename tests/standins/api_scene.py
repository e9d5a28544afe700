"""Test helper: the real server on a real database with a bureau of two squads, and signed-in people."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from alerts.facts.load import Loaded, put_facts
from telemetry.domain.clock import Now, wall_now
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Writer
from telemetry.records.accounts import AccountRow
from telemetry.settings import HttpSettings
from telemetry.store.accounts import add_account
from telemetry.store.logins import NewSession, add_session
from telemetry.store.pool import Database
from telemetry.store.queries import query
from telemetry.web.http.secrets_and_passwords import csrf_token, digest, draw
from telemetry.web.server import serving_http

HOUR = timedelta(hours=1)
UNITS = [
    {"id": "U01", "name": "执法局", "kind": "bureau"},
    {"id": "U04", "name": "第3中队", "kind": "squad", "parent_id": "U01"},
    {"id": "U05", "name": "第5中队", "kind": "squad", "parent_id": "U01"},
    {"id": "U90", "name": "督察大队", "kind": "detachment", "parent_id": "U01"},
]
OFFICERS = [
    {"id": "P0031", "name": "张三", "unit_id": "U04", "role": "officer"},
    {"id": "P0032", "name": "李四", "unit_id": "U04", "role": "officer"},
    {"id": "P0001", "name": "李队长", "unit_id": "U04", "role": "leader"},
    {"id": "P0002", "name": "王管", "unit_id": "U04", "role": "custodian"},
    {"id": "P0051", "name": "赵五", "unit_id": "U05", "role": "officer"},
    {"id": "P0090", "name": "督察", "unit_id": "U90", "role": "verifier"},
]
RECORDERS = [
    {"id": "R0017", "unit_id": "U04", "model": "HX-4G", "holder_id": "P0031"},
    {"id": "R0018", "unit_id": "U04", "model": "HX-4G", "status": "spare"},
    {"id": "R0051", "unit_id": "U05", "model": "HX-4G", "holder_id": "P0051"},
    {"id": "R9999", "unit_id": "U04", "model": "HX-4G", "status": "test"},
]
ACCOUNTS: dict[str, tuple[list[str], str | None, str | None]] = {
    "zhihui": (["command_centre"], "U01", None),
    "lidui": (["leader"], "U04", "P0001"),
    "wangguan": (["custodian"], "U04", "P0002"),
    "zhangsan": (["officer"], "U04", "P0031"),
    "zhaowu": (["officer"], "U05", "P0051"),
    "ducha": (["verifier"], "U01", "P0090"),
    "yunwei": (["engineer"], "U01", None),
    "shenji": (["auditor"], "U01", None),
    "guanli": (["administrator"], "U01", None),
}


@dataclass
class Api:
    """A running server and its signed-in people; `call` sends one request as one of them."""

    address: str
    database: Database
    writer: Writer
    now: datetime
    client: aiohttp.ClientSession
    sessions: dict[str, str] = field(default_factory=dict)

    async def call(self, who: str, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        async with self.client.request(
            method, self.address + path, json=body, params=query, headers=await self.headers(who)
        ) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def headers(self, who: str) -> dict[str, str]:
        if who not in self.sessions:
            self.sessions[who] = await self._sign_in(who)
        session_id = self.sessions[who]
        return {"Cookie": f"recorder-fleet={session_id}", "X-CSRF-Token": csrf_token(session_id)}

    async def get(self, who: str, path: str, **query: Any) -> Any:
        status, answer = await self.call(who, "GET", path, **query)
        assert 200 == status, answer
        return answer

    async def put(self, collection: Any, *elements: dict[str, Any], at: datetime | None = None) -> None:
        loaded = await put_facts(self.database, collection, list(elements), "test", at or self.now - 48 * HOUR)
        assert isinstance(loaded, Loaded), loaded

    async def hear(self, *arrivals: Arrival) -> None:
        await self.writer.write(arrivals)

    async def value(self, sql: str, *parameters: Any) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(sql, *parameters)

    async def _sign_in(self, who: str) -> str:
        roles, unit_id, officer_id = ACCOUNTS[who]
        session_id, now = draw(), datetime.now(UTC)
        row = AccountRow(
            who,
            f"账号{who}",
            frozenset(roles),
            unit_id,
            officer_id,
            None,
            must_change=False,
            disabled=False,
            oidc_subject=None,
            created_at=now,
            created_by="test",
        )
        async with self.database.transaction() as connection:
            await add_account(connection, row)
            session = NewSession(digest(session_id), who, now, 3600, now + 8 * HOUR, "127.0.0.1", "test")
            await add_session(connection, session)
        return session_id


@asynccontextmanager
async def api(dsn: str, clock: Now = wall_now) -> AsyncIterator[Api]:
    """Run the server on *dsn* with the bureau's facts; P0031 is on patrol with R0017."""
    database = await Database.open(dsn, prepare=query("intake", "make_stages"))
    now = clock()
    try:
        async with (
            serving_http(HttpSettings(port=0), database, now=clock) as (host, port),
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client,
        ):
            made = Api(f"http://{host}:{port}/api/v1", database, Writer(database), now, client)
            await made.put("units", *UNITS)
            await made.put("officers", *OFFICERS)
            await made.put("recorders", *RECORDERS)
            await made.put("shifts", shift("S1", "P0031", now - 2 * HOUR, now + 6 * HOUR))
            yield made
    finally:
        await database.close()


def shift(name: str, officer_id: str, starts_at: datetime, ends_at: datetime, **more: Any) -> dict[str, Any]:
    """A patrol."""
    times = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    return {"id": name, "officer_id": officer_id, "kind": "patrol", **times, **more}
