"""DingTalk: a group's robot with signature (open.dingtalk.com, custom-robot-access; codes: same page)."""

import base64
import hashlib
import hmac
import time
from typing import Final, Literal

import aiohttp
import msgspec
from pydantic import Field, SecretStr

from alerts.channels.codes import BAD_KEY, BAD_TEXT, BUSY, Code, judge
from alerts.channels.http import Reply, request
from alerts.channels.shape import Answer, ChannelTable, Message, RateLimit, Traits, disarmed, with_link

MOST_BYTES: Final = 18_000
"""Of the 20,000 bytes that a whole request may have."""
# Over 20 a minute, the robot is shut for ten minutes.
_SHUT: Final = Code(blame="load", after_s=600)
_CODES: Final[dict[int, Code]] = {
    -1: BUSY,
    130101: _SHUT,
    410100: _SHUT,
    660026: _SHUT,
    430101: BAD_TEXT,
    430102: BAD_TEXT,
    430103: BAD_TEXT,
    430104: BAD_TEXT,
    40035: BAD_TEXT,
    43004: BAD_KEY,
    300001: BAD_KEY,
    310000: BAD_KEY,
    400013: BAD_KEY,
    400101: BAD_KEY,
    400102: BAD_KEY,
    400105: BAD_KEY,
    400106: BAD_KEY,
}


class DingtalkSettings(ChannelTable):
    """A group's robot."""

    kind: Literal["dingtalk"] = "dingtalk"
    base_url: str = Field(default="https://oapi.dingtalk.com", pattern=r"^https?://\S+$", description="its address")
    access_token: SecretStr = Field(description="`access_token` of the robot's address")
    secret: SecretStr = Field(description="its signing secret (SEC…)")

    @property
    def traits(self) -> Traits:
        """What is true of the channel whatever is sent."""
        return Traits("dingtalk", is_public=True, limits=(RateLimit(20, 60),))


class Dingtalk:
    """Writes into the robot's group and calls the person."""

    def __init__(self, settings: DingtalkSettings, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._session = session

    async def send(self, message: Message, to: str) -> Answer:
        """Send; *to* is the user id that is called, if any."""
        # The call shows only where the text has the same "@id".
        call = f"\n@{to}" if to else ""
        text = with_link(disarmed(message.public_text), message.link, MOST_BYTES - len(call.encode()))
        body = {"msgtype": "text", "text": {"content": text + call}, "at": {"atUserIds": [to] if to else []}}
        timestamp = str(round(time.time() * 1000))
        reply = await request(
            self._session,
            "POST",
            f"{self._settings.base_url}/robot/send",
            timeout_s=self._settings.timeout_s,
            body=msgspec.json.encode(body),
            headers={"Content-Type": "application/json; charset=utf-8"},
            params={
                "access_token": self._settings.access_token.get_secret_value(),
                "timestamp": timestamp,
                "sign": sign(self._settings.secret.get_secret_value(), timestamp),
            },
        )
        return judge(reply, "errcode", "errmsg", _CODES) if isinstance(reply, Reply) else reply


def sign(secret: str, timestamp: str) -> str:
    """The robot's signature: HMAC-SHA256 of timestamp, newline, secret under the secret, base64; *timestamp* in ms."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
