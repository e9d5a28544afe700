"""Facts, before step 1: read the tables of an ODS from its XML (OpenDocument 1.3)."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Final

from alerts.facts.typed_time import Unreadable
from alerts.facts.workbook import (
    ERROR_ZH,
    MAX_COLUMNS,
    MAX_ROWS,
    BrokenWorkbookError,
    Cell,
    Part,
    RowsPart,
    Sheet,
    as_shown,
    joined,
    put,
    row_after,
)

_MAX_SAME_ROWS: Final = 100


class _Rows(RowsPart):
    """The rows of one table of an ODS; other tables are skipped."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._is_within = False
        self._number = self._column = self._note = 0
        self._row: list[Cell] = []
        self._row_times = 1
        self._given: Mapping[str, str] = {}
        self._text: str | None = None

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "table":
            self._is_within = given.get("name") == self._title
        if not self._is_within:
            return
        match tag:
            case "table-row":
                self._row_times = _times(given, "number-rows-repeated")
                self._column = 1
            case "table-cell" | "covered-table-cell":
                self._given, self._text = given, None
            case "annotation":
                self._note += 1
            case "p" if not self._note:
                self._text = "" if self._text is None else joined(self._text, "\n")
            case "s" | "tab" | "line-break":
                self.text(" ")

    def text(self, text: str) -> None:
        if self._is_within and self._text is not None and not self._note:
            self._text = joined(self._text, text)

    def end(self, tag: str) -> None:
        if not self._is_within:
            return
        match tag:
            case "table":
                self._is_within = False
            case "annotation":
                self._note -= 1
            case "table-cell" | "covered-table-cell":
                times, cell = _times(self._given, "number-columns-repeated"), self._cell()
                for column in range(self._column, self._column + (0 if cell is None else min(times, MAX_COLUMNS + 1))):
                    put(self._row, column, cell)
                self._column, self._text = self._column + times, None
            case "table-row":
                self._end_row()

    def _end_row(self) -> None:
        if self._row and self._row_times > _MAX_SAME_ROWS:
            raise BrokenWorkbookError(f"{self._row_times} rows alike", f"同一行重复了{self._row_times}次")
        for number in range(self._number, self._number + (self._row_times if self._row else 0)):
            self.rows.append((row_after(number, None), self._row))
        self._number = min(self._number + self._row_times, MAX_ROWS)
        self._row = []

    def _cell(self) -> Cell:
        text, given = self._text or "", self._given
        kind = given.get("value-type")
        if kind == "error" or ("formula" in given and text.startswith(("#", "Err:"))):
            return Unreadable(f"is the error {text}", ERROR_ZH.format(text))
        if kind is None and "formula" in given:
            return Unreadable("is a formula without a value", "是公式且没有算出的值，请粘贴为数值")
        return None if kind is None else self._valued(kind, text)

    def _valued(self, kind: str, text: str) -> Cell:
        given = self._given
        if kind in {"float", "percentage", "currency"}:
            # Use the displayed text: a number with leading zeros is an id.
            return as_shown(float(given["value"]), "0" * len(text) if re.fullmatch("0[0-9]+", text) else "", 0)
        match kind:
            case "date":
                return _date(given["date-value"], text)
            case "time":
                return time()
            case "boolean":
                return given["boolean-value"] == "true"
            case _:
                return given.get("string-value", text) or None


def _date(value: str, shown: str) -> Cell:
    """ODS omits the time of a date at midnight; the displayed text tells a date from a midnight."""
    moment = datetime.fromisoformat(value)
    if "T" not in value and not re.search("[:：时点]", shown):
        return moment.date()
    return moment


def _times(given: Mapping[str, str], name: str) -> int:
    times = int(given.get(name, "1"))
    if times < 1:
        raise BrokenWorkbookError(f"{name} {times}", "重复次数有误")
    return times


class _Tables(Part):
    """The tables of an ODS in order, and whether each is visible."""

    def __init__(self) -> None:
        self.tables: list[tuple[str, bool]] = []
        self._style = ""
        self._hidden: set[str] = set()

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        match tag:
            case "style":
                self._style = given.get("name", "")
            case "table-properties" if given.get("display") == "false":
                self._hidden.add(self._style)
            case "table":
                self.tables.append((given.get("name", ""), given.get("style-name", "") in self._hidden))


def ods_sheets(package: zipfile.ZipFile, name: str) -> Iterator[Sheet]:
    """The tables in order. Raises BrokenWorkbookError, also while rows are read."""
    found = _Tables()
    found.read_whole(package, name)
    for title, is_hidden in found.tables:
        yield Sheet(title, is_hidden, _Rows(title).each_row(package, name))
