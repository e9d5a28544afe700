"""A stand-in for an SMTP server (RFC 5321), as far as a client needs it; it can be told to misbehave."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

_REPLIES = {
    ("ok", b"QUIT"): b"221 bye\r\n",
    ("busy", b"MAIL"): b"451 4.3.0 try later\r\n",
    ("no_such_user", b"RCPT"): b"550 5.1.1 no such user\r\n",
    ("final", b"DATA"): b"554 5.7.1 refused\r\n",
}


class MailServer:
    """Records the mails received. Moods: busy (451), final (554), no_such_user (550), hang, reset, cut, *_after."""

    def __init__(self) -> None:
        self.port = 0
        self.mood = "ok"
        self.moods: deque[str] = deque()
        self.arrived: list[EmailMessage] = []
        self.requests = 0
        self.closing = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.requests += 1
        mood = self.moods.popleft() if self.moods else self.mood
        try:
            await self._talk(reader, writer, mood)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mood: str) -> None:
        if mood == "hang":
            await self.closing.wait()
        if mood in {"hang", "reset"}:
            return
        writer.write(b"220 mail.test ESMTP\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                if not await self._take(await reader.readuntil(b"\r\n.\r\n"), mood):
                    return
            writer.write(_REPLIES.get((mood, word)) or _REPLIES.get(("ok", word), b"250 ok\r\n"))
            await writer.drain()

    async def _take(self, raw: bytes, mood: str) -> bool:
        """Receive one mail; return whether to answer the client."""
        if mood in {"ok", "hang_after", "reset_after"}:
            mail = message_from_bytes(raw[:-5].replace(b"\r\n..", b"\r\n."), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.arrived.append(mail)
        if mood == "hang_after":
            await self.closing.wait()
        return mood in {"ok", "final"}


@asynccontextmanager
async def serving_mail(server: MailServer) -> AsyncIterator[None]:
    """Serve on its own port during the block."""
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.closing.set()
        listener.close()
