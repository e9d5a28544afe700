"""Test helper: accounts with passwords, and an HTTP client that behaves like a browser."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp

from telemetry.settings import AccountsSettings, HttpSettings
from telemetry.store.accounts import add_account
from telemetry.store.pool import Database
from telemetry.web.http.account_provisioning import new_account
from telemetry.web.http.secrets_and_passwords import hash_password
from telemetry.web.server import serving_http

PASSWORD: Final = "correct horse battery"
# Computed once, because argon2 is slow on purpose.
_HASH: Final = hash_password(PASSWORD)


@dataclass
class Answer:
    """A response."""

    status: int
    body: Any
    headers: Any
    text: str = ""

    @property
    def code(self) -> str | None:
        return self.body.get("code") if isinstance(self.body, dict) else None


@dataclass
class Browser:
    """A client that keeps cookies and the CSRF token."""

    address: str
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if self.csrf:
            headers["X-CSRF-Token"] = self.csrf
        headers |= more.pop("headers", {})
        url = self.address + path
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client,
            client.request(method, url, json=body, headers=headers, allow_redirects=False, **more) as response,
        ):
            for name, cookie in response.cookies.items():
                self.cookies[name] = cookie.value
            text = await response.text()
            is_json = "json" in response.headers.get("Content-Type", "")
            return Answer(response.status, json.loads(text) if is_json and text else None, response.headers, text)

    async def log_in(self, username: str, password: str = PASSWORD) -> Answer:
        answer = await self.ask("POST", "/api/v1/session", {"username": username, "password": password})
        if 200 == answer.status:
            self.csrf = answer.body["csrf"]
        return answer


@dataclass
class House:
    """A running server and its database."""

    address: str
    database: Database

    def browser(self) -> Browser:
        return Browser(self.address)

    async def signed_in(self, username: str) -> Browser:
        browser = self.browser()
        answer = await browser.log_in(username)
        assert 200 == answer.status, answer.text
        return browser

    async def person(
        self, username: str, *roles: str, unit_id: str | None = None, officer_id: str | None = None
    ) -> str:
        row = new_account(
            username,
            f"{username}（虚构）",
            frozenset(roles),
            now=datetime.now(UTC),
            by="test",
            unit_id=unit_id,
            officer_id=officer_id,
        )
        row = type(row)(**{name: getattr(row, name) for name in row.__slots__} | {"password_hash": _HASH})
        async with self.database.transaction() as connection:
            await add_account(connection, row)
        return username

    async def countersigned(self, who: Browser, asked: Answer) -> int:
        """Have *who* countersign what *asked* has asked for; the status of that."""
        path = f"/api/v1/grants/{asked.body['grant_id']}"
        return (await who.ask("POST", path, {"verdict": "grant"})).status

    async def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        async with self.database.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql, *parameters)]

    async def run(self, sql: str) -> None:
        async with self.database.connection() as connection:
            await connection.execute(sql)


@asynccontextmanager
async def house(dsn: str, accounts: AccountsSettings | None = None, **http: Any) -> AsyncIterator[House]:
    """Run the server on *dsn* during the block."""
    database = await Database.open(dsn)
    try:
        async with serving_http(HttpSettings(port=0, **http), database, accounts=accounts) as (host, port):
            yield House(f"http://{host}:{port}", database)
    finally:
        await database.close()
