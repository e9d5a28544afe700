"""Facts, step 1 of 4, from sheets: CSV and workbooks with Chinese or English columns, as offices write them."""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any, Final, Literal, NamedTuple

from xlsxwriter.utility import xl_col_to_name

from alerts.facts.elements import MAX_ELEMENTS, FactSet, Source, gather, read_rows
from alerts.facts.faults import MAX_FAULTS, FactFault, at_most
from alerts.facts.labels import SHEETS, collection_named
from alerts.facts.models import Collection
from alerts.facts.ods import ods_sheets
from alerts.facts.spreadsheet_cells import Column, columns_of, nest, read_cell
from alerts.facts.typed_time import Unreadable
from alerts.facts.workbook import SAVE_AS, BrokenWorkbookError, Cell, Sheet, told_as_broken, too_large
from alerts.facts.xls import xls_sheets
from alerts.facts.xlsx import xlsx_sheets

MAX_BYTES: Final = 128 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 512 * 1024 * 1024
EXAMPLE: Final = "示例"
"""A row whose id starts so is the template's example and is skipped."""
Encoding = Literal["utf-8", "gbk"]

_Row = tuple[int, Sequence[Cell]]
_Read = FactSet | list[FactFault]
_MAX_SHEETS: Final = 200
_HEADER_WITHIN: Final = 20
"""Non-empty rows in which to look for the header; titles and remarks may stand above it."""
_AS_UTF8: Final = "请用表格软件另存为“CSV UTF-8（逗号分隔）”"


def read_csv(data: bytes, file: str, collection: Collection, encoding: Encoding | None = None) -> _Read:
    """The facts of one collection in *data*, or all faulty cells.

    If the bytes are valid UTF-8 and GBK, the Chinese words in the header decide, then *encoding*; otherwise the file is
    rejected.
    """
    if len(data) > MAX_BYTES:
        return _told(too_large(MAX_BYTES), file)
    text = _decoded(data, collection, encoding)
    if isinstance(text, Unreadable):
        return [FactFault("", "", text.reason, text.reason_zh, file)]
    delimiter = max(",\t;", key=lambda mark: _width(_head(text, mark), collection))
    try:
        rows = list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1))
    except csv.Error as fault:
        return [FactFault("", "", f"no CSV: {fault}", f"不是有效的CSV（{fault}），{_AS_UTF8}", file)]
    return _read_sheet(rows, Source(collection, file, SHEETS[collection]))


def read_workbook(data: bytes, file: str, collection: Collection | None = None) -> _Read:
    """The facts in all sheets named like a collection (XLSX, XLS, ODS), or all faulty cells.

    *collection* applies to a single sheet with another name. Hidden sheets are skipped with a warning.
    """
    try:
        return _read_sheets(list(islice(_sheets(data), _MAX_SHEETS + 1)), file, collection)
    except BrokenWorkbookError as fault:
        return _told(fault, file)


def _told(fault: BrokenWorkbookError, file: str) -> list[FactFault]:
    return [FactFault("", "", str(fault), fault.reason_zh, file)]


def _sheets(data: bytes) -> Iterator[Sheet]:
    """The sheets of a workbook, detected by content, not by name. Raises BrokenWorkbookError."""
    if len(data) > MAX_BYTES:
        raise too_large(MAX_BYTES)
    if data.startswith(b"PK\x03\x04"):
        return _packed_sheets(data)
    if data.startswith(_COMPOUND) or data[:2] in _BARE_BIFF:
        return xls_sheets(data)
    raise BrokenWorkbookError("no workbook", f"不是工作簿（可能是网页或文本），{SAVE_AS}")


_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BARE_BIFF: Final = frozenset({b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08"})


def _packed_sheets(data: bytes) -> Iterator[Sheet]:
    with told_as_broken():
        package = zipfile.ZipFile(io.BytesIO(data))
    if sum(entry.file_size for entry in package.infolist()) > MAX_UNPACKED_BYTES:
        raise too_large(MAX_UNPACKED_BYTES)
    names = {name.replace("\\", "/").casefold(): name for name in package.namelist()}
    return ods_sheets(package, names["content.xml"]) if "content.xml" in names else xlsx_sheets(package, names)


def _read_sheets(sheets: Sequence[Sheet], file: str, collection: Collection | None) -> _Read:
    if len(sheets) > _MAX_SHEETS:
        return _told(BrokenWorkbookError(f"over {_MAX_SHEETS} sheets", f"工作表超过{_MAX_SHEETS}个"), file)
    shown = [sheet for sheet in sheets if not sheet.is_hidden]
    named = [(sheet, held) for sheet in shown if (held := collection_named(sheet.title)) is not None]
    others = [sheet for sheet in shown if collection_named(sheet.title) is None]
    if not named and collection is not None:
        filled = [(sheet, first) for sheet in others if (first := next(sheet.rows, None)) is not None]
        if len(filled) == 1:
            sheet, first = filled[0]
            rows = chain([first], sheet.rows)
            return _read_sheet(rows, Source(collection, file, sheet.title), sheet.later_days)
    if not named:
        text = f"没有以下任何一个工作表：{'、'.join(SHEETS.values())}；请把工作表改成其中的名称"
        return [FactFault("", "", "no sheet is named like a collection", text, file)]
    read = gather(_read_sheet(sheet.rows, Source(held, file, sheet.title), sheet.later_days) for sheet, held in named)
    if isinstance(read, FactSet):
        read.ignored += [f"{file}: {sheet.title}" for sheet in others]
        read.ignored += [f"{file}: {sheet.title} (hidden)" for sheet in sheets if sheet.is_hidden]
    return read


class _Header(NamedTuple):
    """A sheet's header: its row, the column of each cell, unknown titles, and the rows above it."""

    number: int
    columns: Sequence[Column | None]
    strange: Sequence[str]
    above: Sequence[int]


def _read_sheet(rows: Iterable[_Row], source: Source, later_days: int = 0) -> _Read:
    """The facts of one sheet."""
    numbered = iter(rows)
    first = list(islice((row for row in numbered if any(cell not in {None, ""} for cell in row[1])), _HEADER_WITHIN))
    header = _header_among(first, source.collection)
    source = source.with_cells(
        {column.field: xl_col_to_name(at) for at, column in enumerate(header.columns) if column is not None}
    )
    wrong = list(_wrong_columns(header, source))
    if wrong:
        return wrong
    sheet = _Sheet(source, header.columns, later_days)
    below = (row for row in chain(first, numbered) if row[0] > header.number)
    read = read_rows(sheet.elements(below), source)
    if sheet.faults:
        others = [] if isinstance(read, FactSet) else [fault for fault in read if not sheet.has_named(fault)]
        return at_most(sorted([*sheet.faults, *others], key=lambda fault: fault.element or 0))
    if isinstance(read, FactSet):
        read.ignored = [f"{source.file}: {source.title} 第{number}行" for number in header.above]
        read.ignored += [f"{source.file}: {source.title}.{name}" for name in header.strange]
    return read


def _wrong_columns(header: _Header, source: Source) -> Iterator[FactFault]:
    present = [column.field for column in header.columns if column is not None]
    for column in columns_of(source.collection):
        if column.required and column.field not in present:
            text = f"缺少这一列，请在表头加上“{column.title}”"
            yield source.fault(header.number, column.field, "this column is missing", text)
    for field in sorted(set(present)):
        if present.count(field) > 1:
            yield source.fault(header.number, field, "this column is there twice", "这一列重复，请删去一列")


class _Sheet:
    """Turns rows into JSON objects and collects unreadable cells."""

    def __init__(self, source: Source, columns: Sequence[Column | None], later_days: int) -> None:
        self._source = source
        self._columns = columns
        self._later_days = later_days
        self._named: set[tuple[int | None, str]] = set()
        self.faults: list[FactFault] = []

    def elements(self, rows: Iterable[_Row]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The non-empty rows, with their numbers."""
        for number, row in rows:
            if number > MAX_ELEMENTS:
                text = f"over {MAX_ELEMENTS} rows"
                self.faults.append(self._source.fault(number, "", text, f"超过{MAX_ELEMENTS}行"))
            if len(self.faults) > MAX_FAULTS or number > MAX_ELEMENTS:
                return
            values = {}
            for column, cell in zip(self._columns, row, strict=False):
                if column is not None:
                    values[column.field] = self._value(number, column, cell)
            if any(value is not None for value in values.values()) and not str(values["id"]).startswith(EXAMPLE):
                yield number, nest(values)

    def has_named(self, fault: FactFault) -> bool:
        """Whether this cell was already reported as unreadable; then it isn't reported as missing."""
        return (fault.element, fault.field) in self._named

    def _value(self, number: int, column: Column, cell: Cell) -> Any:
        if column.kind == "time" and isinstance(cell, int | float) and not isinstance(cell, bool):
            cell += self._later_days
        value = read_cell(self._source.collection, column, cell)
        if not isinstance(value, Unreadable):
            return value
        self._named.add((number, column.field))
        self.faults.append(self._source.fault(number, column.field, value.reason, value.reason_zh))
        return None


def _header_among(rows: Sequence[_Row], collection: Collection) -> _Header:
    """The row of *rows* that names most columns; the first if several do."""
    best = max(rows, key=lambda row: _known(row[1], collection), default=(1, ()))
    columns = [_titles(collection).get(_title(cell)) for cell in best[1]]
    strange = [str(cell).strip() for cell, column in zip(best[1], columns, strict=True) if cell and column is None]
    return _Header(best[0], columns, strange, [number for number, _ in rows if number < best[0]])


def _known(cells: Sequence[Cell], collection: Collection) -> int:
    return sum(_title(cell) in _titles(collection) for cell in cells)


@cache
def _titles(collection: Collection) -> Mapping[str, Column]:
    """The columns of a collection by their titles, in Chinese or in the contract's words."""
    return {_title(name): column for column in columns_of(collection) for name in (column.title, column.field)}


def _title(cell: Cell) -> str:
    """A header cell without decoration: stars, spaces, line breaks, 必填."""
    text = "".join(unicodedata.normalize("NFKC", str(cell)).split()) if isinstance(cell, str) else ""
    return re.sub(r"\((?:必填|选填|可空)\)|\*", "", text).casefold()


def _head(text: str, delimiter: str) -> list[list[str]]:
    """The first rows of a CSV."""
    return list(islice(csv.reader(io.StringIO(text[:_CHARACTERS], newline=""), delimiter=delimiter), _HEADER_WITHIN))


def _width(head: Sequence[Sequence[str]], collection: Collection) -> int:
    return max((_known(row, collection) for row in head), default=0)


_CHARACTERS: Final = 100_000
_MARKS: Final = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\x84\x31\x95\x33": "gb18030",
}
"""Byte order marks; a spreadsheet's "Unicode text" is UTF-16."""
_CODECS: Final[Mapping[Encoding, str]] = {"utf-8": "utf-8", "gbk": "gb18030"}


def _decoded(data: bytes, collection: Collection, encoding: Encoding | None) -> str | Unreadable:
    marked = next((codec for mark, codec in _MARKS.items() if data.startswith(mark)), None)
    if marked is not None:
        text = _decoded_as(data, marked)
        return Unreadable(f"no {marked}", f"编码有误，{_AS_UTF8}") if text is None else text.removeprefix("\ufeff")
    texts = {name: text for name, codec in _CODECS.items() if (text := _decoded_as(data, codec)) is not None}
    if not texts:
        return Unreadable("neither UTF-8 nor GBK", f"编码既不是UTF-8也不是GBK，{_AS_UTF8}")
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    fitting = [text for text in texts.values() if _has_chinese_header(text, collection)]
    if len(fitting) == 1:
        return fitting[0]
    return _asked_encoding(texts) if encoding is None else texts[encoding]


def _decoded_as(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def _has_chinese_header(text: str, collection: Collection) -> bool:
    cells = chain.from_iterable(row for mark in ",\t;" for row in _head(text, mark))
    return any(not cell.isascii() and _title(cell) in _titles(collection) for cell in cells)


def _asked_encoding(texts: Mapping[Encoding, str]) -> Unreadable:
    """The question which encoding it is, with the first words that differ."""
    said = [f"按{name.upper()}是“{_words(text)}”" for name, text in texts.items()]
    text = f"编码不能确定：{'，'.join(said)}。请用 --encoding 指明 utf-8 或 gbk，或{_AS_UTF8}"
    return Unreadable(
        "UTF-8 or GBK: both give it a sense; say which (--encoding), or save it with a byte order mark", text
    )


def _words(text: str) -> str:
    found = re.search(r"[^\x00-\x7f][^,;\t\r\n]{0,19}", text)
    return "" if found is None else found[0]
