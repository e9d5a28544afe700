"""SMS by an HTTP gateway whose request and answer format are settings."""

import hashlib
import hmac
import time
from typing import Final, Literal
from urllib.parse import urlencode

import msgspec
from pydantic import Field, SecretStr

from alerts.notices.channels.answer_codes import (
    BAD_KEY,
    BAD_TEXT,
    BUSY,
    NO_SUCH_PERSON,
    OK,
    TOO_FAST,
    USED_UP,
    Code,
    Codes,
    judge,
)
from alerts.notices.channels.channel import Answer, ChannelTable, Message, RateLimit, Reply, Session, Traits, fit

MOST_CHARACTERS: Final = 500
"""Most characters that gateways accept as one long message."""
# The limit of messages to one number; the text says whether per minute, hour or day.
_NUMBER_LIMIT: Final = Code(
    "later_to_this_address", after_s=60, by_text=((r"小时|天|hour|day", Code("later_to_this_address", after_s=3600)),)
)
TABLE: Final = {
    # Aliyun
    "isv.BUSINESS_LIMIT_CONTROL": _NUMBER_LIMIT,
    "isv.DAY_LIMIT_CONTROL": USED_UP,
    "isv.MONTH_LIMIT_CONTROL": USED_UP,
    "Throttling": TOO_FAST,
    "Throttling.User": TOO_FAST,
    "ServiceUnavailable": BUSY,
    "isp.SYSTEM_ERROR": BUSY,
    "isv.MOBILE_NUMBER_ILLEGAL": NO_SUCH_PERSON,
    "isv.MOBILE_COUNT_OVER_LIMIT": BAD_TEXT,
    "isv.BLACK_KEY_CONTROL_LIMIT": BAD_TEXT,
    "isv.PARAM_LENGTH_LIMIT": BAD_TEXT,
    "isv.SMS_CONTENT_ILLEGAL": BAD_TEXT,
    "isv.SMS_TEMPLATE_ILLEGAL": BAD_KEY,
    "isv.SMS_SIGNATURE_ILLEGAL": BAD_KEY,
    "isv.AMOUNT_NOT_ENOUGH": BAD_KEY,
    "isv.OUT_OF_SERVICE": BAD_KEY,
    "isp.RAM_PERMISSION_DENY": BAD_KEY,
    # Tencent
    "LimitExceeded.PhoneNumberThirtySecondLimit": _NUMBER_LIMIT,
    "LimitExceeded.PhoneNumberOneHourLimit": Code("later_to_this_address", after_s=3600),
    "LimitExceeded.PhoneNumberDailyLimit": Code("later_to_this_address", after_s=3600),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": Code("later_to_this_address", after_s=3600),
    "LimitExceeded.DeliveryFrequencyLimit": TOO_FAST,
    "RequestLimitExceeded": TOO_FAST,
    "FailedOperation.PhoneNumberInBlacklist": NO_SUCH_PERSON,
    "InvalidParameterValue.IncorrectPhoneNumber": NO_SUCH_PERSON,
}
"""Codes of the two large providers, which gateways pass on. Codes in the settings take precedence."""


class SmsSettings(ChannelTable):
    """A gateway. In `fields`, {mobile}, {text} and {key} are filled in."""

    kind: Literal["sms"] = "sms"
    url: str = Field(
        pattern=r"^https?://\S+$", title="短信网关地址（POST）", description="where it takes messages, by POST"
    )
    form: bool = Field(default=False, title="用表单代替 JSON", description="a form instead of JSON")
    fields: dict[str, str] = Field(
        {"mobile": "{mobile}", "content": "{text}", "id": "{key}"},
        title="请求体的字段名和值",
        description="names and values of the body",
    )
    headers: dict[str, SecretStr] = Field(
        {}, title="附加的请求头，例如 Authorization", description="sent along, such as Authorization"
    )
    secret: SecretStr | None = Field(
        None,
        title="签名密钥：X-Signature 为 X-Timestamp、换行、请求体的 HMAC-SHA256（十六进制）",
        description="signs: X-Signature is the hex HMAC-SHA256 of X-Timestamp, a newline and the body",
    )
    code_field: str = Field(
        "code", title="应答 JSON 中的结果字段", description="the field of its JSON answer that tells"
    )
    ok_codes: tuple[str, ...] = Field(("0", "200", "OK"), title="表示成功的结果码", description="codes that say yes")
    busy_codes: tuple[str, ...] = Field((), title="表示稍后再发的结果码", description="codes that say 'later'")
    address_codes: tuple[str, ...] = Field(
        (), title="表示号码不可达的结果码", description="codes that say 'not to this number'"
    )
    tells_repeats_s: float = Field(
        0,
        ge=0,
        le=86_400,
        title="网关在多久内拒收重复的编号",
        description="seconds during which the gateway refuses an id that it has had",
    )
    per_minute: int = Field(
        60, ge=1, le=10_000, title="每分钟最多几条", description="messages a minute that it may be given"
    )

    def open(self, session: Session) -> "Sms":
        """The channel, on *session*."""
        return Sms(self, session)

    @property
    def traits(self) -> Traits:
        """The channel's fixed properties."""
        return Traits(
            "mobile",
            is_public=False,
            limits=(RateLimit(self.per_minute, 60),),
            tells_repeats_s=self.tells_repeats_s,
        )


class Sms:
    """Sends short messages to mobile numbers."""

    def __init__(self, settings: SmsSettings, session: Session) -> None:
        self._settings = settings
        self._session = session

    async def send(self, message: Message, to: str) -> Answer:
        """Send to the number *to*."""
        values = {"{mobile}": to, "{text}": _short(message.text), "{key}": message.key}
        fields = {name: values.get(value, value) for name, value in self._settings.fields.items()}
        body = urlencode(fields).encode() if self._settings.form else msgspec.json.encode(fields)
        reply = await self._session.request(
            "POST",
            self._settings.url,
            timeout_s=self._settings.timeout_s,
            body=body,
            headers=self._headers(body),
        )
        return judge(reply, codes_of(self._settings)) if isinstance(reply, Reply) else reply

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


def codes_of(settings: SmsSettings) -> Codes:
    """The gateway's codes: those in its settings, then those of the providers."""
    own = [(OK, settings.ok_codes), (BUSY, settings.busy_codes), (NO_SUCH_PERSON, settings.address_codes)]
    table = {**TABLE, **{code: meaning for meaning, codes in own for code in codes}}
    return Codes((settings.code_field,), ("message", "Message", "msg", "Msg"), table)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MOST_CHARACTERS else fit(flat, len(flat[: MOST_CHARACTERS - 1].encode()) + 3)
