"""Facts, before step 1: read the sheets of an XLS, as older programs export it."""

import io
from collections.abc import Iterator
from typing import Any, Final

import xlrd
from xlrd.sheet import Sheet as Page

from alerts.facts.typed_time import Unreadable
from alerts.facts.workbook import ERROR_ZH, LATER_1904, Cell, Sheet, as_shown, put, told_as_broken, too_large

_MAX_BYTES: Final = 32 * 1024 * 1024
"""In an XLS, a cell may take as little as two bytes."""


def xls_sheets(data: bytes) -> Iterator[Sheet]:
    """The sheets of a workbook in order. Raises BrokenWorkbookError."""
    if len(data) > _MAX_BYTES:
        raise too_large(_MAX_BYTES)
    with told_as_broken():
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, on_demand=True, logfile=io.StringIO()
        )
        later_days = LATER_1904 if book.datemode else 0
        titles = book.sheet_names()
    for at, title in enumerate(titles):
        with told_as_broken():
            sheet = book.sheet_by_index(at)
            rows = [(number + 1, _row(book, sheet, number)) for number in range(sheet.nrows)]
        yield Sheet(title, sheet.visibility != 0, iter(row for row in rows if row[1]), later_days)


def _row(book: xlrd.Book, sheet: Page, number: int) -> list[Cell]:
    row: list[Cell] = []
    for column, cell in enumerate(sheet.row(number), 1):
        value: Any = cell.value
        match cell.ctype:
            case xlrd.XL_CELL_ERROR:
                text = xlrd.error_text_from_code.get(value, "#?")
                put(row, column, Unreadable(f"is the error {text}", ERROR_ZH.format(text)))
            case xlrd.XL_CELL_BOOLEAN:
                put(row, column, bool(value))
            case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
                form = book.format_map[book.xf_list[cell.xf_index or 0].format_key].format_str
                put(row, column, as_shown(value, form, LATER_1904 if book.datemode else 0))
            case _:
                put(row, column, value or None)
    return row
