"""Dates as people write them, tables as they come, and deadlines over a year that has no decree yet."""

from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.duty.calendar import BureauCalendar
from alerts.duty.holiday_decree import read_table, read_text
from alerts.duty.working_time import end_of_working_day_after
from alerts.facts.typed_time import Unreadable, read_date
from alerts.shanghai_time import SHANGHAI

WIDE = str.maketrans("0123456789-/.", "０１２３４５６７８９－／．")
CHINESE = "〇一二三四五六七八九"


def spoken(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else CHINESE[tens] + "十") + (CHINESE[ones] if ones else "")


def spellings(day: date) -> list[Any]:
    y, m, d = day.year, day.month, day.day
    serial = (day - date(1899, 12, 30)).days
    midnight = datetime.combine(day, time())
    written = "".join(CHINESE[int(sign)] for sign in str(y))
    plain = [
        *(f"{y}-{m}-{d}", f"{y}/{m}/{d}", f"{y}.{m}.{d}", f"{y}年{m}月{d}日", f"{y} 年 {m} 月 {d} 日"),
        *(day.isoformat(), f"{y}{m:02}{d:02}", f"{y}/{m:02}/{d:02} 00:00:00", midnight.isoformat(), str(serial)),
        *(
            f"{y}年{m}月{d}日 星期{'一二三四五六日'[day.weekday()]}",
            f"{y}-{m}-{d}（周{'一二三四五六日'[day.weekday()]}）",
        ),
    ]
    numbers = [day, midnight, serial, float(serial), y * 10000 + m * 100 + d]
    return [*plain, *(text.translate(WIDE) for text in plain), *numbers, f"{written}年{spoken(m)}月{spoken(d)}日"]


@given(st.dates(date(2004, 1, 1), date(2099, 12, 31)))
def test_every_spelling_of_a_day_is_that_day(day: date) -> None:
    assert [] == [spelling for spelling in spellings(day) if read_date(spelling) != day]


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.datetimes(), st.times()))
def test_reading_a_cell_never_fails(cell: object) -> None:
    assert isinstance(read_date(cell), date | Unreadable)


@given(
    st.sampled_from(["1/2/27", "01/02/2027", "2/1/2027", "1月2日", "27-1-2", "2027-1", "2027-2-30", "2027-01-01 08:00"])
)
def test_what_may_be_two_days_or_none_is_refused(text: str) -> None:
    assert isinstance(read_date(text), Unreadable)


ROWS = st.lists(st.lists(st.text(max_size=12), max_size=5), max_size=8)


@given(st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail)))
def test_reading_a_table_never_fails_and_says_what_is_wrong(data: bytes) -> None:
    found = read_table(data)
    assert isinstance(found, dict) or found


@given(ROWS)
def test_rows_below_a_header_are_days_or_faults(rows: list[list[str]]) -> None:
    found = read_text("日期,上班,名称\n" + "\n".join(",".join(row) for row in rows))
    assert found
    assert isinstance(found, dict) or all(str(fault) for fault in found)


@given(st.dates(date(2008, 1, 1), date(2025, 12, 1)), st.integers(1, 10))
def test_nobody_has_fewer_days_before_the_decree_than_after_it(day: date, days: int) -> None:
    told = datetime.combine(day, time(10), SHANGHAI)
    decreed = end_of_working_day_after(BureauCalendar(), told, days)
    before = end_of_working_day_after(BureauCalendar(library_years=frozenset()), told, days)
    assert decreed.at <= before.at
    assert timedelta(days=25) >= before.at - decreed.at
    assert (False, True) == (decreed.is_provisional, before.is_provisional)
