"""Lists a page at a time: `?limit=50&cursor=…` in, `{"items": […], "next": cursor|null}` out."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from telemetry.web.http.problems import faulty

T = TypeVar("T")
Row = TypeVar("Row")
Limit = Annotated[int, Field(ge=1, le=200)]
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2101, 1, 1, tzinfo=UTC)


def _within_reason(moment: datetime) -> datetime:
    """At the ends of the calendar a moment has no place in another time zone: whatever reckoned with it would break."""
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("out of range")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_within_reason)]
"""A moment as it may be asked for or entered: with its offset, in the years 2000 to 2100."""
_LONGEST: Final = 500


class PageQuery(BaseModel):
    """How much of a list, and after which place; an unknown parameter is a mistake that is told."""

    model_config = ConfigDict(extra="forbid")
    limit: Limit = 50
    cursor: Annotated[str | None, Field(max_length=_LONGEST)] = None


class Page(BaseModel, Generic[T]):
    """A page; `next` is the cursor of the one after it."""

    items: Sequence[T]
    next: str | None = None


def cursor_of(*place: Any) -> str:
    """A place in a list, opaque to whoever holds it."""
    text = json.dumps([part.isoformat() if isinstance(part, datetime) else part for part in place])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str | None, *kinds: type[Any]) -> tuple[Any, ...] | None:
    """The place that a cursor names, its parts of these kinds; None for the first page. Raises Refused for what is none."""
    if cursor is None:
        return None
    try:
        parts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        return tuple(_part(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise faulty("cursor", "no cursor of this list", "续页标记无效") from None


def cut(rows: Sequence[Row], limit: int, place: Callable[[Row], tuple[Any, ...]]) -> tuple[Sequence[Row], str | None]:
    """A page out of `limit + 1` *rows*, and the cursor of the next one, by the *place* of the last row, if there is one."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursor_of(*place(rows[limit - 1]))


def words_of(text: str | None) -> list[str] | None:
    """`a,b` as a list; None where nothing is asked."""
    return None if not text else [word for word in (part.strip() for part in text.split(",")) if word]


def _part(part: Any, kind: type[Any]) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError(part)
        return _within_reason(moment)
    if type(part) is not kind or (kind is int and not -(2**62) < part < 2**62):
        raise ValueError(part)
    if isinstance(part, str) and ("\0" in part or any("\ud800" <= sign <= "\udfff" for sign in part)):
        raise ValueError(part)
    return part
