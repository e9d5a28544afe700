"""Stand-ins for external services: real HTTP servers that check their requests.

Each answers as documented, records delivered notices (`arrived`) and faulty requests (`wrongs`), and can be told to
misbehave for the next requests (`moods`).
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from aiohttp import web

MOODS = ("http_500", "busy", "final", "limit", "hang", "hang_after", "reset", "reset_after", "page")
"""How a stand-in can misbehave; `*_after`: the notice is delivered, but the answer is not."""


class StandIn:
    """One service. `mood` applies if `moods` is empty."""

    codes: ClassVar[dict[str, tuple[int, str]]] = {}
    code_field = "errcode"
    text_field = "errmsg"
    path = "/"

    def __init__(self) -> None:
        self.url = ""
        self.mood = "ok"
        self.moods: deque[str] = deque()
        self.arrived: list[dict[str, Any]] = []
        self.wrongs: list[str] = []
        self.requests = 0
        self.requested = asyncio.Event()
        self.closing = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        return [web.post(self.path, self.take)]

    async def take(self, request: web.Request) -> web.StreamResponse:
        """One request for a message."""
        self.requests += 1
        body = await request.read()
        self.requested.set()
        mood = self.moods.popleft() if self.moods else self.mood
        if mood in {"hang", "reset", "http_500", "page", "busy", "limit", "final"}:
            return await self.misbehave(request, mood)
        wrong = self.check(request, body)
        if wrong is not None:
            self.wrongs.append(wrong[1])
            return self.answer(*wrong)
        self.deliver(json.loads(body))
        return await self.misbehave(request, mood) if mood != "ok" else self.answer(0, "ok")

    async def misbehave(self, request: web.Request, mood: str) -> web.StreamResponse:
        match mood:
            case "hang" | "hang_after":
                await self.closing.wait()
            case "reset" | "reset_after":
                assert request.transport is not None
                request.transport.abort()
            case "http_500":
                return web.Response(status=500, text="Internal Server Error")
            case "page":
                return web.Response(text="<html>请先登录网络</html>", content_type="text/html")
        return self.answer(*self.codes.get(mood, (1, mood)))

    def deliver(self, message: dict[str, Any]) -> None:
        self.arrived.append(message)

    def check(self, request: web.Request, body: bytes) -> tuple[int, str] | None:  # noqa: ARG002
        return None

    def answer(self, code: int, text: str) -> web.StreamResponse:
        return web.json_response({self.code_field: code, self.text_field: text})


class WecomApp(StandIn):
    """Issues tokens that expire, recognises repeated notices, knows its users."""

    path = "/cgi-bin/message/send"
    codes: ClassVar = {
        "busy": (-1, "system busy"),
        "final": (301002, "not allow operate another agent"),
        "limit": (45009, "freq"),
    }

    def __init__(self, corpid: str = "ww1", secret: str = "s3cret", agentid: int = 1000002) -> None:
        super().__init__()
        self.corpid, self.secret, self.agentid = corpid, secret, agentid
        self.tokens = 0
        self.token = ""
        self.members = {"zhangsan", "lidui"}
        self.seen: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        return [*super().routes(), web.get("/cgi-bin/gettoken", self.draw)]

    async def draw(self, request: web.Request) -> web.StreamResponse:
        if (request.query.get("corpid"), request.query.get("corpsecret")) != (self.corpid, self.secret):
            return self.answer(40001, "invalid credential")
        self.tokens += 1
        self.token = f"token-{self.tokens}"
        return web.json_response({"errcode": 0, "errmsg": "ok", "access_token": self.token, "expires_in": 7200})

    def check(self, request: web.Request, body: bytes) -> tuple[int, str] | None:
        message = json.loads(body)
        if b"\\u" in body:
            return 40033, "invalid charset"
        if request.query.get("access_token") != self.token:
            return 42001, "access_token expired"
        if message.get("agentid") != self.agentid or message.get("msgtype") != "text":
            return 40056, "invalid agentid"
        if len(message["text"]["content"].encode()) > 2048:
            return 45002, "content size out of limit"
        if message["touser"] not in self.members:
            return 81013, "user & party & tag all invalid"
        return None

    def deliver(self, message: dict[str, Any]) -> None:
        raw = json.dumps(message, sort_keys=True)
        if message.get("enable_duplicate_check") != 1 or raw not in self.seen:
            self.arrived.append(message)
        self.seen.add(raw)


class WecomBot(StandIn):
    """A group's bot: 20 messages a minute."""

    path = "/cgi-bin/webhook/send"
    codes: ClassVar = {
        "busy": (-1, "system busy"),
        "final": (93000, "invalid webhook url"),
        "limit": (45009, "freq out of limit"),
    }

    def __init__(self, key: str = "bot-key") -> None:
        super().__init__()
        self.key = key
        self.taken_at: list[float] = []

    def check(self, request: web.Request, body: bytes) -> tuple[int, str] | None:
        now = time.monotonic()
        if request.query.get("key") != self.key:
            return 93000, "invalid webhook url"
        if len(json.loads(body)["text"]["content"].encode()) > 2048:
            return 45002, "content size out of limit"
        if sum(now - at < 60 for at in self.taken_at) >= 20:
            return 45009, "api freq out of limit"
        self.taken_at.append(now)
        return None


class Dingtalk(StandIn):
    """A group's robot that requires a recent signature."""

    path = "/robot/send"
    codes: ClassVar = {"busy": (-1, "系统繁忙"), "final": (400102, "机器人已停用"), "limit": (130101, "send too fast")}

    def __init__(self, token: str = "ding-token", secret: str = "SECding") -> None:
        super().__init__()
        self.token, self.secret = token, secret

    def check(self, request: web.Request, body: bytes) -> tuple[int, str] | None:
        timestamp = request.query.get("timestamp", "0")
        mac = hmac.new(self.secret.encode(), f"{timestamp}\n{self.secret}".encode(), hashlib.sha256)
        if request.query.get("access_token") != self.token:
            return 400101, "access_token不存在"
        if request.query.get("sign") != base64.b64encode(mac.digest()).decode():
            return 310000, "sign not match"
        if abs(time.time() * 1000 - int(timestamp)) > 3_600_000:
            return 310000, "invalid timestamp"
        if len(body) > 20_000:
            return 40035, "too long"
        return None


class Feishu(StandIn):
    """A group's custom bot that requires a recent signature."""

    code_field = "code"
    text_field = "msg"
    codes: ClassVar = {
        "busy": (1500, "internal error"),
        "final": (19001, "access token invalid"),
        "limit": (11232, "frequency"),
    }

    def __init__(self, hook: str = "hook-1", secret: str = "feishu-secret") -> None:
        super().__init__()
        self.secret = secret
        self.path = f"/open-apis/bot/v2/hook/{hook}"

    def check(self, request: web.Request, body: bytes) -> tuple[int, str] | None:  # noqa: ARG002
        message = json.loads(body)
        key = f"{message.get('timestamp')}\n{self.secret}".encode()
        if message.get("sign") != base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode():
            return 19021, "sign match fail or timestamp is not within one hour from current time"
        if len(body) > 20_480:
            return 9499, "too large"
        return None


class Sms(StandIn):
    """A gateway with a signature of its own."""

    code_field = "code"
    text_field = "message"
    path = "/sms"
    codes: ClassVar = {"busy": (503, "busy"), "final": (1001, "no credit"), "limit": (503, "busy")}

    def __init__(self, secret: str = "sms-secret") -> None:
        super().__init__()
        self.secret = secret

    def check(self, request: web.Request, body: bytes) -> tuple[int, str] | None:
        signed = request.headers.get("X-Timestamp", "").encode() + b"\n" + body
        if request.headers.get("X-Signature") != hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest():
            return 401, "bad signature"
        if len(json.loads(body)["content"]) > 500:
            return 414, "too long"
        return None


class Webhook(StandIn):
    """Another system of the bureau: checks the signature, ignores repeated keys."""

    path = "/notices"

    def __init__(self, secret: str = "hook-secret") -> None:
        super().__init__()
        self.secret = secret
        self.keys: set[str] = set()

    def check(self, request: web.Request, body: bytes) -> tuple[int, str] | None:
        signed = request.headers.get("X-Timestamp", "").encode() + b"." + body
        mac = hmac.new(self.secret.encode(), signed, hashlib.sha256)
        if request.headers.get("X-Signature") != f"sha256={mac.hexdigest()}":
            return 401, "bad signature"
        if request.headers.get("Idempotency-Key") != json.loads(body)["id"]:
            return 400, "no key"
        return None

    def deliver(self, message: dict[str, Any]) -> None:
        if message["id"] not in self.keys:
            self.arrived.append(message)
        self.keys.add(message["id"])

    def answer(self, code: int, text: str) -> web.StreamResponse:
        statuses = {0: 204, 1: 503}
        return web.Response(status=statuses.get(code, code), text=text if code else None)


@asynccontextmanager
async def serving(*stand_ins: StandIn) -> AsyncIterator[None]:
    """Serve each on its own port during the block; cut hanging requests at the end."""
    runners = []
    try:
        for stand_in in stand_ins:
            application = web.Application()
            application.add_routes(stand_in.routes())
            runner = web.AppRunner(application, shutdown_timeout=1, access_log=None)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            stand_in.url = f"http://127.0.0.1:{port}"
            runners.append(runner)
        yield
    finally:
        for stand_in in stand_ins:
            stand_in.closing.set()
        for runner in runners:
            await runner.cleanup()
