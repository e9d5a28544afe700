"""Feishu: a group's custom bot with signature (open.feishu.cn, "自定义机器人使用指南")."""

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
"""Of the 20 KB that a whole request may have."""
CODES: Final = Codes(
    # Old answers have only `StatusCode`; if both exist, only `code` is reliable.
    ("code", "StatusCode"),
    ("msg", "StatusMessage"),
    {
        "0": OK,
        "1500": BUSY,
        "11232": TOO_FAST,
        "11233": TOO_FAST,
        "230020": TOO_FAST,
        "99991400": TOO_FAST,
        "11247": USED_UP,
        "9499": Code("content", by_text=((r"too many|frequen", TOO_FAST),)),
        "11246": Code("content", by_text=((r"internal error", BUSY),)),
        "11248": BAD_TEXT,
        "11312": BAD_TEXT,
        "19002": BAD_TEXT,
        "19024": BAD_TEXT,
        "19001": BAD_KEY,
        "19007": BAD_KEY,
        "19021": BAD_KEY,
        "19022": BAD_KEY,
    },
)


class FeishuSettings(ChannelTable):
    """A group's custom bot."""

    kind: Literal["feishu"] = "feishu"
    base_url: str = Field(
        "https://open.feishu.cn", pattern=r"^https?://\S+$", title="飞书地址", description="its address"
    )
    hook: SecretStr = Field(title="机器人地址的最后一段", description="the last part of the bot's address")
    secret: SecretStr = Field(title="签名校验密钥", description="its signing secret")

    def open(self, session: Session) -> "Feishu":
        """The channel, on *session*."""
        return Feishu(self, session)

    @property
    def traits(self) -> Traits:
        """The channel's fixed properties."""
        return Traits("feishu", is_public=True, limits=(RateLimit(5, 1), RateLimit(100, 60)))


class Feishu:
    """Posts to the bot's group and mentions the person."""

    def __init__(self, settings: FeishuSettings, session: Session) -> None:
        self._settings = settings
        self._session = session

    async def send(self, message: Message, to: str) -> Answer:
        """Send; *to* is the open id to mention, or empty."""
        text = with_link(without_tags(message.public_text), message.link, MOST_BYTES - 200)
        call = f'\n<at user_id="{_attribute(to)}"></at>' if to else ""
        timestamp = str(round(time.time()))
        body = {
            "timestamp": timestamp,
            "sign": sign(self._settings.secret.get_secret_value(), timestamp),
            "msg_type": "text",
            "content": {"text": text + call},
        }
        url = f"{self._settings.base_url}/open-apis/bot/v2/hook/{self._settings.hook.get_secret_value()}"
        return await post_json(self._session, url, body, CODES, timeout_s=self._settings.timeout_s)


def sign(secret: str, timestamp: str) -> str:
    """The bot's signature: HMAC-SHA256 of nothing under timestamp, newline, secret, base64; *timestamp* in seconds."""
    return base64.b64encode(hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def _attribute(text: str) -> str:
    return without_tags(text).replace('"', "")
