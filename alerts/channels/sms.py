"""SMS over whatever HTTP gateway the bureau has: its request and its answer are settings."""

import hashlib
import hmac
import time
from typing import Final, Literal
from urllib.parse import urlencode

import aiohttp
import msgspec
from pydantic import Field, SecretStr

from alerts.channels.http import Reply, judge_status, request
from alerts.channels.shape import Answer, ChannelTable, Message, RateLimit, Refused, Sent, Traits, Unknown, fit

MOST_CHARACTERS: Final = 500
"""What gateways take as one long message."""


class SmsSettings(ChannelTable):
    """A gateway. In `fields`, {mobile}, {text} and {key} are filled in."""

    kind: Literal["sms"] = "sms"
    url: str = Field(pattern=r"^https?://\S+$", description="where it takes messages, by POST")
    form: bool = Field(default=False, description="a form instead of JSON")
    fields: dict[str, str] = Field(
        default={"mobile": "{mobile}", "content": "{text}", "id": "{key}"}, description="names and values of the body"
    )
    headers: dict[str, SecretStr] = Field(default={}, description="sent along, such as Authorization")
    secret: SecretStr | None = Field(
        default=None, description="signs: X-Signature is the hex HMAC-SHA256 of X-Timestamp, a newline and the body"
    )
    code_field: str = Field(default="code", description="the field of its JSON answer that tells")
    ok_codes: tuple[str, ...] = Field(default=("0", "200", "OK"), description="codes that say yes")
    busy_codes: tuple[str, ...] = Field(default=(), description="codes that say 'later'")
    address_codes: tuple[str, ...] = Field(default=(), description="codes that say 'not to this number'")
    tells_repeats_s: float = Field(
        default=0, ge=0, le=86_400, description="seconds during which the gateway refuses an id that it has had"
    )
    per_minute: int = Field(default=60, ge=1, le=10_000, description="messages a minute that it may be given")

    @property
    def traits(self) -> Traits:
        """What is true of the channel whatever is sent."""
        return Traits(
            "mobile",
            is_public=False,
            limits=(RateLimit(self.per_minute, 60),),
            tells_repeats_s=self.tells_repeats_s,
        )


class Sms:
    """Sends short messages to mobile numbers."""

    def __init__(self, settings: SmsSettings, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._session = session

    async def send(self, message: Message, to: str) -> Answer:
        """Send to the number *to*."""
        values = {"{mobile}": to, "{text}": _short(message.text), "{key}": message.key}
        fields = {name: values.get(value, value) for name, value in self._settings.fields.items()}
        body = urlencode(fields).encode() if self._settings.form else msgspec.json.encode(fields)
        reply = await request(
            self._session,
            "POST",
            self._settings.url,
            timeout_s=self._settings.timeout_s,
            body=body,
            headers=self._headers(body),
        )
        return self._judge(reply) if isinstance(reply, Reply) else reply

    def _headers(self, body: bytes) -> dict[str, str]:
        kind = "application/x-www-form-urlencoded" if self._settings.form else "application/json"
        headers = {name: value.get_secret_value() for name, value in self._settings.headers.items()}
        headers["Content-Type"] = f"{kind}; charset=utf-8"
        if self._settings.secret is not None:
            timestamp = str(round(time.time()))
            key = self._settings.secret.get_secret_value().encode()
            headers["X-Timestamp"] = timestamp
            headers["X-Signature"] = hmac.new(key, timestamp.encode() + b"\n" + body, hashlib.sha256).hexdigest()
        return headers

    def _judge(self, reply: Reply) -> Answer:
        by_status = judge_status(reply)
        code = reply.fields.get(self._settings.code_field)
        if by_status is not None or code is None:
            return by_status or Unknown(f"http {reply.status} without {self._settings.code_field}")
        told = str(code)
        if told in self._settings.ok_codes:
            return Sent()
        if told in self._settings.busy_codes:
            return Refused(told, "the gateway is busy", blame="load", after_s=30)
        blame: Literal["address", "channel"] = "address" if told in self._settings.address_codes else "channel"
        return Refused(told, "the gateway says no", blame=blame, is_final=True)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MOST_CHARACTERS else fit(flat, len(flat[: MOST_CHARACTERS - 1].encode()) + 3)
