"""HTTP: how many connections are open at once, in all and by address, and how long one may take to ask its first question.

The reverse proxy of a production set-up has limits of its own; these hold where there is none. aiohttp has none: it waits
for ever for the headers of a connection's first request.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, Final, cast

import structlog

_log = structlog.get_logger(__name__)
MOST: Final = 4000
MOST_OF_ONE: Final = 500
"""Of one address that is no reverse proxy: a whole office may stand behind it, with some six connections a browser."""
HEADERS_WITHIN_S: Final = 10.0
_END_OF_HEADERS: Final = b"\r\n\r\n"


class ConnectionLimits:
    """Counts the open connections. *proxies* are addresses that many people come from."""

    def __init__(self, proxies: Collection[str] = (), *, headers_within_s: float = HEADERS_WITHIN_S) -> None:
        self.headers_within_s = headers_within_s
        self._proxies = frozenset(proxies)
        self._open: Counter[str] = Counter()

    def admit(self, address: str) -> bool:
        """Count one more of *address*; False if there are too many."""
        is_proxy = address in self._proxies
        if self._open.total() >= MOST or (not is_proxy and self._open[address] >= MOST_OF_ONE):
            return False
        self._open[address] += 1
        return True

    def release(self, address: str) -> None:
        """Count one less."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]

    def guard(self, handler: Callable[[], Any]) -> Callable[[], asyncio.Protocol]:
        """A protocol factory that puts the limits before the connections of *handler*."""
        return lambda: _Connection(handler(), self)


class _Connection(asyncio.Protocol):
    """One connection: refused, or passed on to *handler* and closed if its first headers don't come in time."""

    def __init__(self, handler: Any, limits: ConnectionLimits) -> None:
        self._handler = handler
        self._limits = limits
        self._address: str | None = None
        self._late: asyncio.TimerHandle | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        writable = cast("asyncio.Transport", transport)
        address = str((transport.get_extra_info("peername") or ("",))[0])
        if not self._limits.admit(address):
            _log.warning("too many connections", address=address)
            writable.abort()
            return
        self._address = address
        self._late = asyncio.get_running_loop().call_later(self._limits.headers_within_s, writable.abort)
        self._handler.connection_made(writable)

    def data_received(self, data: bytes) -> None:
        if self._late is not None:
            seen = self._tail + data
            self._tail = seen[1 - len(_END_OF_HEADERS) :]
            if _END_OF_HEADERS in seen:
                self._on_time()
        self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        kept: bool | None = self._handler.eof_received()
        return kept

    def pause_writing(self) -> None:
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._handler.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_time()
        if self._address is not None:
            self._limits.release(self._address)
            self._handler.connection_lost(exc)

    def _on_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
