"""Lists a page at a time: `?limit=50&cursor=…` in, `{"items": […], "next": …}` out."""

import base64
import binascii
import json
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from telemetry.web.problems import Refused, faulty

T = TypeVar("T")
LIMIT: Final = 200


class Query(BaseModel):
    """What all queries have in common: an unknown parameter is a mistake that is told."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(Query):
    """Where a list goes on, and how much of it is asked for."""

    limit: Annotated[int, Field(ge=1, le=LIMIT)] = 50
    cursor: Annotated[str | None, Field(max_length=500)] = None


class Page(BaseModel, Generic[T]):
    """A page; `next` is the cursor of the one after it."""

    items: list[T]
    next: str | None = None


def encode_cursor(*position: str | int) -> str:
    """Where the next page begins, opaque to whoever holds it."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The position in *cursor*, of those kinds; None for the first page. Raises Refused for one we never gave."""
    if cursor is None:
        return None
    try:
        position = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as fault:
        raise _wrong() from fault
    if not isinstance(position, list) or [type(part) for part in position] != list(kinds):
        raise _wrong()
    if any(isinstance(part, str) and "\0" in part for part in position):
        raise _wrong()
    if any(isinstance(part, int) and abs(part) >= 2**63 for part in position):
        raise _wrong()
    return tuple(position)


def cut(rows: list[Any], limit: int, cursor_of: Any) -> tuple[list[Any], str | None]:
    """A page out of `limit + 1` *rows*, and the cursor of the next (*cursor_of* its last row) if there is one."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursor_of(rows[limit - 1])


def _wrong() -> Refused:
    return faulty("cursor", "not a cursor of this list", "不是本列表的续页标记")
