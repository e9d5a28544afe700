"""Which days are worked in China: an imported table first, then a library, else a provisional calendar. Pure.

A decree each November sets the holidays and make-up workdays of the next year. The library knows the years up to its
release. A year that neither source knows is provisional: weekends and statutory holidays are off, and make-up workdays
are unknown.
"""

from calendar import isleap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, cached_property
from typing import Final, Literal

from chinese_calendar.constants import holidays, workdays
from holidays.countries.china import China

Source = Literal["table", "library", "provisional"]
FIRST_YEAR: Final = 2004
LAST_YEAR: Final = 2100
"""The library knows statutory holidays from FIRST_YEAR to LAST_YEAR."""
_LIBRARY_YEARS: Final = frozenset(day.year for day in holidays)
_SATURDAY: Final = 5
_IN_LIEU: Final = "调休"
_TOLD_FROM_MONTH: Final = 11
_REACH: Final = timedelta(days=5)
"""No decree since 2004 took off a weekday further from a statutory holiday; a test checks this."""
_LEAST_OFF_BALANCE: Final = 4
"""With this many working days fewer than by law, make-up workdays are missing. Decrees differ by at most two."""


@dataclass(frozen=True, slots=True)
class YearStatus:
    """What is known about the working days of a year.

    `missing`: statutory holidays in neither table nor library. `lacks_make_up`: there are far fewer working days than
    by law, so the make-up workdays are missing.
    """

    year: int
    source: Source
    imported: int
    working_days: int
    lawful_days: int
    missing: tuple[tuple[date, str], ...] = ()
    lacks_make_up: bool = False

    @property
    def is_provisional(self) -> bool:
        """Whether the decree is unknown, wholly or in part."""
        return self.source == "provisional"

    def in_chinese(self) -> str:
        """One Chinese sentence for whoever should import the decree; empty if nothing is to be done."""
        if not self.is_provisional:
            return ""
        effect = "缺少的部分按暂定工作日历计算（只计法定节假日和周末）"
        if self.imported == 0:
            return f"{self.year}年放假调休安排尚未导入，工作日按暂定工作日历计算（只计法定节假日和周末，没有调休）。"
        wants = [f"{name}（{day.month}月{day.day}日）" for day, name in self.missing]
        wants += ["调休上班日"] if self.lacks_make_up else []
        return f"{self.year}年放假调休安排导入不全，缺少：{'、'.join(wants)}；{effect}。"

    def __str__(self) -> str:
        if not self.is_provisional:
            return f"{self.year}: {self.source}"
        if self.imported == 0:
            return f"{self.year}: the decree's table is not imported, working days are provisional"
        wants = [str(day) for day, _ in self.missing] + (["make-up workdays"] if self.lacks_make_up else [])
        return f"{self.year}: the imported table lacks {', '.join(wants)}; working days are provisional"


@dataclass(frozen=True)
class BureauCalendar:
    """Imported `days` (True: worked) take precedence over the library, which knows `library_years`."""

    days: Mapping[date, bool] = field(default_factory=dict)
    library_years: frozenset[int] = _LIBRARY_YEARS

    def is_working_day(self, day: date) -> bool:
        """Whether *day* is worked, as far as is known."""
        if day in self.days:
            return self.days[day]
        if day.year in self.library_years:
            return day in workdays or (_is_weekday(day) and day not in holidays)
        return _is_weekday(day) and (day.year in self._imported_years or day not in _days_off(day.year))

    def is_provisional(self, day: date) -> bool:
        """Whether no decree says yet if *day* is worked."""
        return day not in self.days and day.year not in self.library_years and day.year not in self._imported_years

    def is_surely_worked(self, day: date) -> bool:
        """Whether *day* is worked under any decree that may still come."""
        return self.is_working_day(day) and not (self.is_provisional(day) and _is_near_a_holiday(day))

    def year(self, year: int) -> YearStatus:
        """What is known about *year*."""
        imported = sum(day.year == year for day in self.days)
        working = sum(map(self.is_working_day, days_of(year)))
        lawful = sum(map(_is_weekday, days_of(year))) - len(statutory_days(year))
        if year in self.library_years:
            return YearStatus(year, "table" if imported else "library", imported, working, lawful)
        source: Source = "table" if year in self._imported_years else "provisional"
        return YearStatus(
            year, source, imported, working, lawful, self._missing(year), lacks_make_up=self._lacks_make_up(year)
        )

    def told_of(self, today: date) -> list[YearStatus]:
        """Years whose decree should be imported: this year, and from November on the next (domain.md, "Calendar")."""
        years = [today.year, today.year + 1] if today.month >= _TOLD_FROM_MONTH else [today.year]
        return [status for status in map(self.year, years) if status.is_provisional]

    @cached_property
    def _imported_years(self) -> frozenset[int]:
        """Years after the library's for which the imported table is complete."""
        years = {day.year for day in self.days if statutory_days(day.year)}
        return frozenset(year for year in years if not self._missing(year) and not self._lacks_make_up(year))

    def _missing(self, year: int) -> tuple[tuple[date, str], ...]:
        return tuple((day, name) for day, name in statutory_days(year).items() if day not in self.days)

    def _lacks_make_up(self, year: int) -> bool:
        worked = sum(self.days.get(day, _is_weekday(day)) for day in days_of(year))
        lawful = sum(map(_is_weekday, days_of(year))) - len(statutory_days(year))
        return lawful - worked >= _LEAST_OFF_BALANCE


@cache
def statutory_days(year: int) -> dict[date, str]:
    """Statutory holidays of *year* with their Chinese names; empty outside FIRST_YEAR to LAST_YEAR."""
    return _lawful(year, observed=False)


@cache
def _days_off(year: int) -> frozenset[date]:
    """Statutory holidays, and the weekdays off by law for those on a weekend."""
    return frozenset(_lawful(year, observed=True))


def _lawful(year: int, *, observed: bool) -> dict[date, str]:
    """Days off by law, without weekdays that a decree took off in exchange for make-up workdays."""
    years = [year] if FIRST_YEAR <= year <= LAST_YEAR else []
    known = China(years=years, observed=observed, language="zh_CN", expand=False)  # type: ignore[no-untyped-call]
    return {day: name for day, name in sorted(known.items()) if _IN_LIEU not in name}


def _is_near_a_holiday(day: date) -> bool:
    years = {(day - _REACH).year, (day + _REACH).year}
    return any(abs(day - holiday) <= _REACH for year in years for holiday in statutory_days(year))


def _is_weekday(day: date) -> bool:
    return day.weekday() < _SATURDAY


def days_of(year: int) -> Iterable[date]:
    """Every day of *year*."""
    first = date(year, 1, 1)
    return (first + timedelta(days=n) for n in range(365 + isleap(year)))
