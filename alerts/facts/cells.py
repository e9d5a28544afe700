"""Facts out of sheets: what a person typed into a cell becomes the JSON value that the contract wants."""

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import from_json

from alerts.facts.labels import VALUES
from alerts.facts.models import MODELS, Collection, Contact, Segment

SHANGHAI: Final = timezone(timedelta(hours=8))
"""China's time has had no summer time since 1991; a sheet's times without an offset are of this one."""
_YES: Final = frozenset({"是", "真", "true", "yes", "y", "1"})
_NO: Final = frozenset({"否", "假", "false", "no", "n", "0"})
_SEPARATORS: Final = str.maketrans(dict.fromkeys("；;、|,，\n", ";"))
_FORMATS: Final = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"),
    *("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M"),
)
_SEGMENT_ENDS: Final = tuple(info.alias or name for name, info in list(Segment.model_fields.items())[:2])
# Beyond it a spreadsheet's number has lost digits.
_EXACT: Final = 2**53

Kind = Literal["text", "time", "flag", "whole", "number", "choice", "list", "choices", "segments", "json"]
Cell = str | int | float | bool | date | datetime | time | timedelta | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a collection's sheet: the field it fills (`contact.email` lies within another) and how it is read."""

    field: str
    title: str
    kind: Kind
    required: bool
    note: str


@dataclass(frozen=True, slots=True)
class CellFault:
    """Why a cell can't be read."""

    reason: str
    reason_zh: str


@cache
def columns_of(collection: Collection) -> tuple[Column, ...]:
    """The columns of a collection's sheet, `id` first, in the order of the contract."""
    columns: list[Column] = []
    for name, info in MODELS[collection].model_fields.items():
        if _plain(info.annotation) is Contact:
            columns += (
                Column(f"contact.{inner}", about.title or inner, "text", required=False, note=about.description or "")
                for inner, about in Contact.model_fields.items()
            )
            continue
        kind = _kind_of(info.annotation)
        columns.append(Column(name, info.title or name, kind, info.is_required(), info.description or ""))
    bookkeeping = {"entered_at", "cancelled_at"}
    return tuple(sorted(columns, key=lambda column: column.field in bookkeeping))


def read_cell(collection: Collection, column: Column, cell: Cell) -> Any:
    """The JSON value of a cell, None for an empty one; a `CellFault` where it is none."""
    if isinstance(cell, str):
        cell = cell.strip()
    if cell is None or cell == "":
        return None
    if column.kind == "choice":
        return _choice(collection, column, str(cell))
    if column.kind == "choices":
        found = _listed(cell)
        chosen = found if isinstance(found, list) else []
        return [_choice(collection, column, str(item)) for item in chosen] if chosen else found
    return _READERS[column.kind](cell)


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields given as `contact.email` put within their object."""
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


def _time(cell: Cell) -> str | CellFault:
    if isinstance(cell, datetime):
        return (cell if cell.tzinfo else cell.replace(tzinfo=SHANGHAI)).isoformat()
    if isinstance(cell, str):
        text = " ".join(cell.split())
        for form in _FORMATS:
            try:
                return datetime.strptime(text, form).replace(tzinfo=SHANGHAI).isoformat()
            except ValueError:
                continue
        if text[-1:] in "Zz" or "+" in text or text[-6:-5] == "-":
            return text
    return CellFault("no time", "不是时间，应如 2026-03-02 09:00")


def _flag(cell: Cell) -> bool | CellFault:
    text = str(cell).casefold()
    if text in _YES:
        return True
    return False if text in _NO else CellFault("neither true nor false", "应为是或否")


def _number(cell: Cell) -> int | float | CellFault:
    if isinstance(cell, bool | date):
        return CellFault("is no number", "应为数字")
    try:
        number = float(cell)  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        return CellFault("is no number", "应为数字")
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _text(cell: Cell) -> str | CellFault:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, bool | float | date | time | timedelta):
        return CellFault("is no text", "应为文字，请把单元格格式设为文本")
    if isinstance(cell, int) and abs(cell) >= _EXACT:
        text = "is a number that has lost digits; format the cell as text"
        return CellFault(text, "数字过长已失真，请把单元格格式设为文本后重填")
    return str(cell)


def _listed(cell: Cell) -> list[Any] | CellFault:
    text = str(cell)
    if text.startswith("["):
        value = _json(text)
        return value if isinstance(value, list | CellFault) else CellFault("is no list", "应为列表")
    return [item for item in (part.strip() for part in text.translate(_SEPARATORS).split(";")) if item]


def _choice(collection: Collection, column: Column, text: str) -> str:
    return VALUES[collection][column.field].get(text, text)


def _segments(cell: Cell) -> list[Any] | CellFault:
    """Recordings as JSON, or as `begin~end` pairs with a semicolon between them."""
    text = str(cell)
    if text.startswith("["):
        return _listed(text)
    segments = []
    for pair in text.replace("；", ";").split(";"):
        if not pair.strip():
            continue
        ends = [_time(end.strip()) for end in pair.replace("至", "~").split("~")]
        if len(ends) != 2 or any(isinstance(end, CellFault) for end in ends):
            return CellFault("no begin~end pairs of times", "应为“起~止”，多段用分号隔开")
        segments.append(dict(zip(_SEGMENT_ENDS, ends, strict=True)))
    return segments


def _json(cell: Cell) -> Any:
    try:
        return from_json(str(cell), allow_inf_nan=False)
    except ValueError:
        return CellFault("is no JSON", "不是有效的JSON")


_READERS: Final[dict[Kind, Callable[[Cell], Any]]] = {
    "text": _text,
    "time": _time,
    "flag": _flag,
    "whole": _number,
    "number": _number,
    "list": _listed,
    "segments": _segments,
    "json": _json,
}
