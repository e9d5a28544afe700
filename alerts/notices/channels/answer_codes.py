"""What the codes in the answers of channels mean: one shape of table for all of them, one function that reads it.

Load is never a final refusal. A code that stands in no table counts as load where its text says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from alerts.notices.channels.channel import Answer, Refused, Sent, Unknown
from alerts.notices.channels.http import Reply, judge_status

Kind = Literal["ok", "later", "later_to_this_address", "address", "content", "credentials"]
"""Taken; later, to everybody or to this address; never to this address; never this text; the channel is set up wrongly."""


@dataclass(frozen=True, slots=True)
class Code:
    """What one code means; `by_text` (patterns) tells apart the meanings of a code that has several."""

    kind: Kind
    after_s: float | None = None
    by_text: tuple[tuple[str, "Code"], ...] = ()


@dataclass(frozen=True, slots=True)
class Codes:
    """A channel's table. `code_fields` and `text_fields` name where code and text stand, the first that is there counts."""

    code_fields: tuple[str, ...]
    text_fields: tuple[str, ...]
    table: Mapping[str, Code]


OK: Final = Code("ok")
BUSY: Final = Code("later", after_s=30)
TOO_FAST: Final = Code("later", after_s=60)
USED_UP: Final = Code("later", after_s=3600)
"""The count of a day or a month is used up: asked again hourly."""
NO_SUCH_PERSON: Final = Code("address")
BAD_TEXT: Final = Code("content")
BAD_KEY: Final = Code("credentials")
_LOAD: Final = re.compile(
    r"too (many|fast|frequent)|frequen|throttl|quota|rate.?limit|limit.?control|concurren\w* out of limit|busy"
    r"|频繁|频率|限流|流控|并发|太快|繁忙|次数.{0,6}(超|上限)",
    re.IGNORECASE,
)


def is_load(text: str) -> bool:
    """Whether the text of a refusal speaks of load."""
    return _LOAD.search(text) is not None


def judge(reply: Reply, codes: Codes) -> Answer:
    """What *reply* says by its own code, else by its HTTP status.

    A code that nobody understands is a final refusal by the channel: the next channel is tried at once. An answer of
    200 that isn't the API's (a proxy's page) leaves the outcome unknown.
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
