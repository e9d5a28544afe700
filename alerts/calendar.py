"""Which days are worked in China: an imported table first, then a library; a year that neither knows is not guessed at.

Statutory holidays and make-up workdays are decreed each November for the year that follows; the library knows the
years up to its release. Rules that count working days are held for a year without either, and say so.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from chinese_calendar.constants import holidays, workdays

_LIBRARY_YEARS: Final = frozenset(day.year for day in holidays)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class BureauCalendar:
    """`days` are imported ones, each worked or not; they go before the library's.

    In a year that only the table knows, its other days are as in the plain week.
    """

    days: Mapping[date, bool] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool | None:
        """Whether *day* is worked in China; None for a year that neither the table nor the library knows."""
        if day in self.days:
            return self.days[day]
        if day.year in _LIBRARY_YEARS:
            return day in workdays or (day.weekday() < _SATURDAY and day not in holidays)
        is_imported = any(known.year == day.year for known in self.days)
        return day.weekday() < _SATURDAY if is_imported else None

    def unknown_years(self, years: Iterable[int]) -> list[int]:
        """Those of *years* in which rules that count working days are held."""
        return sorted({year for year in years if self.is_working_day(date(year, 1, 1)) is None})


def read_calendar(text: str) -> dict[date, tuple[bool, str]] | str:
    """An imported table, CSV with the columns 日期, 上班 (是／否) and 名称; or one line that says what is wrong with it."""
    days: dict[date, tuple[bool, str]] = {}
    rows = csv.reader(text.removeprefix("\ufeff").splitlines())
    for number, row in enumerate(rows, 1):
        if number == 1 or not any(row):
            continue
        try:
            day, works = date.fromisoformat(row[0].strip()), {"是": True, "否": False}[row[1].strip()]
        except (ValueError, KeyError, IndexError):
            return f"第{number}行：应为 日期(2026-10-01),上班(是／否),名称"
        days[day] = (works, row[2].strip() if len(row) > 2 else "")
    return days
