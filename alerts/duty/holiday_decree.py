"""Read the table of a holiday decree (CSV, XLSX or pasted text) into days, or a list of faults.

The columns are 日期, 上班 (是／否) and 名称. Rows above the header are titles.
"""

import csv
import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from alerts.duty.calendar import FIRST_YEAR, LAST_YEAR, statutory_days
from alerts.facts.typed_time import Unreadable, read_date

Days = dict[date, tuple[bool, str]]
"""By day: whether it is worked, and its name."""
MAX_BYTES: Final = 1024 * 1024
MAX_FAULTS: Final = 100
_MAX_UNPACKED_BYTES: Final = 32 * 1024 * 1024
_MAX_ROWS: Final = 4000
_MAX_COLUMNS: Final = 64
_MAX_NAME: Final = 40
_TITLE_ROWS: Final = 10
_COLUMNS: Final = {
    "day": frozenset({"日期", "day", "date"}),
    "working": frozenset({"上班", "是否上班", "工作日", "是否工作日", "working"}),
    "name": frozenset({"名称", "节日", "说明", "备注", "name"}),
}
_WORKED: Final = frozenset({"是", "上班", "班", "补班", "调休上班", "工作日", "true", "yes", "y", "1", "1.0"})
_FREE: Final = frozenset({"否", "休", "休息", "放假", "假", "休息日", "节假日", "false", "no", "n", "0", "0.0"})
# The XML parsers that openpyxl may use raise SyntaxError for what isn't XML.
_UNREADABLE: Final = (
    *(InvalidFileException, zipfile.BadZipFile, zlib.error, SyntaxError, NotImplementedError, EOFError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, OverflowError),
)


@dataclass(frozen=True, slots=True)
class TableFault:
    """What is wrong and how to fix it; `cell` is the spreadsheet cell (empty: the whole table)."""

    cell: str
    text: str

    def __str__(self) -> str:
        return f"{self.cell}：{self.text}" if self.cell else self.text


def read_table(data: bytes) -> Days | list[TableFault]:
    """The days of a table, or all its faults."""
    if len(data) > MAX_BYTES:
        return [TableFault("", f"文件超过{MAX_BYTES >> 20}MB，放假安排只有几十行，请核对文件")]
    if data.startswith(b"PK\x03\x04"):
        return _read_workbook(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return [TableFault("", "是旧版XLS工作簿，请另存为XLSX或CSV后再导入")]
    text = _decoded(data)
    if text is None:
        return [TableFault("", "不是文本，也不是XLSX工作簿，请另存为XLSX或UTF-8编码的CSV后再导入")]
    return read_text(text)


def read_text(text: str) -> Days | list[TableFault]:
    """The days in text, with comma, tab or semicolon between columns."""
    delimiter = max(",\t;，", key=text[:2000].count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as fault:
        return [TableFault("", f"不是有效的CSV（{fault}），请检查引号是否成对")]
    return _read_rows(rows) or [_no_header()]


def _read_workbook(data: bytes) -> Days | list[TableFault]:
    """Read the first sheet with a header; formulas by their saved values."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNPACKED_BYTES:
                return [TableFault("", "工作簿过大，请只保留放假安排一张表")]
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            # A workbook may claim any sheet size; only existing rows count.
            sheet.reset_dimensions()
            found = _read_rows(sheet.iter_rows(max_col=_MAX_COLUMNS, values_only=True))
            if found is not None:
                return found
    except _UNREADABLE as fault:
        return [TableFault("", f"不是有效的XLSX工作簿（{type(fault).__name__}），请用表格软件重新另存后再导入")]
    return [_no_header()]


def _no_header() -> TableFault:
    return TableFault("", "没有找到表头，第一行应为：日期、上班、名称；每行一天，上班填“是”或“否”")


def _read_rows(rows: Iterable[Sequence[object]]) -> Days | list[TableFault] | None:
    """The days below the header; None if there is no header."""
    numbered = iter(enumerate(rows, 1))
    for number, row in numbered:
        columns = {name: n for n, cell in enumerate(row) for name, titles in _COLUMNS.items() if _plain(cell) in titles}
        if {"day", "working"} <= columns.keys():
            return _Table(columns).read(numbered)
        if number >= _TITLE_ROWS:
            return None
    return None


class _Table:
    """Collects days and faults row by row."""

    def __init__(self, columns: dict[str, int]) -> None:
        self._columns = columns
        self._days: Days = {}
        self._rows: dict[date, int] = {}
        self._faults: list[TableFault] = []

    def read(self, rows: Iterator[tuple[int, Sequence[object]]]) -> Days | list[TableFault]:
        for number, row in rows:
            if number > _MAX_ROWS or len(self._faults) >= MAX_FAULTS:
                self._faults.append(TableFault("", f"超过{_MAX_ROWS}行或错误过多，其余未读"))
                break
            if any(_plain(cell) for cell in row):
                self._take(number, {name: row[n] if n < len(row) else None for name, n in self._columns.items()})
        if not self._days and not self._faults:
            self._fault(None, "day", "表中没有一天，请在表头下每行填一天")
        return self._faults or self._days

    def _take(self, number: int, cells: dict[str, object]) -> None:
        day, works, name = read_date(cells["day"]), _worked(cells["working"]), _plain(cells.get("name"))
        if isinstance(day, Unreadable):
            self._fault(number, "day", f"{_told(cells['day'])}不是日期，请写成 2027-01-01 这样的年月日")
        elif not FIRST_YEAR <= day.year <= LAST_YEAR:
            self._fault(number, "day", f"年份不在{FIRST_YEAR}至{LAST_YEAR}之间，请核对")
        if works is None:
            self._fault(number, "working", f"{_told(cells['working'])}无法判断是否上班，请填“是”或“否”")
        if len(name) > _MAX_NAME or not name.isprintable():
            self._fault(number, "name", f"名称过长或含有控制字符，请改为{_MAX_NAME}字以内的文字")
        if isinstance(day, Unreadable) or works is None:
            return
        if works and day in statutory_days(day.year):
            holiday = statutory_days(day.year)[day]
            self._fault(number, "working", f"{day}是法定节假日（{holiday}），却填为上班，请核对“上班”一列是否填反")
        if day in self._days and self._days[day][0] is not works:
            self._fault(number, "working", f"{day}在第{self._rows[day]}行已有，且两处是否上班不一致，请只留一行")
        self._days[day], self._rows[day] = (works, name), number

    def _fault(self, number: int | None, column: str, text: str) -> None:
        letter = get_column_letter(self._columns[column] + 1)
        self._faults.append(TableFault("" if number is None else f"第{number}行 {letter}{number}", text))


def _worked(cell: object) -> bool | None:
    text = _plain(cell).casefold()
    return True if text in _WORKED else False if text in _FREE else None


def _plain(cell: object) -> str:
    return "" if cell is None else unicodedata.normalize("NFKC", str(cell)).strip()


def _told(cell: object) -> str:
    text = _plain(cell)
    return f"“{text[:20]}”" if text.isprintable() and text else "此格为空或无法显示，"


def _decoded(data: bytes) -> str | None:
    """Decode text as spreadsheets save it: UTF-8, UTF-16 with a byte order mark, else GBK."""
    encodings = ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
