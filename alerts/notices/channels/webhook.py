"""A webhook: signed JSON to another system of the bureau, such as the wall's siren."""

import hashlib
import hmac
import time
from typing import Literal

import msgspec
from pydantic import Field, SecretStr

from alerts.notices.channels.answer_codes import judge_status
from alerts.notices.channels.channel import Answer, ChannelTable, Message, RateLimit, Reply, Sent, Session, Traits


class WebhookSettings(ChannelTable):
    """The address, and the secret that signs requests."""

    kind: Literal["webhook"] = "webhook"
    url: str = Field(
        pattern=r"^https?://\S+$", title="接收通知的地址（POST）", description="where it takes notices, by POST"
    )
    secret: SecretStr = Field(title="时间戳和请求体的签名密钥", description="signs timestamp and body")
    names_people: bool = Field(
        default=False,
        title="仅当无关人员看不到时才可为 true：内容点名到人",
        description="true only where nobody unconcerned reads what arrives there",
    )
    tells_repeats_s: float = Field(
        86_400,
        ge=0,
        le=7 * 86_400,
        title="对方在多久内忽略重复的 Idempotency-Key",
        description="seconds during which it ignores an Idempotency-Key it has had",
    )
    per_minute: int = Field(
        120, ge=1, le=10_000, title="每分钟最多几条", description="notices a minute that it may be given"
    )

    def open(self, session: Session) -> "Webhook":
        """The channel, on *session*."""
        return Webhook(self, session)

    @property
    def traits(self) -> Traits:
        """The channel's fixed properties."""
        return Traits(
            None,
            is_public=not self.names_people,
            limits=(RateLimit(self.per_minute, 60),),
            tells_repeats_s=self.tells_repeats_s,
        )


class Webhook:
    """Posts each notice with an Idempotency-Key and a signature."""

    def __init__(self, settings: WebhookSettings, session: Session) -> None:
        self._settings = settings
        self._session = session

    async def send(self, message: Message, to: str) -> Answer:
        """Send; *to* is the officer's id or the desk's name."""
        body = msgspec.json.encode(
            {
                "id": message.key,
                "to": to,
                "title": message.title,
                "text": message.text if self._settings.names_people else message.public_text,
                "urgent": message.is_urgent,
                "link": message.link,
            }
        )
        timestamp = str(round(time.time()))
        reply = await self._session.request(
            "POST",
            self._settings.url,
            timeout_s=self._settings.timeout_s,
            body=body,
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": message.key,
                "X-Timestamp": timestamp,
                "X-Signature": sign(self._settings.secret.get_secret_value(), timestamp, body),
            },
        )
        return (judge_status(reply) or Sent()) if isinstance(reply, Reply) else reply


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """`sha256=` and the hex HMAC-SHA256 of timestamp (seconds), "." and body under the secret."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={mac.hexdigest()}"
