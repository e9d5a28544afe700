"""Working days in China, and what is said of years that nobody knows yet."""

from datetime import date

import pytest

from alerts.calendar import BureauCalendar, read_calendar


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


def test_a_year_that_nobody_knows_is_not_guessed_at() -> None:
    assert BureauCalendar().is_working_day(date(2040, 3, 5)) is None
    assert [2040] == BureauCalendar().unknown_years([2026, 2040])


def test_a_year_with_an_imported_day_is_known() -> None:
    calendar = BureauCalendar({date(2040, 10, 1): False, date(2040, 10, 6): True})
    assert (False, True, True, False) == tuple(
        calendar.is_working_day(day)
        for day in (date(2040, 10, 1), date(2040, 10, 6), date(2040, 3, 5), date(2040, 3, 10))
    )


def test_an_imported_day_goes_before_the_library_and_changes_no_other() -> None:
    calendar = BureauCalendar({date(2026, 3, 2): False})
    assert (False, True, False) == tuple(
        calendar.is_working_day(day) for day in (date(2026, 3, 2), date(2026, 3, 3), date(2026, 2, 17))
    )


def test_a_table_is_read_with_its_names() -> None:
    text = "\ufeff日期,上班,名称\n2040-10-01,否,国庆节\n\n2040-10-06, 是 ,\n"
    assert {date(2040, 10, 1): (False, "国庆节"), date(2040, 10, 6): (True, "")} == read_calendar(text)


@pytest.mark.parametrize("row", ["2040-13-01,否,", "2040-10-01,也许,", "2040-10-01"])
def test_a_faulty_row_is_named(row: str) -> None:
    found = read_calendar(f"日期,上班,名称\n{row}\n")
    assert isinstance(found, str)
    assert found.startswith("第2行")
