"""Dates and times as people type them: what can mean only one thing is read, the rest is refused with its cure."""

from datetime import date, datetime, time, timedelta, timezone

import pytest

from alerts.facts.typed_time import Unreadable, read_date, read_moment
from alerts.shanghai_time import SHANGHAI

HALF_PAST_EIGHT = datetime(2026, 3, 2, 8, 30, tzinfo=SHANGHAI)
FIVE_THIRTY = datetime(2026, 3, 2, 17, 30, tzinfo=SHANGHAI)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=SHANGHAI)


@pytest.mark.parametrize("typed", [
    "2026/3/2 8:30", "2026-3-2 8:30", "2026-03-02 08:30:00", "2026-03-02T08:30", "2026.3.2 8:30", "２０２６／３／２　０８：３０",
    "2026/3/2 08：30", "2026年3月2日8:30", "2026 年 3 月 2 日 8 时 30 分", "2026年3月2号 8点半", "2026年3月2日8点30", "2026-03-02 8时30分00秒",
    "2026-03-02 上午8:30", "2026-03-02上午8时30分", "2026/3/2 上午 08:30:00", "2026-03-02 早上8点半", "2026-03-02 8:30 AM", "2026-03-02 8:30a.m.",
    "2026-03-02 08:30:00.0", "2026-03-02 08:30:00.000000000", "2026-03-02T00:30Z", "2026-03-02T00:30:00Z", "2026-03-02T08:30:00+08:00",
    "2026-03-01 19:30 -05:00", "2026-03-02 08:30+0800", "2026-03-02 08:30 GMT+08:00", "20260302 0830", "20260302083000", "202603020830",
    "2026年3月2日 星期一 8:30", "2026年3月2日（周一）8:30", "二〇二六年三月二日八时三十分", "二○二六年三月二日上午八点半", "46083.354166666664",
    "46083.35417", "2026-03-02 8:30", "2026−03−02 8∶30",
    46083.354166666664, 20260302083000, datetime(2026, 3, 2, 8, 30), datetime(2026, 3, 2, 0, 30, tzinfo=timezone.utc),  # noqa: DTZ001, UP017
])  # fmt: skip
def test_a_moment_is_read_however_it_is_spelled(typed: object) -> None:
    assert HALF_PAST_EIGHT == read_moment(typed)


@pytest.mark.parametrize("typed", [
    "2026-03-02 17:30", "2026年3月2日17时30分", "2026-03-02 下午5:30", "2026-03-02 下午17:30", "2026-03-02 5:30 PM", "2026/3/2 傍晚5点半",
    "2026/3/2 晚上5点30分", "2026-03-02 17:30:00.0", "2026/3/2 下午 5:30:00",
])  # fmt: skip
def test_the_afternoon_has_many_names(typed: str) -> None:
    assert FIVE_THIRTY == read_moment(typed)


@pytest.mark.parametrize("typed", [
    "2026-03-02 24:00", "2026-03-02 24:00:00", "2026-03-02T24:00:00+08:00", "2026年3月2日24时", "2026年3月2日二十四点", "2026-03-02 晚上24:00",
    "2026-03-03 00:00", "2026-03-03 0点", "2026-03-03 零时", "2026-03-03 凌晨0:00", datetime(2026, 3, 3),  # noqa: DTZ001
])  # fmt: skip
def test_the_end_of_a_day_is_the_beginning_of_the_next(typed: object) -> None:
    assert MIDNIGHT == read_moment(typed)


@pytest.mark.parametrize(("typed", "hour"), [
    ("中午12点", 12), ("中午1点", 13), ("下午12:30", 12.5), ("12:30 pm", 12.5), ("凌晨2点", 2), ("晚上8点三刻", 20.75), ("夜里11点", 23),
    ("晚间19时", 19), ("清晨6点", 6), ("0:30", 0.5),
])  # fmt: skip
def test_a_word_beside_the_hour_decides_it(typed: str, hour: float) -> None:
    assert datetime(2026, 3, 2, tzinfo=SHANGHAI) + timedelta(hours=hour) == read_moment(f"2026-03-02 {typed}")


@pytest.mark.parametrize("typed", [
    "2026-03-02", "2026/3/2", "2026.3.2", "2026年3月2日", "２０２６年３月２日", "2026年3月2日星期一", "二〇二六年三月二日", "20260302", 20260302, " 2026-3-2 ",
    date(2026, 3, 2),
])  # fmt: skip
def test_a_date_alone_is_a_whole_day(typed: object) -> None:
    assert (datetime(2026, 3, 2, tzinfo=SHANGHAI), MIDNIGHT, date(2026, 3, 2)) == (
        read_moment(typed, "start"),
        read_moment(typed, "end"),
        read_date(typed),
    )
    nothing = read_moment(typed)
    assert isinstance(nothing, Unreadable)
    assert "请写明" in nothing.reason_zh


@pytest.mark.parametrize("typed", [46083, 46083.0, "46083"])
def test_a_number_of_whole_days_is_asked_about_where_midnight_and_the_whole_day_differ(typed: object) -> None:
    assert datetime(2026, 3, 2, tzinfo=SHANGHAI) == read_moment(typed, "start")
    assert date(2026, 3, 2) == read_date(typed)
    asked = read_moment(typed, "end")
    assert isinstance(asked, Unreadable)
    assert "2026-03-02 24:00 或 2026-03-02 00:00" in asked.reason_zh


@pytest.mark.parametrize(("typed", "said"), [
    ("3/2/2026", "次序不明"), ("3/2/2026 8:30", "次序不明"), ("13/2/2026", "次序不明"), ("2-3-26", "次序不明"), ("26-3-2 8:30", "次序不明"),
    ("3月2日 8:30", "四位年份"), ("26年3月2日", "四位年份"), ("8:30", "没有日期"), ("上午8:30", "没有日期"), (time(8, 30), "没有日期"),
    (timedelta(hours=8), "时长"), ("2026-02-30", "日期不存在"), ("2026-13-01", "日期不存在"), ("2026-03-02 24:01", "时刻不存在"),
    ("2026-03-02 25:00", "时刻不存在"), ("2026-03-02 8:60", "时刻不存在"), ("2026-03-02 08:30+15:00", "时刻不存在"),
    ("2026-03-02 上午12:00", "24小时制"), ("2026-03-02 12:00 AM", "24小时制"), ("2026-03-02 晚上12点", "24小时制"), ("2026-03-02 晚上1点", "24小时制"),
    ("2026-03-02 下午0:30", "24小时制"), ("2026-03-02 上午17:30", "24小时制"), ("2026-03-02 次日6:00", "24小时制"), ("2026-03-02 夜里5点", "24小时制"),
    ("2026-03-02 8:3", "无法识别"), ("2026-03-02 下午", "无法识别"), ("2026-03-02T", "无法识别"), ("2026-03-02 8.30", "无法识别"),
    ("2026年3月2日星期二 8:30", "不是星期二"), ("46083.35", "小数位不足"), ("46083.50", "小数位不足"), ("2026", "不是日期"), ("2026.3", "不是日期"),
    ("2026/3/208:30", "不是时间"), ("2026-3/2", "不是时间"), ("明天", "不是时间"), ("", "不是时间"), (True, "不是时间"), ("1" * 5000, "不是时间"),
    (float("nan"), "不是日期"), (float("inf"), "不是日期"), (10**400, "不是日期"), ("1800-03-02", "四位年份"), (date(1800, 3, 2), "四位年份"),
])  # fmt: skip
def test_what_may_mean_something_else_is_refused_with_what_to_write(typed: object, said: str) -> None:
    for found in (read_moment(typed, "end"), read_date(typed)):
        assert isinstance(found, Unreadable)
    refused = read_moment(typed, "start")
    assert isinstance(refused, Unreadable)
    assert said in refused.reason_zh


def test_a_day_has_no_time() -> None:
    refused = read_date("2026-03-02 08:30")
    assert isinstance(refused, Unreadable)
    assert "应只填日期，如 2026-03-02" == refused.reason_zh
