"""Tests: a TCP line between clients and a broker that a test can cut."""

import asyncio
from types import TracebackType
from typing import Self, cast


class CuttableLine:
    """Listens on a loopback port of its own and passes everything on to *host* and *port*, at the receiver's pace."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.lines: set[_End] = set()
        self.cuts = 0
        self.torn = 0
        self.changed = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(lambda: _Near(self), "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self._tear()

    async def carries(self, lines: int) -> None:
        """Wait until at least *lines* connections stand."""
        while self._standing() < lines:
            self.changed.clear()
            await self.changed.wait()

    def _standing(self) -> int:
        return sum(isinstance(end, _Near) and end.other is not None for end in self.lines)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """End every connection at once, with whatever is on its way; new ones come through."""
        self.cuts += 1
        self.torn += self._standing()
        self._tear()

    def _tear(self) -> None:
        lines, self.lines = self.lines, set()
        for end in lines:
            end.transport.abort()


class _End(asyncio.Protocol):
    """One end of one connection."""

    transport: asyncio.Transport

    def __init__(self, cable: CuttableLine, other: "_End | None" = None) -> None:
        self.cable = cable
        self.other = other

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.cable.lines.add(self)

    def data_received(self, data: bytes) -> None:
        assert self.other is not None
        self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.cable.lines.discard(self)
        if self.other is not None:
            if exc is None:
                self.other.transport.close()
            else:
                self.other.transport.abort()


class _Near(_End):
    """The client's end; nothing is read from it before the broker's end stands."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.pause_reading()
        self._reaching = asyncio.ensure_future(self._reach())

    def connection_lost(self, exc: Exception | None) -> None:
        self._reaching.cancel()
        super().connection_lost(exc)

    async def _reach(self) -> None:
        try:
            _, self.other = await asyncio.get_running_loop().create_connection(
                lambda: _End(self.cable, self), *self.cable.target
            )
        except OSError:
            self.transport.abort()
            return
        if self.transport.is_closing():
            self.other.transport.abort()
        else:
            self.transport.resume_reading()
            self.cable.changed.set()
