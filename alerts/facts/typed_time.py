"""Dates and times as people and spreadsheets write them: the only reader for all sheets and forms.

An unambiguous value is read; any other is rejected with advice what to write. A date without a time is a whole day
(wire contract, section 2): its first moment as a start, its last as an end.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Final, Literal

from alerts.shanghai_time import SHANGHAI

"""China has had no summer time since 1991; a typed time without an offset is in this zone."""
Edge = Literal["start", "end"]
"""What a date without a time stands for: the first or last moment of the day."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a cell can't be read: for logs, and for the person who filled it in, with advice."""

    reason: str
    reason_zh: str


def read_moment(cell: object, edge: Edge | None = None) -> datetime | Unreadable:
    """The moment that *cell* means; for a date without a time, *edge* picks the first or last moment of the day.

    Without *edge* a date alone is rejected, because the time of day is unknown.
    """
    found = _read(cell)
    if isinstance(found, datetime | Unreadable):
        return found
    if edge is None:
        return Unreadable("has no time of day", "只有日期，没有时刻，请写明，如 2026-03-02 09:00")
    if edge == "start":
        return _midnight(found.day)
    if found.is_serial:
        text = f"数字格式的{found.day}无法区分是整日还是零点，请写成 {found.day} 24:00 或 {found.day} 00:00"
        return Unreadable("a number that may be a whole day or its midnight", text)
    return _midnight(found.day) + timedelta(days=1)


def read_date(cell: object) -> date | Unreadable:
    """The day that *cell* means; a time of day is rejected, except midnight, which some programs add."""
    found = _read(cell)
    if isinstance(found, datetime):
        if found.time() == time():
            return found.date()
        return Unreadable("has a time of day", "应只填日期，如 2026-03-02")
    return found if isinstance(found, Unreadable) else found.day


@dataclass(frozen=True, slots=True)
class _Day:
    """A date without a time; a bare serial number may also mean its midnight."""

    day: date
    is_serial: bool = False


_Found = datetime | _Day | Unreadable
_EXAMPLE: Final = "应如 2026-03-02 09:00"
_NO_TIME: Final = Unreadable("no time", f"不是时间，{_EXAMPLE}")
_NO_YEAR: Final = Unreadable("no year of 1901-2199", f"年份有误，请写四位年份，{_EXAMPLE}")
_NO_DATE: Final = Unreadable("has no date", f"只有时刻，没有日期，{_EXAMPLE}")
_OTHERS: Final = {time: _NO_DATE, timedelta: Unreadable("is a duration", f"是时长，不是时间，{_EXAMPLE}")}
_YEARS: Final = range(1901, 2200)


def _read(cell: object) -> _Found:
    match cell:
        case datetime():
            return (cell if cell.tzinfo else cell.replace(tzinfo=SHANGHAI)) if cell.year in _YEARS else _NO_YEAR
        case date():
            return _Day(cell) if cell.year in _YEARS else _NO_YEAR
        case str():
            return _read_text(cell)
        case int() | float() if not isinstance(cell, bool):
            digits = f"{cell:.0f}" if 0 < cell < _EXACT and cell == int(cell) else ""
            return _read_text(digits) if _COMPACT.fullmatch(digits) else _of_serial(cell)
        case _:
            return _OTHERS.get(type(cell), _NO_TIME)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


# Serial numbers: days since 30 December 1899. Outside 2000 to 2099 it is a year, a count or a mistake.
_SERIALS: Final = (36_526, 73_051)
_SERIAL_ZERO: Final = date(1899, 12, 30)
_FEW_DECIMALS: Final = 5
# Above this a number has lost digits.
_EXACT: Final = 2**53
_QUARTERS_A_DAY: Final = 96


def _of_serial(number: float) -> _Found:
    """A spreadsheet's serial number as a moment, rounded to the second."""
    if not _SERIALS[0] <= number < _SERIALS[1]:
        return Unreadable("a number that is no date", f"数字不是日期时间，{_EXAMPLE}")
    day = _SERIAL_ZERO + timedelta(days=int(number))
    if number == int(number):
        return _Day(day, is_serial=True)
    return _midnight(day) + timedelta(seconds=round((number - int(number)) * 86_400))


def _of_serial_text(text: str) -> _Found:
    """A serial number typed as text: 46083.35 may be a rounded 46083.3542, which is six minutes later."""
    found = _of_serial(float(text))
    is_exact = (float(text) * _QUARTERS_A_DAY).is_integer() and not ("." in text and text.endswith("0"))
    if isinstance(found, Unreadable) or is_exact or len(text.partition(".")[2]) >= _FEW_DECIMALS:
        return found
    return Unreadable("a number of days that was rounded", f"数字的小数位不足，时刻已不准确，{_EXAMPLE}")


# Normalise the text, then read the date and what follows it.
_MAX_LENGTH: Final = 100
_SAME: Final = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", None),
        **dict(zip("\u2236點時號週禮", ":点时号周礼", strict=True)),
    }
)
_NUMERALS: Final = {numeral: digit for digit, numeral in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_NUMERAL: Final = re.compile(rf"(?<![0-9期周拜])[{''.join(_NUMERALS)}十]+(?![0-9])")
_TENS: Final = re.compile(r"(.?)十(.?)")
_UNIT: Final = re.compile(r" ?([年月日号时点分秒]) ?")

_NUMBER: Final = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,20})?")
_COMPACT: Final = re.compile(r"[0-9]{8}(?:[0-9]{4}(?:[0-9]{2})?)?")
_DATE: Final = re.compile(
    r"(?P<y>[0-9]{4})(?P<sep>[-/.])(?P<m>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})(?![0-9])"
    r"|(?P<y2>[0-9]{4})年(?P<m2>[0-9]{1,2})月(?P<d2>[0-9]{1,2})[日号]"
    r"|(?P<y3>[0-9]{4})(?P<m3>[0-9]{2})(?P<d3>[0-9]{2})"
)
_DAY_FIRST: Final = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{1,4}(?: .*)?")
_WEEKDAY: Final = re.compile(r" ?\(?(?:星期|周|礼拜)([一二三四五六日天])\)?")


def _same_hours(first: int, last: int) -> dict[int, int]:
    return {hour: hour for hour in range(first, last + 1)}


def _evening(first: int) -> dict[int, int]:
    """Evening hours; twelve in the evening may be this day's or the next day's midnight, so it isn't read."""
    return {hour: hour + 12 for hour in range(first, 12)} | _same_hours(first + 12, 24)


_AFTERNOON: Final = {hour: hour + 12 for hour in range(1, 12)} | _same_hours(12, 23)
_HOURS: Final = {
    **dict.fromkeys(("上午", "am", "a.m."), _same_hours(0, 11)),
    **dict.fromkeys(("下午", "pm", "p.m."), _AFTERNOON),
    **dict.fromkeys(("清晨", "早晨", "早上"), _same_hours(4, 11)),
    **dict.fromkeys(("傍晚", "晚上", "晚间"), _evening(5)),
    **dict.fromkeys(("夜间", "夜里"), _evening(8)),
    "中午": _same_hours(11, 14) | {1: 13, 2: 14},
    "凌晨": _same_hours(0, 6),
}
"""Hours that each word allows, with their value. 上午12 is left out: it may be noon or midnight."""
_TIME: Final = re.compile(
    r"(?P<before>[^0-9 :+-]+)? ?"
    r"(?:(?P<h>[0-9]{1,2}):(?P<min>[0-9]{2})(?::(?P<s>[0-9]{2})(?:\.(?P<f>[0-9]{1,9}))?)?"
    r"|(?P<h2>[0-9]{1,2})[时点](?:整|(?P<half>半)|(?P<quarters>[13])刻|(?P<min2>[0-9]{1,2})分?|"
    r"(?P<min3>[0-9]{1,2})分(?P<s3>[0-9]{1,2})秒)?"
    r"|(?P<h4>[0-9]{2})(?P<min4>[0-9]{2})(?P<s4>[0-9]{2})?)"
    rf" ?(?P<after>{'|'.join(map(re.escape, _HOURS))})?"
    r"(?: ?(?P<zulu>[Zz])| ?(?:UTC|GMT)?(?P<sign>[+-])(?P<zone_h>[0-9]{2}):?(?P<zone_min>[0-9]{2})?)?",
    re.IGNORECASE,
)


def _read_text(typed: str) -> _Found:
    text = _normalised(typed[: _MAX_LENGTH + 1])
    if len(typed) > _MAX_LENGTH:
        return _NO_TIME
    if _NUMBER.fullmatch(text):
        return _of_serial_text(text)
    found = _DATE.match(text)
    if found is None:
        return _no_date(text)
    year, month, day = (int(found[f"{part}"] or found[f"{part}2"] or found[f"{part}3"]) for part in "ymd")
    if year not in _YEARS:
        return _NO_YEAR
    try:
        return _with_rest(date(year, month, day), text[found.end() :])
    except ValueError:
        return Unreadable("no such day", f"日期不存在，请核对，{_EXAMPLE}")


def _no_date(text: str) -> Unreadable:
    """Why a text doesn't start with a date."""
    if _DAY_FIRST.fullmatch(text):
        return Unreadable(
            "day and month may be the other way round", f"年月日的次序不明，请按四位年份、月、日填写，{_EXAMPLE}"
        )
    if "月" in text:
        return _NO_YEAR
    return _NO_DATE if _TIME.fullmatch(text) else _NO_TIME


def _normalised(typed: str) -> str:
    if typed.isascii():
        return " ".join(typed.split())
    text = unicodedata.normalize("NFKC", typed.translate(_SAME)).translate(_SAME)
    text = _NUMERAL.sub(lambda found: _in_digits(found[0]), " ".join(text.split()))
    return _UNIT.sub(r"\1", text)


def _in_digits(numerals: str) -> str:
    """Chinese numerals to digits: 二〇二六 is 2026, 二十一 is 21, 十 is 10; anything else stays."""
    tens = _TENS.fullmatch(numerals)
    if tens is None:
        return numerals if "十" in numerals else "".join(str(_NUMERALS[numeral]) for numeral in numerals)
    return str(10 * _NUMERALS.get(tens[1], 1) + _NUMERALS.get(tens[2], 0))


def _with_rest(day: date, rest: str) -> _Found:
    """*day* with what follows it: a day of the week, a time of day."""
    weekday = _WEEKDAY.match(rest)
    if weekday is not None:
        if "一二三四五六日".index(weekday[1].replace("天", "日")) != day.weekday():
            return Unreadable("another day of the week", f"{day}不是星期{weekday[1]}，请核对日期")
        rest = rest[weekday.end() :]
    if not rest:
        return _Day(day)
    found = _TIME.fullmatch(rest[1:] if rest[0] in "Tt " else rest)
    if found is None:
        return Unreadable("no time of day", f"日期后的时刻无法识别，{_EXAMPLE}")
    return _at(day, found)


def _at(day: date, found: re.Match[str]) -> _Found:
    hour: int | None = _first(found, "h", "h2", "h4")
    word = (found["before"] or "") + (found["after"] or "")
    if word:
        hour = _HOURS.get(word.casefold(), {}).get(_first(found, "h", "h2", "h4"))
    if hour is None:
        text = f"“{word}”的时刻不能确定，请用24小时制写明，如 {day} 17:30"
        return Unreadable("an hour that may be another", text)
    minute = 30 if found["half"] else 15 * _first(found, "quarters") or _first(found, "min", "min2", "min3", "min4")
    second = _first(found, "s", "s3", "s4")
    micros = int((found["f"] or "").ljust(6, "0")[:6])
    of_day = timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micros)
    offset = timedelta(hours=_first(found, "zone_h"), minutes=_first(found, "zone_min"))
    if minute >= 60 or second >= 60 or of_day > timedelta(days=1) or offset > timedelta(hours=14):
        return Unreadable("no such time of day", f"时刻不存在，请核对，{_EXAMPLE}")
    zone: tzinfo = SHANGHAI
    if found["zulu"] or found["sign"]:
        zone = timezone(-offset if found["sign"] == "-" else offset)
    moment = datetime.combine(day, time(), zone) + of_day
    return moment if moment.year in _YEARS else _NO_YEAR


def _first(found: re.Match[str], *groups: str) -> int:
    """The number in the first of *groups* that matched."""
    return next((int(found[group]) for group in groups if found[group]), 0)
