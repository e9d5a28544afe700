"""Tables as CSV that a spreadsheet opens as text: no cell of it is ever taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiohttp import web

# What Excel, WPS or LibreOffice take for the beginning of a formula, or skip to get to one.
_TRIGGERS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(cell: Any) -> Any:
    """*cell* as a spreadsheet may have it: a text that could be a formula gets an apostrophe before it."""
    if not isinstance(cell, str):
        return cell
    stripped = cell.lstrip(" \u00a0\u3000")
    return f"'{cell}" if stripped.startswith(_TRIGGERS) else cell


def csv_answer(file_name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> web.Response:
    """A CSV file, UTF-8 with the mark that Excel wants; *file_name* is ASCII and ours."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
    return web.Response(
        body=b"\xef\xbb\xbf" + text.getvalue().encode(),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{file_name}"',
        },
    )
