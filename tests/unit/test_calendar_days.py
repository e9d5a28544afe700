"""Working days in China: decreed ones, provisional ones, and what is said of a year without a decree."""

from datetime import date

import pytest
from chinese_calendar.constants import holidays
from standins.decree_table import DECREE_2027

from alerts.duty.calendar import BureauCalendar, days_of, statutory_days
from telemetry.cli.checks import calendar_edge

IMPORTED = {day: works for day, (works, _) in DECREE_2027.items()}


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2026, 3, 2), True),
        (date(2026, 3, 7), False),
        (date(2026, 2, 17), False),
        (date(2026, 2, 14), True),
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),
    ],
)
def test_holidays_weekends_and_make_up_workdays_come_from_the_library(day: date, *, is_worked: bool) -> None:
    assert is_worked is BureauCalendar().is_working_day(day)
    assert not BureauCalendar().is_provisional(day)


@pytest.mark.parametrize(
    ("day", "is_worked", "is_surely_worked"),
    [
        (date(2027, 2, 8), False, False),  # 春节
        (date(2027, 2, 10), False, False),  # in lieu of a holiday on a weekend
        (date(2027, 2, 11), True, False),  # a decree may join it to the holiday
        (date(2027, 2, 14), False, False),  # a Sunday that a decree may make a workday
        (date(2027, 3, 10), True, True),
        (date(2028, 1, 3), False, False),  # New Year's Day of 2028 is a Saturday
        (date(2028, 1, 4), True, False),
        (date(2300, 1, 2), True, True),
    ],
)
def test_a_year_without_a_decree_has_its_statutory_holidays_and_is_provisional(
    day: date, *, is_worked: bool, is_surely_worked: bool
) -> None:
    calendar = BureauCalendar()
    assert (is_worked, is_surely_worked, True) == (
        calendar.is_working_day(day),
        calendar.is_surely_worked(day),
        calendar.is_provisional(day),
    )


def test_no_decree_has_taken_a_weekday_off_that_was_surely_worked_before() -> None:
    undecreed = BureauCalendar(library_years=frozenset())
    wrong = [day for day in holidays if undecreed.is_surely_worked(day)]
    assert [] == wrong


def test_an_imported_decree_makes_its_year_certain() -> None:
    calendar = BureauCalendar(IMPORTED)
    assert "table" == calendar.year(2027).source
    assert [False, True, True, False] == [
        calendar.is_working_day(date(2027, month, day)) for month, day in ((2, 10), (2, 14), (3, 10), (3, 13))
    ]
    assert not any(map(calendar.is_provisional, days_of(2027)))
    assert calendar.is_provisional(date(2028, 1, 4))


def test_an_imported_day_goes_before_the_library_and_changes_no_other() -> None:
    calendar = BureauCalendar({date(2026, 3, 2): False})
    assert (False, True, False) == tuple(
        calendar.is_working_day(day) for day in (date(2026, 3, 2), date(2026, 3, 3), date(2026, 2, 17))
    )
    assert "table" == calendar.year(2026).source


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (range(9, 13), "缺少：中秋节（9月15日）、国庆节（10月1日）"),
        (range(2, 13), "缺少：农历除夕（2月5日）"),
        ((), "缺少：调休上班日"),
    ],
)
def test_a_table_of_part_of_a_year_is_told_of_and_the_rest_stays_provisional(lost: range, told: str) -> None:
    kept = {day: works for day, works in IMPORTED.items() if day.month not in lost and (lost or not works)}
    calendar = BureauCalendar(kept)
    assert calendar.year(2027).is_provisional
    assert told in calendar.year(2027).in_chinese()
    assert not calendar.is_provisional(date(2027, 1, 1))
    assert calendar.is_provisional(date(2027, 11, 3))
    assert not calendar.is_working_day(date(2027, 10, 1))


@pytest.mark.parametrize(
    ("today", "days", "years"),
    [
        (date(2026, 10, 31), {}, []),
        (date(2026, 11, 1), {}, [2027]),
        (date(2026, 11, 1), IMPORTED, []),
        (date(2027, 1, 5), {}, [2027]),
        (date(2027, 11, 1), IMPORTED, [2028]),
        (date(2028, 1, 4), IMPORTED, [2028]),
        (date(2027, 12, 1), {}, [2027, 2028]),
    ],
)
def test_a_missing_decree_is_told_of_from_november_on(today: date, days: dict[date, bool], years: list[int]) -> None:
    calendar = BureauCalendar(days)
    assert years == [status.year for status in calendar.told_of(today)]
    edge = calendar_edge(calendar, today)
    assert ("OK   " if not years else "WARN ") == edge.line[:5]
    assert all(str(year) in edge.line for year in years)


def test_every_year_of_the_library_has_the_working_days_of_the_law() -> None:
    years = [BureauCalendar().year(year) for year in range(2008, 2027)]
    assert 1 >= max(abs(year.working_days - year.lawful_days) for year in years)
    assert all(statutory_days(year.year) for year in years)


def test_a_decree_that_was_tabled_day_by_day_is_whole_too() -> None:
    calendar = BureauCalendar(IMPORTED)
    every = {day: calendar.is_working_day(day) for day in days_of(2027)}
    assert "table" == BureauCalendar(every).year(2027).source
