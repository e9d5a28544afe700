"""Facts, step 1 of 4, out of sheets: CSV (UTF-8 or GBK) and XLSX with Chinese or English columns."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from alerts.facts.cells import Cell, CellFault, Column, columns_of, nest, read_cell
from alerts.facts.elements import MAX_ELEMENTS, FactSet, Source, gather, read_rows
from alerts.facts.faults import MAX_FAULTS, FactFault, at_most
from alerts.facts.labels import SHEETS, collection_named
from alerts.facts.models import Collection

MAX_BYTES: Final = 128 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 512 * 1024 * 1024
MAX_COLUMNS: Final = 64
EXAMPLE: Final = "示例"
"""A row whose id begins so is the template's example and is left out."""
# A SyntaxError is what both XML parsers that openpyxl may find raise for what is no XML.
_UNREADABLE: Final = (
    *(InvalidFileException, zipfile.BadZipFile, zlib.error, SyntaxError, NotImplementedError, EOFError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, OverflowError),
)
"""What openpyxl raises for a file that is no workbook, depending on where it is broken."""


def read_csv(data: bytes, file: str, collection: Collection) -> FactSet | list[FactFault]:
    """The facts of one collection in *data*, or every faulty cell."""
    if len(data) > MAX_BYTES:
        return [_too_large(file, MAX_BYTES)]
    text = _decoded(data)
    if text is None:
        return [FactFault("", "", "neither UTF-8 nor GBK", "编码既不是UTF-8也不是GBK", file)]
    first_line = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first_line.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as fault:
        return [FactFault("", "", f"no CSV: {fault}", f"不是有效的CSV：{fault}", file)]
    return _read_sheet(enumerate(rows, 1), Source(collection, file, SHEETS[collection]))


def read_xlsx(data: bytes, file: str) -> FactSet | list[FactFault]:
    """The facts in every sheet that is named like a collection, or every faulty cell; formulas are refused, not run."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if len(data) > MAX_BYTES or unpacked > MAX_UNPACKED_BYTES:
            return [_too_large(file, MAX_UNPACKED_BYTES)]
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        return _read_book(book, file)
    except _UNREADABLE as fault:
        kind = type(fault).__name__
        return [FactFault("", "", f"no XLSX workbook: {kind}: {fault}", f"不是有效的XLSX工作簿：{kind}", file)]


def _read_book(book: openpyxl.Workbook, file: str) -> FactSet | list[FactFault]:
    parts: list[FactSet | list[FactFault]] = []
    ignored: list[str] = []
    for sheet in book.worksheets:
        collection = collection_named(sheet.title)
        if collection is None:
            ignored.append(f"{file}: {sheet.title}")
            continue
        # A workbook may claim any size of its sheets; what is there counts.
        sheet.reset_dimensions()
        rows = ([_cell_of(cell) for cell in row[:MAX_COLUMNS]] for row in sheet.iter_rows())
        parts.append(_read_sheet(enumerate(rows, 1), Source(collection, file, sheet.title)))
    if not parts:
        text = "no sheet is named like a collection"
        return [FactFault("", "", text, f"没有以下任何一个工作表：{'、'.join(SHEETS.values())}", file)]
    read = gather(parts)
    if isinstance(read, FactSet):
        read.ignored += ignored
    return read


def _cell_of(cell: Any) -> Cell | CellFault:
    if cell.data_type == "f":
        return CellFault("is a formula; paste its value", "是公式，请粘贴为数值")
    if cell.data_type == "e":
        return CellFault(f"is the error {cell.value}", f"是错误值{cell.value}")
    value: Cell = cell.value
    return value


def _read_sheet(rows: Iterable[tuple[int, Sequence[Cell | CellFault]]], source: Source) -> FactSet | list[FactFault]:
    """The facts of one sheet, its first row being the header."""
    numbered = iter(rows)
    header = [str(cell or "").strip() for cell in next(numbered, (1, ()))[1]]
    columns, ignored = _matched(header, source.collection)
    present = [column.field for column in columns if column is not None]
    wrong = [
        source.fault(1, column.field, "this column is missing", "缺少这一列")
        for column in columns_of(source.collection)
        if column.required and column.field not in present
    ]
    wrong += [
        source.fault(1, field, "this column is there twice", "这一列重复")
        for field in sorted(set(present))
        if present.count(field) > 1
    ]
    if wrong:
        return wrong
    sheet = _Sheet(source, columns)
    read = read_rows(sheet.elements(numbered), source)
    if sheet.faults:
        others = [] if isinstance(read, FactSet) else [fault for fault in read if not sheet.has_named(fault)]
        return at_most(sorted([*sheet.faults, *others], key=lambda fault: fault.element or 0))
    if isinstance(read, FactSet):
        read.ignored = [f"{source.file}: {source.title}.{name}" for name in ignored]
    return read


class _Sheet:
    """Rows becoming JSON objects, and the cells that could not be read on the way."""

    def __init__(self, source: Source, columns: Sequence[Column | None]) -> None:
        self._source = source
        self._columns = columns
        self._named: set[tuple[int | None, str]] = set()
        self.faults: list[FactFault] = []

    def elements(self, rows: Iterable[tuple[int, Sequence[Cell | CellFault]]]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows that aren't empty, with their numbers."""
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
        """Whether the cell of *fault* has been found unreadable: it isn't missing as well."""
        return (fault.element, fault.field) in self._named

    def _value(self, number: int, column: Column, cell: Cell | CellFault) -> Any:
        value = cell if isinstance(cell, CellFault) else read_cell(self._source.collection, column, cell)
        if not isinstance(value, CellFault):
            return value
        self._named.add((number, column.field))
        self.faults.append(self._source.fault(number, column.field, value.reason, value.reason_zh))
        return None


def _matched(header: Sequence[str], collection: Collection) -> tuple[list[Column | None], list[str]]:
    """The column that each cell of a header names, in Chinese or in the contract's words; and what names none."""
    known = columns_of(collection)
    by_name = {name: column for column in known for name in (column.title, column.field)}
    columns = [by_name.get(name.rstrip("*＊")) for name in header]
    return columns, [name for name, column in zip(header, columns, strict=True) if name and column is None]


def _decoded(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _too_large(file: str, limit: int) -> FactFault:
    return FactFault("", "", f"over {limit >> 20} MB", f"文件超过{limit >> 20}MB", file)
