"""The interface of all channels: message, answer, traits, settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import Field

from telemetry.domain.settings_table import Table

Blame = Literal["channel", "address", "content", "load"]
"""The reason of a refusal: the channel (its breaker counts it), the address, the text, or too many messages."""


@dataclass(frozen=True, slots=True)
class Message:
    """A notice as a channel sends it.

    `key` identifies the notice. `text` may name people; `public_text` names recorders only. Both are plain text
    without markup, and complete without `link`.
    """

    key: str
    title: str
    text: str
    public_text: str
    link: str | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel accepted the notice."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel refused or wasn't reached: the notice was certainly not sent.

    `is_final`: it will never accept this notice for this address. `after_s`: seconds to wait, if known.
    """

    code: str
    text: str
    blame: Blame = "channel"
    is_final: bool = False
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request was sent without a clear answer: the notice may have been sent or not."""

    text: str


Answer = Sent | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP response; `fields` is its JSON object, empty if the body is none."""

    status: int
    headers: Mapping[str, str]
    fields: Mapping[str, Any]


class Session(Protocol):
    """What sends requests. A protocol, so that reading the settings of channels loads no HTTP client (see `opening`)."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        timeout_s: float,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Reply | Refused | Unknown:
        """Send one request without redirects. Refused: it was not sent; Unknown: no complete response in `timeout_s`.

        Error texts never contain the URL, because it may contain keys and tokens.
        """
        ...


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most *count* messages in any *window_s* seconds."""

    count: int
    window_s: float


@dataclass(frozen=True, slots=True)
class Traits:
    """Fixed properties of a channel; `contact` is the field of a person's contact that it needs.

    `is_public`: other people can read it, so it gets no person's name and never addresses the person concerned.
    `tells_repeats_s`: seconds during which it recognises a repeated notice, so that it can be tried again after an
    unknown outcome without sending twice; 0 if it doesn't.
    """

    contact: str | None
    is_public: bool
    limits: tuple[RateLimit, ...]
    tells_repeats_s: float = 0.0


class Channel(Protocol):
    """A way to reach a person."""

    async def send(self, message: Message, to: str) -> Answer:
        """Send once to the address *to* (may be empty for a desk). Network faults are answers, not exceptions."""


class ChannelTable(Table):
    """What every channel's settings have."""

    timeout_s: Annotated[float, Field(gt=0, le=50)] = Field(
        10, title="一次请求最长多久", description="seconds for one request"
    )

    def open(self, session: Session) -> Channel:
        """The channel, on *session*."""
        raise NotImplementedError

    @property
    def traits(self) -> Traits:
        """The channel's fixed properties."""
        raise NotImplementedError


ELLIPSIS: Final = "…"
REST: Final = "\n其余内容请在系统中查看。"


def fit(text: str, most_bytes: int) -> str:
    """*text*, shortened to *most_bytes* of UTF-8 if it is longer: whole lines where it has some, else an ellipsis."""
    raw = text.encode()
    if len(raw) <= most_bytes:
        return text
    whole = raw[: max(most_bytes - len(REST.encode()), 0) + 1].rpartition(b"\n")[0]
    # A list keeps its head and at least one item.
    if b"\n" in whole:
        return whole.decode() + REST
    return raw[: most_bytes - len(ELLIPSIS.encode())].decode(errors="ignore").rstrip() + ELLIPSIS


def with_link(text: str, link: str | None, most_bytes: int) -> str:
    """*text* followed by *link*, with the text shortened so that the whole link fits."""
    if link is None:
        return fit(text, most_bytes)
    tail = f"\n{link}"
    return fit(text, most_bytes - len(tail.encode())) + tail


def without_tags(text: str) -> str:
    """*text* with full-width brackets, for channels that interpret tags in plain text (`<a>`, `<at>`)."""
    return text.replace("<", "＜").replace(">", "＞")
