"""The one shape of all channels: what they are given, what they answer, what they promise."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal, Protocol

from pydantic import Field

from telemetry.domain.settings_table import Table

if TYPE_CHECKING:
    from alerts.notices.channels.http import Session

Blame = Literal["channel", "address", "content", "load"]
"""What a refusal lies in: the channel (its breaker counts it), this person's address, this text, or too many messages."""


@dataclass(frozen=True, slots=True)
class Message:
    """A notice as a channel gets it.

    `key` names it: the same key again is the same notice. `text` may name people; `public_text` names recorders only.
    Both make sense without `link`. Nothing in them is markup.
    """

    key: str
    title: str
    text: str
    public_text: str
    link: str | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel said that it has taken the notice."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel said no, or was never reached: the notice has certainly not gone out.

    `is_final`: it never will take this notice to this address. `after_s`: seconds to wait, where that is known.
    """

    code: str
    text: str
    blame: Blame = "channel"
    is_final: bool = False
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request went out and no answer came that tells: the notice may have gone out, or not."""

    text: str


Answer = Sent | Refused | Unknown


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most *count* messages in any *window_s* seconds."""

    count: int
    window_s: float


@dataclass(frozen=True, slots=True)
class Traits:
    """What is true of a channel whatever is sent; `contact` names the field of a person's contact that it needs.

    `is_public`: others read along, so it is given no person's name and never used to reach the person concerned.
    `tells_repeats_s`: seconds during which it recognises a notice sent again, so that an unknown outcome may be tried
    again without telling anybody twice; 0 where it doesn't.
    """

    contact: str | None
    is_public: bool
    limits: tuple[RateLimit, ...]
    tells_repeats_s: float = 0.0


class Channel(Protocol):
    """A way to reach a person."""

    async def send(self, message: Message, to: str) -> Answer:
        """Send once to the address *to* (of a desk it may be empty). Never raises for what a network can do."""


class ChannelTable(Table):
    """What every channel's settings have."""

    timeout_s: Annotated[float, Field(gt=0, le=50)] = Field(
        10, title="一次请求最长多久", description="seconds for one request"
    )

    def open(self, session: "Session") -> Channel:
        """The channel, on *session*."""
        raise NotImplementedError

    @property
    def traits(self) -> Traits:
        """What is true of the channel whatever is sent."""
        raise NotImplementedError


ELLIPSIS: Final = "…"


def fit(text: str, most_bytes: int) -> str:
    """*text* cut to *most_bytes* of UTF-8 between two characters, with a sign that it was cut."""
    raw = text.encode()
    if len(raw) <= most_bytes:
        return text
    return raw[: most_bytes - len(ELLIPSIS.encode())].decode(errors="ignore").rstrip() + ELLIPSIS


def with_link(text: str, link: str | None, most_bytes: int) -> str:
    """*text*, cut so that the whole link still fits after it."""
    if link is None:
        return fit(text, most_bytes)
    tail = f"\n{link}"
    return fit(text, most_bytes - len(tail.encode())) + tail


def disarmed(text: str) -> str:
    """*text* for channels that read tags in plain text (`<a>`, `<at>`): without the brackets that begin and end them."""
    return text.replace("<", "＜").replace(">", "＞")
