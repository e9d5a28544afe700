"""HTTP as channels see it: one request, and how it ended by whether the message can have gone out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from alerts.notices.channels.channel import Answer, Refused, Unknown


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP response; `fields` is its JSON object, empty if the body is none."""

    status: int
    headers: Mapping[str, str]
    fields: Mapping[str, Any]


class Session(Protocol):
    """What sends requests: `opening` has it. The settings of channels are read where no HTTP client is loaded."""

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
        """One request, no redirects. Refused: it never left; Unknown: it left and no whole answer came in `timeout_s`.

        Texts name the kind of fault, never the URL: keys and tokens stand in it.
        """
        ...


def judge_status(reply: Reply) -> Answer | None:
    """Interpret the HTTP status; None if it is 2xx, so that the body decides."""
    if 200 <= reply.status < 300:
        return None
    code = f"http {reply.status}"
    if reply.status in {429, 503}:
        return Refused(code, "too much for the other side", blame="load", after_s=_retry_after(reply))
    if reply.status == 504:
        return Unknown("http 504: whoever stands between has lost the answer")
    if reply.status >= 500 or reply.status == 408:
        return Refused(code, "the other side is out of order", after_s=_retry_after(reply))
    return Refused(code, "not taken; address, key or secret of the channel may be wrong", is_final=True)


def _retry_after(reply: Reply) -> float | None:
    text = reply.headers.get("Retry-After") or reply.headers.get("x-ogw-ratelimit-reset") or ""
    return min(float(text), 3600.0) if text.isdecimal() else None
