"""`POST /api/v1/{collection}`: all or nothing, the faulty element and field named, nobody without the token."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from pydantic import SecretStr

from telemetry.settings import HttpSettings
from telemetry.store.pool import Database
from telemetry.web.server import serving_http

TOKEN = "a-token-of-more-than-24-characters"
UNIT = {"id": "U01", "name": "第一中队（虚构）", "kind": "squad"}
OFFICER = {"id": "P0001", "name": "张一（虚构）", "unit_id": "U01", "role": "officer"}


@pytest_asyncio.fixture
async def api(database: str) -> AsyncIterator[str]:
    opened = await Database.open(database)
    async with serving_http(HttpSettings(port=0, facts_token=SecretStr(TOKEN)), opened) as (host, port):
        yield f"http://{host}:{port}/api/v1"
    await opened.close()


async def posted(url: str, body: Any, token: str = TOKEN) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    sent = {"data": body} if isinstance(body, bytes) else {"json": body}
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers, **sent) as response:
        return response.status, await response.json(content_type=None)


async def test_facts_are_stored_once_and_known_again(api: str) -> None:
    assert (200, {"new": 1, "unchanged": 0, "awaiting_approval": 0, "warnings": []}) == await posted(
        f"{api}/units", [UNIT]
    )
    assert (200, {"new": 0, "unchanged": 1, "awaiting_approval": 0, "warnings": []}) == await posted(
        f"{api}/units", [UNIT]
    )
    assert 200 == (await posted(f"{api}/officers", [OFFICER]))[0]


async def test_one_fault_keeps_the_whole_array_out_and_is_named(api: str) -> None:
    await posted(f"{api}/units", [UNIT])
    status, answer = await posted(f"{api}/officers", [OFFICER, {**OFFICER, "id": "P0002", "unit_id": "U99"}])
    assert 422 == status
    assert [(1, "unit_id")] == [(error["element"], error["field"]) for error in answer["errors"]]
    assert (200, 1) == ((await posted(f"{api}/officers", [OFFICER]))[0], 1)
    status, answer = await posted(f"{api}/officers", [{**OFFICER, "role": "king"}])
    assert (422, 0) == (status, answer["errors"][0]["element"])


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"])
async def test_nobody_gets_in_without_the_token(api: str, token: str) -> None:
    assert 401 == (await posted(f"{api}/units", [UNIT], token))[0]


@pytest.mark.parametrize("body", [b"", b"{", b'{"id": 1}', b"[" * 100_000, b"\xff\xfe", b"null"])
async def test_a_body_that_is_no_array_is_a_problem_and_no_crash(api: str, body: bytes) -> None:
    status, answer = await posted(f"{api}/units", body)
    assert (400, 400) == (status, answer["status"])


async def test_an_unknown_collection_is_named(api: str) -> None:
    status, answer = await posted(f"{api}/coffees", [])
    assert 404 == status
    assert "units" in answer["detail"]
