"""The live stream: what changes comes, a cut loses nothing, a restart loses nothing, nobody sees what isn't his."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest_asyncio
from standins.api_scene import Api, api
from standins.incident_scene import finding
from store_scene import Device

from alerts.finding import Finding
from alerts.incidents.reconcile import save
from alerts.incidents.revise import settle
from telemetry.settings import HttpSettings
from telemetry.web.resources.feed import Batch, Cursor, Listener
from telemetry.web.server import serving_http

SECOND = timedelta(seconds=1)
Event = tuple[str, str, Any]
"""(id, event, data)."""


@pytest_asyncio.fixture
async def scene(database: str) -> AsyncIterator[Api]:
    async with api(database) as running:
        yield running


@asynccontextmanager
async def listening(scene: Api, who: str, **query: str) -> AsyncIterator[AsyncIterator[Event]]:
    url = f"{scene.address}/stream"
    timeout = aiohttp.ClientTimeout(total=60)
    async with scene.client.get(url, params=query, headers=await scene.headers(who), timeout=timeout) as answer:
        assert 200 == answer.status, await answer.text()
        yield events(answer)


async def events(answer: aiohttp.ClientResponse) -> AsyncIterator[Event]:
    fields: dict[str, str] = {}
    async for line in answer.content:
        text = line.decode().rstrip("\n")
        if text:
            name, _, value = text.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield fields["id"], fields["event"], json.loads(fields["data"])
            fields = {}


async def until(stream: AsyncIterator[Event], kind: str, matches: Any) -> Event:
    async with asyncio.timeout(30):
        async for event in stream:
            if event[1] == kind and matches(event[2]):
                return event
    raise AssertionError(f"the stream ended without {kind}")


def names(recorder_id: str, **values: Any) -> Any:
    return lambda rows: any(
        row["recorder_id"] == recorder_id and all(row[name] == value for name, value in values.items()) for row in rows
    )


async def opened(scene: Api, **changes: Any) -> str:
    change = settle(None, as_finding(**changes), datetime.now(UTC))
    assert change is not None
    async with scene.database.transaction() as connection:
        await save(connection, [change])
    return change.incident.incident_id


def as_finding(**changes: Any) -> Finding:
    now = datetime.now(UTC)
    return finding(**{"key": f"R0017|{now.isoformat()}", "starts_at": now - 60 * SECOND, "ends_at": now, **changes})


async def test_a_reading_and_an_incident_reach_who_listens(scene: Api) -> None:
    cursor = (await scene.get("zhihui", "/live"))["cursor"]
    async with listening(scene, "zhihui", cursor=cursor) as stream:
        await scene.hear(Device("R0017").birth(0, datetime.now(UTC)))
        await until(stream, "recorders", names("R0017", state="standby"))
        incident_id = await opened(scene)
        await until(stream, "recorders", names("R0017", incidents=1))
        _, _, rows = await until(stream, "incidents", bool)
        assert [incident_id] == [row["incident_id"] for row in rows]


async def test_what_happens_while_the_line_is_cut_comes_afterwards(scene: Api) -> None:
    cursor = (await scene.get("zhihui", "/live"))["cursor"]
    async with listening(scene, "zhihui", cursor=cursor) as stream:
        await scene.hear(Device("R0017").birth(0, datetime.now(UTC)))
        cursor, _, _ = await until(stream, "recorders", names("R0017", state="standby"))
    first = await opened(scene)
    async with listening(scene, "zhihui") as other:
        await until(other, "recorders", names("R0017", incidents=1))
    await scene.hear(Device("R0051").birth(0, datetime.now(UTC)))
    async with listening(scene, "zhihui", cursor=cursor) as stream:
        _, _, rows = await until(stream, "incidents", bool)
        assert [first] == [row["incident_id"] for row in rows]
        await until(stream, "recorders", names("R0051"))


async def test_a_cursor_survives_a_restart_of_the_server(scene: Api) -> None:
    cursor = (await scene.get("zhihui", "/live"))["cursor"]
    incident_id = await opened(scene)
    async with serving_http(HttpSettings(port=0), scene.database) as (host, port):
        scene.address = f"http://{host}:{port}/api/v1"
        async with listening(scene, "zhihui", cursor=cursor) as stream:
            await until(stream, "recorders", names("R0051"))
            _, _, rows = await until(stream, "incidents", bool)
            assert [incident_id] == [row["incident_id"] for row in rows]


async def test_an_incident_that_commits_after_a_later_one_is_not_missed(scene: Api) -> None:
    cursor = (await scene.get("zhihui", "/live"))["cursor"]
    async with listening(scene, "zhihui", cursor=cursor) as stream:
        slow = settle(None, as_finding(key="slow"), datetime.now(UTC) - 5 * SECOND)
        assert slow is not None
        async with scene.database.transaction() as connection:
            await save(connection, [slow])
            fast = await opened(scene, key="fast")
            _, _, rows = await until(stream, "incidents", bool)
            assert [fast] == [row["incident_id"] for row in rows]
        _, _, rows = await until(stream, "incidents", bool)
        assert [slow.incident.incident_id] == [row["incident_id"] for row in rows]


async def test_nobody_hears_of_another_unit_nor_of_a_suspicion(scene: Api) -> None:
    cursor = (await scene.get("zhihui", "/live"))["cursor"]
    async with listening(scene, "lidui", cursor=cursor) as stream:
        await scene.hear(Device("R0051").birth(0, datetime.now(UTC)))
        await opened(scene, confidence="suspected")
        known = await opened(scene)
        shown: list[Event] = []
        async with asyncio.timeout(30):
            async for event in stream:
                shown.append(event)
                if event[1] == "incidents":
                    break
        assert [[known]] == [[row["incident_id"] for row in e[2]] for e in shown if e[1] == "incidents"]
        assert "R0051" not in json.dumps([e[2] for e in shown])


async def test_a_session_that_ends_ends_the_stream(scene: Api, monkeypatch: Any) -> None:
    monkeypatch.setattr("telemetry.web.resources.stream._RECHECK_S", 0.2)
    async with listening(scene, "zhihui") as stream:
        await until(stream, "counts", bool)
        async with scene.database.connection() as connection:
            await connection.execute("DELETE FROM account_session")
        async with asyncio.timeout(20):
            async for _ in stream:
                pass


async def test_nonsense_is_no_cursor(scene: Api) -> None:
    for text in ("x", "a.b.c", "a.1.99999999999999999999999", "a.-1.2"):
        status, answer = await scene.call("zhihui", "GET", "/stream", cursor=text)
        assert (422, "cursor") == (status, answer["errors"][0]["field"])


def test_who_is_too_slow_is_reset_and_holds_no_more_than_one_word() -> None:
    listener = Listener()
    batch = Batch(Cursor("e", 1, 1), datetime.now(UTC), (), (), {})
    for _ in range(500):
        listener.offer(batch)
    waiting = [listener.queue.get_nowait() for _ in range(listener.queue.qsize())]
    assert len(waiting) <= 61
    assert None in waiting
