"""A stand-in for WeCom on this machine, for the demo: a real HTTP server that takes app messages and checks them.

It answers as developer.work.weixin.qq.com (paths 91039, 90236, 90313) says: a token against the secret, its age, the
app, the length, whether the person is known, and the same message twice within the interval only once.
"""

import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from aiohttp import web

_MOST_BYTES: Final = 2048
_TOKEN_S: Final = 7200
_SEEN_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message as it stands on somebody's phone."""

    at: datetime
    to: str
    text: str


@dataclass(slots=True)
class WecomStandIn:
    """One enterprise with one app. *members* are the user ids it knows; `refused` counts what was wrong, by code."""

    members: frozenset[str]
    now: Callable[[], datetime]
    corpid: str = "ww-demo"
    agentid: int = 1000002
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    url: str = ""
    delivered: list[Delivered] = field(default_factory=list)
    refused: dict[int, int] = field(default_factory=dict)
    _tokens: dict[str, float] = field(default_factory=dict, repr=False)
    _seen: set[str] = field(default_factory=set, repr=False)

    async def draw_token(self, request: web.Request) -> web.Response:
        """`gettoken`."""
        given = request.query.get("corpsecret", "")
        if request.query.get("corpid") != self.corpid or not secrets.compare_digest(given, self.secret):
            return self._refuse(40001, "invalid credential")
        token = secrets.token_urlsafe(32)
        self._tokens[token] = time.monotonic() + _TOKEN_S
        return _answer(0, "ok", {"access_token": token, "expires_in": _TOKEN_S})

    async def take_message(self, request: web.Request) -> web.Response:
        """`message/send`."""
        body = await request.read()
        if time.monotonic() > self._tokens.get(request.query.get("access_token", ""), 0.0):
            return self._refuse(42001, "access_token expired")
        try:
            message = json.loads(body)
        except ValueError:
            return self._refuse(47001, "data format error")
        wrong = self._check(message)
        if wrong is not None:
            return self._refuse(*wrong)
        spelled = json.dumps(message, sort_keys=True)
        if message.get("enable_duplicate_check") != 1 or spelled not in self._seen:
            self.delivered.append(Delivered(self.now(), message["touser"], message["text"]["content"]))
        if len(self._seen) >= _SEEN_MOST:
            self._seen.clear()
        self._seen.add(spelled)
        return _answer(0, "ok", {"msgid": secrets.token_hex(8)})

    def _check(self, message: Any) -> tuple[int, str] | None:
        """What is wrong with a message, or None."""
        if not isinstance(message, Mapping) or message.get("msgtype") != "text":
            return 40008, "invalid message type"
        if message.get("agentid") != self.agentid:
            return 40056, "invalid agentid"
        text = message.get("text")
        content = text.get("content") if isinstance(text, Mapping) else None
        if not isinstance(content, str) or not content:
            return 44004, "empty content"
        if len(content.encode()) > _MOST_BYTES:
            return 45002, "content size out of limit"
        if message.get("touser") not in self.members:
            return 81013, "user & party & tag all invalid"
        return None

    def _refuse(self, code: int, text: str) -> web.Response:
        self.refused[code] = self.refused.get(code, 0) + 1
        return _answer(code, text)


def _answer(code: int, text: str, more: Mapping[str, object] | None = None) -> web.Response:
    return web.json_response({"errcode": code, "errmsg": text} | dict(more or {}))


@asynccontextmanager
async def serving_wecom(members: frozenset[str], now: Callable[[], datetime]) -> AsyncIterator[WecomStandIn]:
    """Serve a stand-in on a free port of the loopback while the block runs."""
    stand_in = WecomStandIn(members, now)
    application = web.Application(client_max_size=64 * 1024)
    application.router.add_get("/cgi-bin/gettoken", stand_in.draw_token)
    application.router.add_post("/cgi-bin/message/send", stand_in.take_message)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stand_in.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield stand_in
    finally:
        await runner.cleanup()
