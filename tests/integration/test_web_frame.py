"""The frame around every resource: headers, files, bodies, and errors that say what is wrong and nothing else."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from standins.web_people import PASSWORD, House, house
from structlog.testing import capture_logs

from telemetry.settings import HttpSettings
from telemetry.store.pool import Database
from telemetry.web.server import serving_http

AUDIT = "/api/v1/audit"
ACCOUNTS = "/api/v1/accounts"


@pytest_asyncio.fixture
async def home(database: str) -> AsyncIterator[House]:
    async with house(database) as running:
        await running.person("guanli", "administrator")
        await running.person("shenji", "auditor")
        yield running


@pytest.mark.parametrize(
    "path", ["/healthz", "/api/v1/session", "/api/v1/openapi.json", "/nowhere", "/vendor/maplibre-gl.css"]
)
async def test_every_answer_carries_the_headers(home: House, path: str) -> None:
    headers = (await home.browser().ask("GET", path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert ("nosniff", "DENY", "recorder-fleet") == (
        headers["X-Content-Type-Options"],
        headers["X-Frame-Options"],
        headers["Server"],
    )


async def test_what_the_api_says_is_kept_in_no_cache(home: House) -> None:
    assert "no-store" == (await home.browser().ask("GET", "/api/v1/session")).headers["Cache-Control"]


async def test_tiles_of_the_setting_and_no_others_may_be_loaded(database: str) -> None:
    async with house(database, tile_url="https://tiles.example/{z}/{x}/{y}.png") as running:
        policy = (await running.browser().ask("GET", "/healthz")).headers["Content-Security-Policy"]
        assert "img-src 'self' data: blob: https://tiles.example" in policy


async def test_maplibre_comes_from_this_server(home: House) -> None:
    answer = await home.browser().ask("GET", "/vendor/maplibre-gl.js")
    assert (200, True) == (answer.status, "text/javascript" in answer.headers["Content-Type"])
    again = await home.browser().ask("GET", "/vendor/maplibre-gl.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert 304 == again.status


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/..%2f..%2fpyproject.toml",
        "/%2e%2e/%2e%2e/telemetry/settings.py",
        "/vendor/../../../etc/passwd",
        "/vendor/..%2f..%2fmaplibre/__init__.py",
        "/vendor//etc/passwd",
        "/....//....//etc/passwd",
        "/%00index.html",
        "/index.html%00.png",
        "/vendor/%5c..%5c..%5cwindows",
    ],
)
async def test_no_path_leads_out_of_the_console(home: House, path: str) -> None:
    reader, writer = await asyncio.open_connection(*home.address.removeprefix("http://").split(":"))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head = (await reader.read()).split(b"\r\n", 1)[0]
    writer.close()
    assert head.split()[1] in {b"400", b"404"}


async def test_every_faulty_field_is_named(home: House) -> None:
    browser = await home.signed_in("guanli")
    answer = await browser.ask("POST", ACCOUNTS, {"username": "x" * 99, "roles": ["king"], "what": 1})
    assert (422, "invalid", "application/problem+json") == (
        answer.status,
        answer.code,
        answer.headers["Content-Type"].split(";")[0],
    )
    assert {"username", "name", "roles.0", "what"} == {error["field"] for error in answer.body["errors"]}
    assert all(error["reason_zh"] for error in answer.body["errors"])


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "cursor=nonsense", "nonsense=1", "limit=1&limit=2", "from=2026-01-01T00:00:00"]
)
async def test_a_faulty_query_is_named(home: House, query: str) -> None:
    browser = await home.signed_in("shenji")
    answer = await browser.ask("GET", f"{AUDIT}?{query}")
    assert (422, query.split("=", maxsplit=1)[0]) == (answer.status, answer.body["errors"][0]["field"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b'{"username": NaN}', 400),
        (b"\xff", 400),
        (b"null", 422),
        (b'{"username": "a\\u0000b", "password": "x"}', 422),
        (b'{"username": "a\\ud800", "password": "x"}', 422),
        (b'{"username": 123456789012345678901234567890, "password": "x"}', 422),
        (b'"' + b"x" * 300_000 + b'"', 413),
    ],
)
async def test_a_body_that_is_none_is_a_problem_and_no_crash(home: House, body: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{home.address}/api/v1/session", data=body, headers=headers) as response,
    ):
        assert status == response.status
        assert status == (await response.json(content_type=None))["status"]


async def test_unknown_paths_and_methods_are_problems(home: House) -> None:
    browser = await home.signed_in("guanli")
    unknown = await browser.ask("GET", "/api/v1/nowhere/at/all")
    assert (404, 404) == (unknown.status, unknown.body["status"])
    assert 405 == (await browser.ask("PUT", "/api/v1/session")).status


async def test_a_database_that_is_away_is_said_as_503() -> None:
    database = await Database.open("postgresql://nobody@127.0.0.1:1/nothing")
    async with serving_http(HttpSettings(port=0), database) as (host, port):
        running = House(f"http://{host}:{port}", database)
        answer = await running.browser().log_in("wang")
        assert (503, "database_away") == (answer.status, answer.code)
        health = await running.browser().ask("GET", "/healthz")
        assert (503, {"database": "out of reach"}) == (health.status, health.body["faults"])
    await database.close()


async def test_no_secret_is_in_the_logs(home: House, caplog: pytest.LogCaptureFixture) -> None:
    with capture_logs() as said, caplog.at_level(logging.DEBUG):
        browser = await home.signed_in("guanli")
        await home.browser().log_in("guanli", "a wrong one that is secret")
        body = {"name": "roster", "purpose": "reads the roster", "scopes": ["metrics"]}
        issued = await browser.ask("POST", "/api/v1/tokens", body)
        new = {"username": "liu", "name": "刘", "roles": ["engineer"], "password": "a very secret phrase"}
        assert 201 == (await browser.ask("POST", ACCOUNTS, new)).status
        await home.run("ALTER TABLE api_token RENAME TO gone")
        headers = {"Authorization": f"Bearer {issued.body['token']}"}
        broken = await home.browser().ask("GET", "/api/v1/session", headers=headers)
    assert broken.status >= 400
    everything = json.dumps(said, default=str, ensure_ascii=False) + caplog.text + broken.text
    secrets: list[Any] = [PASSWORD, "secret", issued.body["token"], browser.csrf, *browser.cookies.values()]
    assert [] == [secret for secret in secrets if secret in everything]
    audited = json.dumps(await home.rows("SELECT * FROM audit_entry"), default=str, ensure_ascii=False)
    assert [] == [secret for secret in secrets if secret in audited]


async def test_metrics_can_be_kept_for_tokens(database: str) -> None:
    async with house(database, metrics="token") as running:
        assert 401 == (await running.browser().ask("GET", "/metrics")).status
        await running.person("guanli", "administrator")
        browser = await running.signed_in("guanli")
        await running.person("anquan", "security")
        body = {"name": "prometheus", "purpose": "watches the server", "scopes": ["metrics"]}
        issued = await browser.ask("POST", "/api/v1/tokens", body)
        await running.countersigned(await running.signed_in("anquan"), issued)
        headers = {"Authorization": f"Bearer {issued.body['token']}"}
        assert 200 == (await running.browser().ask("GET", "/metrics", headers=headers)).status
    async with house(database, metrics="off") as running:
        assert 404 == (await running.browser().ask("GET", "/metrics")).status
    async with house(database) as running:
        assert 200 == (await running.browser().ask("GET", "/metrics")).status
