"""DingTalk: a group's robot with signature (open.dingtalk.com, custom-robot-access; codes: same page)."""

import base64
import hashlib
import hmac
import time
from typing import Final, Literal

from pydantic import Field, SecretStr

from alerts.notices.channels.answer_codes import BAD_KEY, BAD_TEXT, BUSY, OK, TOO_FAST, USED_UP, Code, Codes, post_json
from alerts.notices.channels.channel import (
    Answer,
    ChannelTable,
    Message,
    RateLimit,
    Session,
    Traits,
    with_link,
    without_tags,
)

MOST_BYTES: Final = 18_000
"""Of the 20,000 bytes that a whole request may have."""
# After more than 20 messages in a minute, DingTalk blocks the robot for ten minutes.
_SHUT: Final = Code("later", after_s=600)
CODES: Final = Codes(
    ("errcode",),
    ("errmsg", "sub_msg"),
    {
        "0": OK,
        "-1": BUSY,
        "130101": _SHUT,
        "410100": _SHUT,
        "660026": _SHUT,
        "90030": USED_UP,
        # Too many calls: 90018 per second, 90002, 90005 and 90006 per minute; code 88 may quote them in its text.
        "90002": TOO_FAST,
        "90005": TOO_FAST,
        "90006": TOO_FAST,
        "90018": TOO_FAST,
        "88": Code("credentials", by_text=((r"900(02|05|06|18)|频率|频繁|too fast", TOO_FAST),)),
        # One code for everything the security settings refuse: missing keyword, wrong signature, wrong address.
        "310000": Code("credentials", by_text=((r"keyword|关键词", BAD_TEXT),)),
        "300001": Code("credentials", by_text=((r"frequen|too fast|频率", _SHUT),)),
        "300005": BAD_KEY,
        "400013": BAD_KEY,
        "400101": BAD_KEY,
        "400102": BAD_KEY,
        "400106": BAD_KEY,
        "40035": Code("content", by_text=((r"access_token", BAD_KEY),)),
        "43004": BAD_TEXT,
        "400105": BAD_TEXT,
        "430101": BAD_TEXT,
        "430102": BAD_TEXT,
        "430103": BAD_TEXT,
        "430104": BAD_TEXT,
    },
)


class DingtalkSettings(ChannelTable):
    """A group's robot."""

    kind: Literal["dingtalk"] = "dingtalk"
    base_url: str = Field(
        "https://oapi.dingtalk.com", pattern=r"^https?://\S+$", title="钉钉地址", description="its address"
    )
    access_token: SecretStr = Field(
        title="机器人地址中的 access_token", description="`access_token` of the robot's address"
    )
    secret: SecretStr = Field(title="加签密钥（SEC…）", description="its signing secret (SEC…)")

    def open(self, session: Session) -> "Dingtalk":
        """The channel, on *session*."""
        return Dingtalk(self, session)

    @property
    def traits(self) -> Traits:
        """The channel's fixed properties."""
        return Traits("dingtalk", is_public=True, limits=(RateLimit(20, 60),))


class Dingtalk:
    """Posts to the robot's group and mentions the person."""

    def __init__(self, settings: DingtalkSettings, session: Session) -> None:
        self._settings = settings
        self._session = session

    async def send(self, message: Message, to: str) -> Answer:
        """Send; *to* is the user id to mention, or empty."""
        # DingTalk shows the mention only if the text contains "@id".
        call = f"\n@{to}" if to else ""
        text = with_link(without_tags(message.public_text), message.link, MOST_BYTES - len(call.encode()))
        body = {"msgtype": "text", "text": {"content": text + call}, "at": {"atUserIds": [to] if to else []}}
        timestamp = str(round(time.time() * 1000))
        return await post_json(
            self._session,
            f"{self._settings.base_url}/robot/send",
            body,
            CODES,
            timeout_s=self._settings.timeout_s,
            params={
                "access_token": self._settings.access_token.get_secret_value(),
                "timestamp": timestamp,
                "sign": sign(self._settings.secret.get_secret_value(), timestamp),
            },
        )


def sign(secret: str, timestamp: str) -> str:
    """The robot's signature: HMAC-SHA256 of timestamp, newline, secret under the secret, base64; *timestamp* in ms."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
