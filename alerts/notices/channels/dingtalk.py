"""DingTalk: a group's robot with signature (open.dingtalk.com, custom-robot-access; codes: same page)."""

import base64
import hashlib
import hmac
import time
from typing import Final, Literal

import msgspec
from pydantic import Field, SecretStr

from alerts.notices.channels.answer_codes import BAD_KEY, BAD_TEXT, BUSY, OK, TOO_FAST, USED_UP, Code, Codes, judge
from alerts.notices.channels.channel import Answer, ChannelTable, Message, RateLimit, Traits, disarmed, with_link
from alerts.notices.channels.http import Reply, Session

MOST_BYTES: Final = 18_000
"""Of the 20,000 bytes that a whole request may have."""
# Over 20 a minute, the robot is shut for ten minutes.
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
        # Calls of one interface: 90018 in a second, 90002, 90005 and 90006 in a minute; they may stand inside of 88.
        "90002": TOO_FAST,
        "90005": TOO_FAST,
        "90006": TOO_FAST,
        "90018": TOO_FAST,
        "88": Code("credentials", by_text=((r"900(02|05|06|18)|频率|频繁|too fast", TOO_FAST),)),
        # One code for all that the robot's security settings refuse: a keyword that is missing, signature, address.
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
        """What is true of the channel whatever is sent."""
        return Traits("dingtalk", is_public=True, limits=(RateLimit(20, 60),))


class Dingtalk:
    """Writes into the robot's group and calls the person."""

    def __init__(self, settings: DingtalkSettings, session: Session) -> None:
        self._settings = settings
        self._session = session

    async def send(self, message: Message, to: str) -> Answer:
        """Send; *to* is the user id that is called, if any."""
        # The call shows only where the text has the same "@id".
        call = f"\n@{to}" if to else ""
        text = with_link(disarmed(message.public_text), message.link, MOST_BYTES - len(call.encode()))
        body = {"msgtype": "text", "text": {"content": text + call}, "at": {"atUserIds": [to] if to else []}}
        timestamp = str(round(time.time() * 1000))
        reply = await self._session.request(
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
        return judge(reply, CODES) if isinstance(reply, Reply) else reply


def sign(secret: str, timestamp: str) -> str:
    """The robot's signature: HMAC-SHA256 of timestamp, newline, secret under the secret, base64; *timestamp* in ms."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
