"""WeCom: an app's message to a named person (developer.work.weixin.qq.com, path 90236; codes: path 90455)."""

import asyncio
import time
from typing import Final, Literal

import msgspec
from pydantic import Field, SecretStr

from alerts.notices.channels.answer_codes import BAD_KEY, BAD_TEXT, BUSY, NO_SUCH_PERSON, OK, Codes, judge
from alerts.notices.channels.channel import (
    Answer,
    ChannelTable,
    Message,
    RateLimit,
    Refused,
    Reply,
    Sent,
    Session,
    Traits,
    with_link,
    without_tags,
)
from alerts.notices.channels.wecom_bot import LOAD

MOST_BYTES: Final = 2048
REPEAT_S: Final = 4 * 3600
"""The longest `duplicate_check_interval`; WeCom delivers repeated requests within it once."""
_STALE_TOKEN: Final = {40001, 40014, 42001}
CODES: Final = Codes(
    ("errcode",),
    ("errmsg",),
    {
        "0": OK,
        **LOAD,
        # A new token was refused because another process has requested one since; try again soon.
        "40001": BUSY,
        "40014": BUSY,
        "42001": BUSY,
        "40003": NO_SUCH_PERSON,
        "40031": NO_SUCH_PERSON,
        "40032": NO_SUCH_PERSON,
        "60111": NO_SUCH_PERSON,
        "81013": NO_SUCH_PERSON,
        "40058": BAD_TEXT,
        "44004": BAD_TEXT,
        "45002": BAD_TEXT,
        "40013": BAD_KEY,
        "40056": BAD_KEY,
        "60020": BAD_KEY,
        "301002": BAD_KEY,
    },
)
TOKEN_CODES: Final = Codes(
    ("errcode",), ("errmsg",), {"0": OK, **LOAD, "40001": BAD_KEY, "40013": BAD_KEY, "60020": BAD_KEY}
)


class WecomAppSettings(ChannelTable):
    """An app of the bureau's own WeCom."""

    kind: Literal["wecom_app"] = "wecom_app"
    base_url: str = Field(
        "https://qyapi.weixin.qq.com",
        pattern=r"^https?://\S+$",
        title="企业微信地址；私有部署填自己的地址",
        description="private WeCom: its own address",
    )
    corpid: str = Field(min_length=1, title="企业 ID", description="the enterprise")
    secret: SecretStr = Field(title="应用的 Secret", description="the app's secret")
    agentid: int = Field(ge=1, title="应用的 AgentId", description="the app")

    def open(self, session: Session) -> "WecomApp":
        """The channel, on *session*."""
        return WecomApp(self, session)

    @property
    def traits(self) -> Traits:
        """The channel's fixed properties."""
        return Traits("wecom", is_public=False, limits=(RateLimit(600, 60),), tells_repeats_s=REPEAT_S)


class WecomApp:
    """Sends as an app; caches the access token until it expires or is refused."""

    def __init__(self, settings: WecomAppSettings, session: Session) -> None:
        self._settings = settings
        self._session = session
        self._token: str | None = None
        self._fresh_until = 0.0
        self._lock = asyncio.Lock()

    async def send(self, message: Message, to: str) -> Answer:
        """Send to the user id *to*; if the token is stale, request a new one and try once more."""
        for is_last in (False, True):
            token = await self._access_token()
            if isinstance(token, Refused):
                return token
            reply = await self._post(token, message, to)
            if not isinstance(reply, Reply):
                return reply
            if reply.fields.get("errcode") in _STALE_TOKEN and not is_last:
                self._drop(token)
                continue
            return _judge(reply, to)
        raise AssertionError

    async def _post(self, token: str, message: Message, to: str) -> Reply | Answer:
        # WeCom refuses \uxxxx escapes (40033); msgspec writes plain UTF-8.
        body = msgspec.json.encode(
            {
                # "|" separates recipients.
                "touser": to.replace("|", ""),
                "msgtype": "text",
                "agentid": self._settings.agentid,
                "text": {"content": with_link(without_tags(message.text), message.link, MOST_BYTES)},
                "safe": 0,
                "enable_duplicate_check": 1,
                "duplicate_check_interval": REPEAT_S,
            }
        )
        return await self._session.request(
            "POST",
            f"{self._settings.base_url}/cgi-bin/message/send",
            timeout_s=self._settings.timeout_s,
            body=body,
            headers={"Content-Type": "application/json"},
            params={"access_token": token},
        )

    async def _access_token(self) -> str | Refused:
        """Return the token, or a refusal: if this fails, the message was certainly not sent."""
        async with self._lock:
            if self._token is not None and time.monotonic() < self._fresh_until:
                return self._token
            reply = await self._session.request(
                "GET",
                f"{self._settings.base_url}/cgi-bin/gettoken",
                timeout_s=self._settings.timeout_s,
                params={"corpid": self._settings.corpid, "corpsecret": self._settings.secret.get_secret_value()},
            )
            if not isinstance(reply, Reply):
                return Refused("gettoken", reply.text)
            token, answer = reply.fields.get("access_token"), judge(reply, TOKEN_CODES)
            if isinstance(answer, Sent) and isinstance(token, str):
                age_s = reply.fields.get("expires_in", 7200)
                self._fresh_until = time.monotonic() + max(float(age_s) - 300, 30) if isinstance(age_s, int) else 0.0
                self._token = token
                return token
            return answer if isinstance(answer, Refused) else Refused("gettoken", "no token in the answer")

    def _drop(self, token: str) -> None:
        if self._token == token:
            self._token = None


def _judge(reply: Reply, to: str) -> Answer:
    answer = judge(reply, CODES)
    if isinstance(answer, Sent):
        # WeCom reports success and lists the recipients that it didn't reach.
        for field in ("invaliduser", "unlicenseduser"):
            missed = str(reply.fields.get(field) or "").lower().split("|")
            if to.lower() in missed:
                return Refused(field, "not reached", blame="address", is_final=True)
        return Sent(str(reply.fields.get("msgid", "")))
    return answer
