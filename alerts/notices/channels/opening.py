"""Channels are opened from their settings; one HTTP session serves them all."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import aiohttp
import msgspec

from alerts.notices.channels.channel import Answer, Channel, ChannelTable, Message, Refused, Reply, Unknown

TEST_MESSAGE: Final = Message(
    key="test",
    title="执法记录仪系统：通知测试",
    text="【测试】这是一条通知测试，收到即表示此渠道可用，无需处理。",
    public_text="【测试】这是一条通知测试，收到即表示此渠道可用，无需处理。",
)
_MOST_BYTES: Final = 65_536
_NEVER_LEFT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.ServerFingerprintMismatch,
)


@asynccontextmanager
async def open_channels(settings: Mapping[str, ChannelTable]) -> AsyncIterator[dict[str, Channel]]:
    """The channels by their names while the block runs.

    A connection is opened per request: on a kept one, a server that hangs up leaves the outcome unknown.
    """
    connector = aiohttp.TCPConnector(force_close=True, limit=100)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield {name: table.open(_HttpSession(session)) for name, table in settings.items()}


async def send_test(settings: ChannelTable, to: str) -> Answer:
    """One test message by one channel to the address *to*, past queue, limits and breaker."""
    async with open_channels({"test": settings}) as channels:
        return await channels["test"].send(TEST_MESSAGE, to)


class _HttpSession:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def request(
        self,
        method: str,
        url: str,
        *,
        timeout_s: float,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Reply | Refused | Unknown:
        limit = aiohttp.ClientTimeout(total=timeout_s, sock_connect=timeout_s / 2)
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, params=params, timeout=limit, allow_redirects=False
            ) as response:
                return Reply(response.status, response.headers, _fields(await _body(response)))
        except _NEVER_LEFT as fault:
            return Refused(type(fault).__name__, _reason(fault))
        except (TimeoutError, aiohttp.ClientError, OSError) as fault:
            return Unknown(_reason(fault))


async def _body(response: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for chunk in response.content.iter_chunked(8192):
        raw += chunk
        if len(raw) > _MOST_BYTES:
            break
    return bytes(raw)


def _fields(raw: bytes) -> Mapping[str, Any]:
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        decoded = msgspec.json.decode(raw)
        if isinstance(decoded, dict):
            return decoded
    return {}


def _reason(fault: BaseException) -> str:
    inner = getattr(fault, "os_error", None)
    return f"{type(fault).__name__}: {inner.strerror or type(inner).__name__}" if inner else type(fault).__name__
