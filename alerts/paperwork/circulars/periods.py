"""Circulars, the calendar: months as `2026-03`, their bounds in Shanghai. Pure."""

import re
from datetime import date, datetime
from typing import Final

from alerts.shanghai_time import SHANGHAI

_PERIOD: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


def is_period(text: str) -> bool:
    """Whether *text* is a month, e.g. `2026-03`."""
    return _PERIOD.fullmatch(text) is not None


def bounds(period: str) -> tuple[datetime, datetime]:
    """First moment of the month and first moment after it; raises ValueError where it is no month."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise ValueError(f"no period: {period!r}")
    year, month = int(match[1]), int(match[2])
    after = (year + 1, 1) if month == 12 else (year, month + 1)
    return datetime(year, month, 1, tzinfo=SHANGHAI), datetime(*after, 1, tzinfo=SHANGHAI)


def period_of(moment: datetime) -> str:
    """The month in which a moment lies."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m}"


def day_of(moment: datetime) -> date:
    """Shanghai's day in which a moment lies."""
    return moment.astimezone(SHANGHAI).date()


def month_before(period: str) -> str:
    """The month before."""
    year, month = map(int, period.split("-"))
    return f"{year - 1}-12" if month == 1 else f"{year}-{month - 1:02}"


def in_words(period: str) -> str:
    """`2026年3月`."""
    year, month = map(int, period.split("-"))
    return f"{year}年{month}月"
