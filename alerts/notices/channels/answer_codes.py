"""The meaning of a channel's answer: a table of codes per channel, and one function that applies it.

Load is never a final refusal. An unknown code counts as load if its text says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, assert_never

import msgspec

from alerts.notices.channels.channel import Answer, Refused, Reply, Sent, Session, Unknown

Kind = Literal["ok", "later", "later_to_this_address", "address", "content", "credentials"]
"""Accepted; later for all messages, or for this address; bad address; bad text; bad configuration of the channel."""


@dataclass(frozen=True, slots=True)
class Code:
    """The meaning of one code; `by_text` gives other meanings if the answer's text matches a pattern."""

    kind: Kind
    after_s: float | None = None
    by_text: tuple[tuple[str, "Code"], ...] = ()


@dataclass(frozen=True, slots=True)
class Codes:
    """A channel's table. `code_fields` and `text_fields` name the fields of code and text; the first present one counts."""

    code_fields: tuple[str, ...]
    text_fields: tuple[str, ...]
    table: Mapping[str, Code]


OK: Final = Code("ok")
BUSY: Final = Code("later", after_s=30)
TOO_FAST: Final = Code("later", after_s=60)
USED_UP: Final = Code("later", after_s=3600)
"""A daily or monthly quota is used up: tried again every hour."""
NO_SUCH_PERSON: Final = Code("address")
BAD_TEXT: Final = Code("content")
BAD_KEY: Final = Code("credentials")
_LOAD: Final = re.compile(
    r"too (many|fast|frequent)|frequen|throttl|quota|rate.?limit|limit.?control|concurren\w* out of limit|busy"
    r"|频繁|频率|限流|流控|并发|太快|繁忙|次数.{0,6}(超|上限)",
    re.IGNORECASE,
)


def is_load(text: str) -> bool:
    """Whether the text of a refusal means load."""
    return _LOAD.search(text) is not None


def judge(reply: Reply, codes: Codes) -> Answer:
    """Interpret *reply* by its code, or else by its HTTP status.

    An unknown code is a final refusal, so that the next channel is tried at once. A status of 200 without a code
    (e.g. a proxy's page) leaves the outcome unknown.
    """
    told = next((str(reply.fields[n]) for n in codes.code_fields if _is_code(reply.fields.get(n))), None)
    if told is None or reply.status == 429:
        return judge_status(reply) or Unknown(f"http {reply.status} without {codes.code_fields[0]}")
    text = next((str(reply.fields[n]) for n in codes.text_fields if reply.fields.get(n)), "")[:200]
    known = codes.table.get(told) or (BUSY if is_load(text) else None)
    if known is None:
        return judge_status(reply) or Refused(told, text, is_final=True)
    meaning = next((other for pattern, other in known.by_text if re.search(pattern, text, re.IGNORECASE)), known)
    return _answer(meaning, told, text) or judge_status(reply) or Sent()


def judge_status(reply: Reply) -> Answer | None:
    """Interpret the HTTP status; None if it is 2xx, so that the body decides."""
    if 200 <= reply.status < 300:
        return None
    code = f"http {reply.status}"
    if reply.status in {429, 503}:
        return Refused(code, "too many requests", blame="load", after_s=_retry_after(reply))
    if reply.status == 504:
        return Unknown("http 504: a gateway lost the answer")
    if reply.status >= 500 or reply.status == 408:
        return Refused(code, "the service is out of order", after_s=_retry_after(reply))
    return Refused(code, "not accepted; the channel's address, key or secret may be wrong", is_final=True)


def _retry_after(reply: Reply) -> float | None:
    text = reply.headers.get("Retry-After") or reply.headers.get("x-ogw-ratelimit-reset") or ""
    return min(float(text), 3600.0) if text.isdecimal() else None


async def post_json(
    session: Session,
    url: str,
    body: object,
    codes: Codes,
    *,
    timeout_s: float,
    params: Mapping[str, str] | None = None,
) -> Answer:
    """POST *body* as JSON and interpret the reply by *codes*."""
    reply = await session.request(
        "POST",
        url,
        timeout_s=timeout_s,
        body=msgspec.json.encode(body),
        headers={"Content-Type": "application/json; charset=utf-8"},
        params=params,
    )
    return judge(reply, codes) if isinstance(reply, Reply) else reply


def _is_code(value: object) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool) and value != ""


def _answer(meaning: Code, code: str, text: str) -> Refused | None:
    match meaning.kind:
        case "ok":
            return None
        case "later":
            return Refused(code, text, blame="load", after_s=meaning.after_s)
        case "later_to_this_address":
            return Refused(code, text, blame="address", after_s=meaning.after_s)
        case "address" | "content":
            return Refused(code, text, blame=meaning.kind, is_final=True)
        case "credentials":
            return Refused(code, text, is_final=True)
        case unreachable:
            assert_never(unreachable)
