"""Months as text (`2026-03`) and their bounds in Asia/Shanghai. Pure."""

import re
from datetime import date, datetime
from typing import Final

from alerts.shanghai_time import SHANGHAI

_PERIOD: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


def is_period(text: str) -> bool:
    """Whether *text* is a month, e.g. `2026-03`."""
    return _PERIOD.fullmatch(text) is not None


def bounds(period: str) -> tuple[datetime, datetime]:
    """The start of the month and of the next one. Raises ValueError if *period* is no month."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise ValueError(f"no period: {period!r}")
    year, month = int(match[1]), int(match[2])
    after = (year + 1, 1) if month == 12 else (year, month + 1)
    return datetime(year, month, 1, tzinfo=SHANGHAI), datetime(*after, 1, tzinfo=SHANGHAI)


def period_of(moment: datetime) -> str:
    """The month of *moment*."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m}"


def day_of(moment: datetime) -> date:
    """The day of *moment* in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).date()


def month_before(period: str) -> str:
    """The month before."""
    year, month = map(int, period.split("-"))
    return f"{year - 1}-12" if month == 1 else f"{year}-{month - 1:02}"


def in_words(period: str) -> str:
    """`2026年3月`."""
    year, month = map(int, period.split("-"))
    return f"{year}年{month}月"
