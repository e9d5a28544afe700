"""Facts from sheets: turn what a person typed into a cell into the contract's JSON value."""

import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import from_json

from alerts.facts.labels import value_of
from alerts.facts.models import MODELS, Collection, Contact, Segment
from alerts.facts.typed_time import Edge, Unreadable, read_moment
from alerts.facts.workbook import Cell

_YES: Final = frozenset({"是", "真", "true", "yes", "y", "1"})
_NO: Final = frozenset({"否", "假", "false", "no", "n", "0"})
_SEPARATORS: Final = str.maketrans(dict.fromkeys("；;、|,，\n", ";"))
_EDGES: Final[dict[str, Edge]] = {
    **dict.fromkeys(("starts_at", "valid_from", "recorded_from"), "start"),
    **dict.fromkeys(("ends_at", "resolved_at", "recorded_to"), "end"),
}
_AS_TEXT: Final = re.compile(r'="(.*)"', re.DOTALL)
"""How programs keep a spreadsheet from reading `0012` as a number."""
_SEGMENT_ENDS: Final = tuple(info.alias or name for name, info in list(Segment.model_fields.items())[:2])
# Above this a spreadsheet's number has lost digits.
_EXACT: Final = 2**53

Kind = Literal["text", "time", "flag", "whole", "number", "choice", "list", "choices", "segments", "json"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet: the field it fills (`contact.email` is nested) and how to read it."""

    field: str
    title: str
    kind: Kind
    required: bool
    note: str
    edge: Edge | None = None
    """What a date without a time means here: the first or last moment of the day; None if a time is required."""


@cache
def columns_of(collection: Collection) -> tuple[Column, ...]:
    """The columns of a collection's sheet: `id` first, then in the contract's order."""
    columns: list[Column] = []
    for name, info in MODELS[collection].model_fields.items():
        if _plain(info.annotation) is Contact:
            columns += (
                Column(f"contact.{inner}", about.title or inner, "text", required=False, note=about.description or "")
                for inner, about in Contact.model_fields.items()
            )
            continue
        kind = _kind_of(info.annotation)
        about = (info.title or name, kind, info.is_required(), info.description or "")
        columns.append(Column(name, *about, edge=_EDGES.get(name)))
    bookkeeping = {"entered_at", "cancelled_at", "override"}
    return tuple(sorted(columns, key=lambda column: column.field in bookkeeping))


def read_cell(collection: Collection, column: Column, cell: Cell) -> Any:
    """The JSON value of a cell, None if empty; `Unreadable` if it has none."""
    if isinstance(cell, str):
        as_text = _AS_TEXT.fullmatch(cell.strip())
        cell = (cell if as_text is None else as_text[1]).strip()
    if cell is None or cell == "" or isinstance(cell, Unreadable):
        return cell or None
    if column.kind == "time":
        return _time(cell, column.edge)
    if column.kind == "choice":
        return _choice(collection, column, str(cell))
    if column.kind == "choices":
        found = _listed(cell)
        chosen = found if isinstance(found, list) else []
        return [_choice(collection, column, str(item)) for item in chosen] if chosen else found
    return _READERS[column.kind](cell)


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Nest fields such as `contact.email` in their object."""
    nested: dict[str, Any] = {}
    for field, value in values.items():
        if value is None:
            continue
        outer, _, inner = field.partition(".")
        if inner:
            nested.setdefault(outer, {})[inner] = value
        else:
            nested[field] = value
    return nested


def _plain(annotation: Any) -> Any:
    """An annotation without `Annotated` and `| None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return _plain(next(inner for inner in get_args(annotation) if inner is not type(None)))
    return annotation


def _kind_of(annotation: Any) -> Kind:
    plain = _plain(annotation)
    if get_origin(plain) is Literal:
        return "choice"
    if get_origin(plain) is list:
        inner = _plain(get_args(plain)[0])
        if get_origin(inner) is Literal:
            return "choices"
        return "segments" if isinstance(inner, type) and issubclass(inner, BaseModel) else "list"
    kinds: dict[Any, Kind] = {datetime: "time", bool: "flag", int: "whole", float: "number", str: "text"}
    return kinds.get(plain, "json")


def _time(cell: Cell, edge: Edge | None = None) -> str | Unreadable:
    moment = read_moment(cell, edge)
    return moment if isinstance(moment, Unreadable) else moment.isoformat()


def _flag(cell: Cell) -> bool | Unreadable:
    text = str(cell).casefold()
    if text in _YES:
        return True
    return False if text in _NO else Unreadable("neither true nor false", "应为是或否")


def _number(cell: Cell) -> int | float | Unreadable:
    if isinstance(cell, bool | date):
        return Unreadable("is no number", "应为数字，不带单位")
    try:
        number = float(cell)  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        return Unreadable("is no number", "应为数字，不带单位")
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _text(cell: Cell) -> str | Unreadable:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, bool | float | date | time | timedelta):
        return Unreadable("is no text", "应为文字，请把单元格格式设为文本")
    if isinstance(cell, int) and abs(cell) >= _EXACT:
        text = "is a number that has lost digits; format the cell as text"
        return Unreadable(text, "数字过长已失真，请把单元格格式设为文本后重填")
    return str(cell)


def _listed(cell: Cell) -> list[Any] | Unreadable:
    text = _text(cell)
    if isinstance(text, Unreadable):
        return text
    if text.startswith("["):
        value = _json(text)
        return (
            value if isinstance(value, list | Unreadable) else Unreadable("is no list", "应为列表，多个编号用分号隔开")
        )
    return [item for item in (part.strip() for part in text.translate(_SEPARATORS).split(";")) if item]


def _choice(collection: Collection, column: Column, text: str) -> str:
    return value_of(collection, column.field, text)


def _segments(cell: Cell) -> list[Any] | Unreadable:
    """Recordings from JSON, or from `begin~end` pairs separated by semicolons."""
    text = str(cell)
    if text.startswith("["):
        return _listed(text)
    segments = []
    for pair in text.replace("；", ";").replace("～", "~").split(";"):
        if not pair.strip():
            continue
        ends = [_time(end.strip()) for end in pair.replace("至", "~").split("~")]
        if len(ends) != 2 or any(isinstance(end, Unreadable) for end in ends):
            return Unreadable("no begin~end pairs of times", "应为“起~止”，多段用分号隔开")
        segments.append(dict(zip(_SEGMENT_ENDS, ends, strict=True)))
    return segments


def _json(cell: Cell) -> Any:
    try:
        return from_json(str(cell), allow_inf_nan=False)
    except ValueError:
        return Unreadable("is no JSON", "不是有效的JSON，请核对括号与引号")


_READERS: Final[dict[Kind, Callable[[Cell], Any]]] = {
    "text": _text,
    "flag": _flag,
    "whole": _number,
    "number": _number,
    "list": _listed,
    "segments": _segments,
    "json": _json,
}
