"""One HTTP request of a channel; its result says whether the message may have been sent."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from alerts.notices.channels.channel import Answer, Refused, Unknown

_MOST_BYTES = 65_536
_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.ServerFingerprintMismatch,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP response; `fields` is its JSON object, empty if the body is none."""

    status: int
    headers: Mapping[str, str]
    fields: Mapping[str, Any]


def open_session() -> aiohttp.ClientSession:
    """A session without keep-alive: a server that closes a kept connection would leave the outcome unknown."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True, limit=100), cookie_jar=aiohttp.DummyCookieJar()
    )


async def request(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    timeout_s: float,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
) -> Reply | Refused | Unknown:
    """Send one request without redirects. Refused: it was not sent; Unknown: no complete response in `timeout_s`.

    Error texts never contain the URL, because it may contain keys and tokens.
    """
    limit = aiohttp.ClientTimeout(total=timeout_s, sock_connect=timeout_s / 2)
    try:
        async with session.request(
            method, url, data=body, headers=headers, params=params, timeout=limit, allow_redirects=False
        ) as response:
            return Reply(response.status, response.headers, _fields(await _body(response)))
    except _NEVER_LEFT as fault:
        return Refused(type(fault).__name__, _reason(fault))
    except (TimeoutError, aiohttp.ClientError, OSError) as fault:
        return Unknown(_reason(fault))


def judge_status(reply: Reply) -> Answer | None:
    """Interpret the HTTP status; None if it is 2xx, so that the body decides."""
    if 200 <= reply.status < 300:
        return None
    code = f"http {reply.status}"
    if reply.status in {429, 503}:
        return Refused(code, "too much for the other side", blame="load", after_s=_retry_after(reply))
    if reply.status == 504:
        return Unknown("http 504: whoever stands between has lost the answer")
    if reply.status >= 500 or reply.status == 408:
        return Refused(code, "the other side is out of order", after_s=_retry_after(reply))
    return Refused(code, "not taken; address, key or secret of the channel may be wrong", is_final=True)


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


def _retry_after(reply: Reply) -> float | None:
    text = reply.headers.get("Retry-After") or reply.headers.get("x-ogw-ratelimit-reset") or ""
    return min(float(text), 3600.0) if text.isdecimal() else None


def _reason(fault: BaseException) -> str:
    inner = getattr(fault, "os_error", None)
    return f"{type(fault).__name__}: {inner.strerror or type(inner).__name__}" if inner else type(fault).__name__
