"""A day as people and spreadsheets write it. Pure."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Final

_SERIAL_ZERO: Final = date(1899, 12, 30)
"""Day 0 of a spreadsheet's serial numbers, by the leap day of 1900 that never was."""
_SERIALS: Final = range(36526, 73416)
"""2000 to 2100: other numbers are no days."""
_TAIL: Final = r"\s*(?:[T ]?00:00(?::00(?:\.0+)?)?)?\s*(?:\(?(?:周|星期|礼拜)[一二三四五六日天]\)?)?"
_FORMS: Final = tuple(
    re.compile(head + _TAIL, re.ASCII)
    for head in (
        r"(\d{4})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{1,2})",
        r"(\d{4})\s*(年)\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?",
        r"(\d{4})()(\d{2})(\d{2})",
    )
)
_DIGITS: Final = {sign: str(n) for n, sign in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}
_CHINESE: Final = re.compile(
    r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十廿卅]{1,3})[日号]?"
)


def read_date(cell: object) -> date | None:
    """The day that a cell or a text names; None where it names none, or not one alone.

    A year has four digits and comes first: `1/2/27` may be two days. A moment is a day only at midnight.
    """
    match cell:
        case bool():
            pass
        case datetime():
            return cell.date() if cell.time() == time() else None
        case date():
            return cell
        case int() | float() if cell == cell // 1:
            return _of_number(int(cell))
        case str():
            return _of_text(" ".join(unicodedata.normalize("NFKC", cell).split()))
    return None


def _of_number(number: int) -> date | None:
    if number in _SERIALS:
        return _SERIAL_ZERO + timedelta(days=number)
    return _day(number // 10000, number // 100 % 100, number % 100)


def _of_text(text: str) -> date | None:
    if re.fullmatch(r"\d{5}(?:\.0)?", text, re.ASCII):
        return _of_number(int(text[:5]))
    for form in _FORMS:
        found = form.fullmatch(text)
        if found:
            return _day(int(found[1]), int(found[3]), int(found[4]))
    written = _CHINESE.fullmatch(text)
    if written is None:
        return None
    return _day(int("".join(_DIGITS[sign] for sign in written[1])), _spoken(written[2]), _spoken(written[3]))


def _spoken(text: str) -> int:
    """A number up to 39 in Chinese: 三, 十, 十二, 二十, 二十一, 廿一; 0 for what is none."""
    text = text.replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = text.rpartition("十")
    if not set(tens + ones) <= _DIGITS.keys() or len(tens) > 1 or len(ones) > 1:
        return 0
    return (int(_DIGITS.get(tens, "1")) * 10 if ten else 0) + int(_DIGITS.get(ones, "0"))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None
