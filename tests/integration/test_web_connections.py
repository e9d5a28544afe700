"""Connections that ask nothing don't keep others out: bounds in all and by address, and a time for the first headers."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import uvloop

from telemetry.settings import HttpSettings
from telemetry.store.pool import Database
from telemetry.web import server
from telemetry.web.http import connections, dispatch
from telemetry.web.http.connections import ConnectionLimits
from telemetry.web.server import serving_http

STRANGER, OTHER = "127.0.0.2", "127.0.0.3"
HALF = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "


@pytest.fixture
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    """The loop that the command runs on: its transports differ from asyncio's."""
    return uvloop.EventLoopPolicy()


async def half_open(host: str, port: int, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(host, port, local_addr=(address, 0))
    writer.write(HALF)
    await writer.drain()
    return reader, writer


async def is_closed(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(20):
        try:
            return b"" == await reader.read(1)
        except ConnectionResetError:
            return True


async def test_a_stranger_with_half_open_requests_keeps_nobody_out(plain_database: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(connections, "MOST_OF_ONE", 50)
    database = await Database.open(plain_database)
    async with AsyncExitStack() as stack:
        host, port = await stack.enter_async_context(serving_http(HttpSettings(port=0), database))
        held = [await half_open(host, port, STRANGER) for _ in range(60)]
        assert all([await is_closed(reader) for reader, _ in held[50:]])
        connector = aiohttp.TCPConnector(local_addr=(OTHER, 0))
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        async with session.get(f"http://{host}:{port}/healthz") as answer:
            assert {"status", "faults"} <= (await answer.json()).keys()
        for _, writer in held:
            writer.close()
    await database.close()


async def test_who_does_not_ask_in_time_is_let_go_and_who_asked_is_not(plain_database: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(server, "ConnectionLimits", lambda proxies: ConnectionLimits(proxies, headers_within_s=0.3))
    database = await Database.open(plain_database)
    async with serving_http(HttpSettings(port=0), database) as (host, port):
        asking, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHo")
        writer.write(b"st: x\r\n\r")
        await writer.drain()
        writer.write(b"\n")
        assert (await asking.readline()).startswith(b"HTTP/1.1 ")
        silent, idle = await half_open(host, port, STRANGER)
        assert await is_closed(silent)
        await asking.readuntil(b"}}")
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await asking.readline()).startswith(b"HTTP/1.1 ")
        for each in (writer, idle):
            each.close()
    await database.close()


async def test_a_body_that_does_not_come_is_waited_for_no_longer(plain_database: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(dispatch, "_BODY_WITHIN_S", 0.3)
    monkeypatch.setattr(dispatch, "_SLOWEST_BODY", 10**9)
    database = await Database.open(plain_database)
    async with serving_http(HttpSettings(port=0), database) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        head = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        writer.write(head + b"Content-Length: 100\r\n\r\n{")
        async with asyncio.timeout(20):
            assert b"HTTP/1.1 408 Request Timeout\r\n" == await reader.readline()
        writer.close()
    await database.close()


@pytest.mark.parametrize(("address", "admitted"), [("10.0.0.1", 3), ("10.0.0.9", 5)])
def test_a_reverse_proxy_is_bound_by_the_bound_of_all_only(address: str, admitted: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(connections, "MOST_OF_ONE", 3)
    monkeypatch.setattr(connections, "MOST", 5)
    limits = ConnectionLimits(["10.0.0.9"])
    assert admitted == sum(limits.admit(address) for _ in range(10))
    limits.release(address)
    assert limits.admit(address)
