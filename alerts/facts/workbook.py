"""Facts, before step 1: what the readers of workbooks (XLSX, ODS, XLS) share.

Only values are read, with what decides their meaning: a date alone is a `date`, a moment (midnight too) a `datetime`;
an error, or a formula without a saved value, is `Unreadable`, not an empty cell. XLSX and ODS are parsed directly, row
by row: libraries fail on unknown styles, or don't distinguish a date from its midnight and an error from an empty cell.
Hostile files are bounded: no DTD, no size that a file only claims, no cell out of bounds.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from xml.parsers import expat

from xlrd.biffh import XLRDError
from xlrd.compdoc import CompDocError

from alerts.facts.typed_time import Unreadable

Cell = str | int | float | bool | date | datetime | time | timedelta | Unreadable | None


MAX_COLUMNS: Final = 256
MAX_ROWS: Final = 1_048_576
MAX_CELL: Final = 131_072
"""Characters; the CSV reader has the same limit."""
_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its non-empty rows with their numbers.

    `later_days` converts this workbook's day numbers into days since 30 December 1899.
    """

    title: str
    is_hidden: bool
    rows: Iterator[tuple[int, Sequence[Cell]]]
    later_days: int = 0


class BrokenWorkbookError(Exception):
    """The file isn't a workbook, breaks off, or claims an impossible size."""

    def __init__(self, reason: str, reason_zh: str) -> None:
        super().__init__(reason)
        self.reason_zh = reason_zh


SAVE_AS: Final = "请用表格软件打开后另存为.xlsx"
ERROR_ZH: Final = "是错误值{}，请改正或清空"
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error, expat.ExpatError, XLRDError, CompDocError),
    *(LookupError, ValueError, TypeError, ArithmeticError, AssertionError, AttributeError, EOFError, OSError),
    RuntimeError,
)
"""What reading a broken file may raise; for an encrypted part it is RuntimeError."""


@contextmanager
def told_as_broken() -> Iterator[None]:
    """Turn a parser's exceptions for a broken file into BrokenWorkbookError."""
    try:
        yield
    except _BROKEN as fault:
        kind = type(fault).__name__
        # A parser's message may span lines; a rejection is one line.
        told = " ".join(str(fault).split())
        raise BrokenWorkbookError(
            f"no workbook: {kind}: {told}", f"工作簿已损坏或已加密（{kind}），{SAVE_AS}"
        ) from None


def too_large(limit: int) -> BrokenWorkbookError:
    """The error for a file of more than *limit* bytes."""
    return BrokenWorkbookError(f"over {limit >> 20} MB", f"文件超过{limit >> 20}MB，请分成几个文件")


# Numbers shown as dates. Only a format's first section counts, without quoted, escaped and bracketed text.

_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
BUILT_IN_FORMS: Final = {
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((*range(18, 22), *range(32, 36), 45, 47, 55, 56), "h:mm"),
    22: "yyyy-mm-dd h:mm",
    46: "[h]:mm:ss",
}
_DAYS: Final = (0, 2_958_466)
_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet has no offset
LATER_1904: Final = 1462


def as_shown(number: float, form: str, later_days: int) -> Cell:
    """What a number with the format *form* means."""
    plain = _LITERAL.sub("", form).partition(";")[0].casefold()
    whole = int(number) if number.is_integer() else number
    if re.fullmatch("00+", plain) and isinstance(whole, int):
        return str(whole).zfill(len(plain))
    if not re.search("[hsyd]", plain) or not _DAYS[0] <= number < _DAYS[1]:
        return whole
    of_day = timedelta(seconds=round(number % 1 * 86_400))
    if "[" in plain:
        return timedelta(days=int(number)) + of_day
    moment = _ZERO + timedelta(days=int(number) + later_days) + of_day
    if re.search("[hs]", plain):
        return moment if number >= 1 or re.search("[yd]", plain) else moment.time()
    if isinstance(whole, int):
        return moment.date()
    text = f"只显示日期，实际含有时刻{moment:%H:%M}，请写明时刻或只填日期"
    return Unreadable("shows a date alone but holds a time", text)


# XML: each part is read once, in chunks.


class Part:
    """One XML part of a package; `start`, `text` and `end` receive its content by local names."""

    def read(self, package: zipfile.ZipFile, name: str) -> Iterator[None]:
        """Read the part, yielding after each chunk."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = lambda tag: self.end(_local(tag))
        parser.CharacterDataHandler = self.text
        with told_as_broken(), package.open(name) as part:
            while piece := part.read(_CHUNK):
                parser.Parse(piece)
                yield
            parser.Parse(b"", True)  # noqa: FBT003 - expat's own signature
            yield

    def read_whole(self, package: zipfile.ZipFile, name: str) -> None:
        """Read the whole part at once."""
        for _ in self.read(package, name):
            pass

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        """An element starts."""

    def text(self, text: str) -> None:
        """A piece of text."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def _start(self, tag: str, given: Mapping[str, str]) -> None:
        self.start(_local(tag), {_local(name): value for name, value in given.items()})

    def _refuse(self, *_: object) -> None:
        raise BrokenWorkbookError("holds a DTD", f"不是表格软件写出的工作簿，{SAVE_AS}")


def _local(name: str) -> str:
    return name.rpartition("}")[2]


class RowsPart(Part):
    """A part with rows; `rows` holds those read since they were last taken out."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, Sequence[Cell]]] = []

    def each_row(self, package: zipfile.ZipFile, name: str) -> Iterator[tuple[int, Sequence[Cell]]]:
        """The rows as they are read."""
        for _ in self.read(package, name):
            yield from self.rows
            self.rows.clear()


def row_after(number: int, given: str | None) -> int:
    """The number of a row: the given one, or the one after *number*."""
    number = number + 1 if given is None else int(given)
    if not 1 <= number <= MAX_ROWS:
        raise BrokenWorkbookError(f"row {number}", "行号超出表格的范围")
    return number


def put(row: list[Cell], column: int, cell: Cell) -> None:
    """Set the cell in *column* (from 1) unless it is empty."""
    if cell is None:
        return
    if not 1 <= column <= MAX_COLUMNS:
        raise BrokenWorkbookError(f"over {MAX_COLUMNS} columns", f"超过{MAX_COLUMNS}列，请删去多余的列")
    row += [None] * (column - len(row))
    row[column - 1] = cell


def joined(text: str, more: str) -> str:
    """A cell's text with another piece appended; bounded by `MAX_CELL`."""
    if len(text) + len(more) > MAX_CELL:
        raise BrokenWorkbookError(f"a cell over {MAX_CELL} characters", f"单元格内容超过{MAX_CELL}个字符")
    return text + more
