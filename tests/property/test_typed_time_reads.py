"""Any spelling of a moment reads as that moment; any text whatever is read or refused, and never a midnight in silence."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from alerts.facts.typed_time import Unreadable, read_date, read_moment
from alerts.shanghai_time import SHANGHAI

minutes = st.datetimes(datetime(2001, 1, 1), datetime(2099, 12, 30)).map(  # noqa: DTZ001 - made aware in place
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=SHANGHAI)
)
wide = str.maketrans("0123456789:/-", "０１２３４５６７８９：／－")


def numerals(number: int) -> str:
    tens, ones = divmod(number, 10)
    digits = "〇一二三四五六七八九"
    if number < 10:
        return digits[number]
    return ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")


def half_day(moment: datetime) -> str:
    word = "上午" if moment.hour < 12 else "下午"
    assume(moment.hour % 12)
    return f"{word}{moment.hour % 12}:{moment:%M}"


def in_numerals(moment: datetime) -> str:
    year = "".join(numerals(int(digit)) for digit in str(moment.year))
    return f"{year}年{numerals(moment.month)}月{numerals(moment.day)}日{numerals(moment.hour)}时{numerals(moment.minute)}分"


SPELLINGS: list[Callable[[datetime], object]] = [
    lambda m: f"{m.year}-{m.month}-{m.day} {m.hour}:{m:%M}",
    lambda m: f"{m.year}/{m.month}/{m.day} {m.hour}:{m:%M:%S}.0",
    lambda m: f"{m.year}.{m.month}.{m.day} {m:%H:%M}",
    lambda m: f"{m.year}年{m.month}月{m.day}日{m.hour}:{m:%M}",
    lambda m: f"{m.year}年{m.month}月{m.day}日 {m.hour}时{m.minute}分",
    lambda m: f"{m.year} 年 {m.month} 月 {m.day} 号 {m.hour} 点 {m.minute} 分 0 秒",
    lambda m: f"{m:%Y/%m/%d %H:%M}".translate(wide),
    lambda m: f"{m:%Y%m%d%H%M}",
    lambda m: f"{m:%Y%m%d%H%M%S}",
    lambda m: int(f"{m:%Y%m%d%H%M%S}"),
    lambda m: f"{m:%Y-%m-%d} {half_day(m)}",
    lambda m: f"{m:%Y年%m月%d日}星期{'一二三四五六日'[m.weekday()]} {m:%H:%M}",
    lambda m: m.isoformat(),
    lambda m: m.astimezone(UTC).isoformat(),
    lambda m: f"{m.astimezone(UTC):%Y-%m-%dT%H:%MZ}",
    lambda m: m.astimezone(UTC),
    in_numerals,
]


@pytest.mark.parametrize("spell", SPELLINGS)
@given(minutes)
def test_every_spelling_of_a_moment_reads_as_it(spell: Callable[[datetime], object], moment: datetime) -> None:
    assert moment == read_moment(spell(moment), "end")


@given(minutes)
def test_a_serial_number_reads_as_its_moment(moment: datetime) -> None:
    assume(moment.hour or moment.minute)
    days = (moment - datetime(1899, 12, 30, tzinfo=SHANGHAI)) / timedelta(days=1)
    assert moment == read_moment(days) == read_moment(f"{days:.6f}")


@given(st.dates(date(2001, 1, 1), date(2099, 12, 30)))
def test_a_day_of_leave_covers_its_day_and_nothing_else(day: date) -> None:
    for typed in (day, f"{day}", f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}"):
        starts_at, ends_at = read_moment(typed, "start"), read_moment(typed, "end")
        assert day == read_date(typed)
        assert ends_at == read_moment(f"{day} 24:00") == read_moment(f"{day + timedelta(days=1)} 00:00")
        assert isinstance(starts_at, datetime)
        assert isinstance(ends_at, datetime)
        assert timedelta(days=1) == ends_at - starts_at


pieces = st.sampled_from(
    [
        *"0123456789 :-/.TZ年月日号时点分秒半一二十〇：，",
        "2026-03-02",
        "2026年3月2日",
        "上午",
        "晚上",
        "24:00",
        "8:30",
        "星期一",
        "+08:00",
        "次日",
    ]
)


@given(st.text(max_size=30) | st.lists(pieces, max_size=8).map("".join))
@example("2026-03-02 晚上12点")
@example("2026-03-02 0.0")
def test_any_text_is_read_or_refused_and_midnight_is_never_made_up(text: str) -> None:
    found = read_moment(text)
    if isinstance(found, Unreadable):
        assert found.reason
        assert found.reason_zh
    elif found.hour == found.minute == 0 and found.utcoffset() == timedelta(hours=8):
        assert re.search(r"24|0|零|〇|○|十二|二十四", text), text


@given(
    st.integers() | st.floats() | st.booleans() | st.none() | st.datetimes() | st.dates() | st.times() | st.timedeltas()
)
def test_any_cell_is_read_or_refused(cell: object) -> None:
    assert isinstance(read_moment(cell, "end"), datetime | Unreadable)
    assert isinstance(read_date(cell), date | Unreadable)
