"""Exports tables as CSV or XLSX; free text in them is never interpreted as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from xlsxwriter import Workbook

from alerts.paperwork.word_document import printable
from alerts.shanghai_time import SHANGHAI

_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Characters with which spreadsheets start a formula or command, full-width forms included."""
_BLANKS: Final = " \u00a0\u3000"
_LONGEST: Final = 32_000
"""Slightly less than the characters that an XLSX cell can hold."""


def plain(value: Any) -> str | int | float:
    """*value* for a cell: times in Asia/Shanghai, and an apostrophe before text that looks like a formula."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case int() | float():
            return value
        case datetime():
            return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case _:
            text = printable(str(value))[:_LONGEST]
            return f"'{text}" if text.startswith(_STARTS) or text.lstrip(_BLANKS).startswith(_STARTS) else text


def csv_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A table as CSV, with the byte order mark by which Excel recognises UTF-8."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(head)
    writer.writerows([plain(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + sheet.getvalue().encode()


def new_workbook(target: io.BytesIO, created: datetime | None = None) -> Workbook:
    """A workbook in which text is never interpreted as a formula, number or link."""
    workbook = Workbook(
        target,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "remove_timezone": True,
        },
    )
    workbook.set_properties({"created": (created or datetime(2024, 1, 1, tzinfo=SHANGHAI)).replace(tzinfo=None)})
    return workbook


def write_table(
    workbook: Workbook, name: str, head: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[int] = ()
) -> Any:
    """Add a sheet with a header and rows; return the sheet, so that charts can be added."""
    sheet = workbook.add_worksheet(name)
    bold = workbook.add_format({"bold": True, "bg_color": "#DDE6F0", "border": 1})
    body = workbook.add_format({"border": 1})
    sheet.write_row(0, 0, head, bold)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            cell = plain(value)
            if isinstance(cell, str):
                sheet.write_string(number, column, cell, body)
            else:
                sheet.write_number(number, column, cell, body)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    return sheet


def xlsx_table(name: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """A table as XLSX."""
    target = io.BytesIO()
    workbook = new_workbook(target)
    write_table(workbook, name, head, rows, [18] * len(head))
    workbook.close()
    return target.getvalue()
