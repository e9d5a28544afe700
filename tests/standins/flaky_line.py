"""Test helper: a TCP proxy between browser and server whose connections a test can cut and restore."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Line:
    """Forwards to *port*; while it is cut, new connections are refused."""

    port: int
    own_port: int = 0
    is_cut: bool = False
    passing: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Close all connections and refuse new ones."""
        self.is_cut = True
        for writer in self.passing:
            writer.transport.abort()

    def mend(self) -> None:
        """Accept connections again."""
        self.is_cut = False

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection of the browser."""
        if self.is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.passing |= {writer, far_writer}
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        self.passing -= {writer, far_writer}


@asynccontextmanager
async def flaky_line(port: int) -> AsyncIterator[Line]:
    """Run a proxy to *port* on this machine during the block."""
    line = Line(port)
    server = await asyncio.start_server(line.connected, "127.0.0.1", 0)
    line.own_port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        line.cut()
        server.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
