"""Pages of a list: `?limit=50&cursor=…` in, `{"items": […], "next": cursor|null}` out."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from telemetry.web.problems import faulty

T = TypeVar("T")
Limit = Annotated[int, Field(ge=1, le=200)]
Moment = AwareDatetime
_LONGEST: Final = 400


class PageQuery(BaseModel):
    """How much of a list, and after which place."""

    model_config = ConfigDict(extra="forbid")
    limit: Limit = 50
    cursor: str | None = None


class Page(BaseModel, Generic[T]):
    """A page; `next` asks for the one after it."""

    items: Sequence[T]
    next: str | None = None


def cursor_of(*place: Any) -> str:
    """An opaque cursor for a place in a list."""
    text = json.dumps([part.isoformat() if isinstance(part, datetime) else part for part in place])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str | None, kinds: Sequence[type[Any]]) -> tuple[Any, ...] | None:
    """The place that a cursor names, its parts of these kinds. Raises Refused for what is none."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True)) if len(cursor) <= _LONGEST else []
        place = tuple(_part(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise faulty("cursor", "no cursor of this list", "不是本列表的游标") from None
    return place


def _part(part: Any, kind: type[Any]) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError(part)
        return moment
    if type(part) is not kind or (kind is int and not -(2**62) < part < 2**62) or "\0" in str(part):
        raise ValueError(part)
    return part


def words_of(text: str | None) -> list[str] | None:
    """`a,b` as a list; None where nothing is asked."""
    return None if not text else [word for word in (part.strip() for part in text.split(",")) if word]
