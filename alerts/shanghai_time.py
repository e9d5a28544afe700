"""Times as people in Shanghai read them: the time zone, times of day, periods and durations in Chinese. Pure."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


def day_and_time(moment: datetime) -> str:
    """Date and time in Shanghai: 3月2日10:02."""
    local = moment.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日{local:%H:%M}"


def clock(moment: datetime) -> str:
    """Time of day in Shanghai, to the minute: 10:02."""
    return f"{moment.astimezone(SHANGHAI):%H:%M}"


def duration(length: timedelta) -> str:
    """A duration in minutes, or hours and minutes."""
    minutes = max(round(length.total_seconds() / 60), 1)
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return f"{minutes}分钟"
    return f"{hours}小时{rest}分钟" if rest else f"{hours}小时"


def during(start: datetime, end: datetime | None) -> str:
    """A period within a sentence: 于3月2日10:02至10:29, or 自3月2日10:02起 if it still runs."""
    return f"{'自' if end is None else '于'}{span(start, end)}"


def deadline(moment: datetime, now: datetime | None = None) -> str:
    """A deadline: 3月2日17:00; midnight belongs to the day that ends: 3月2日24时.

    With *now*, the time of reading, the day is 今日 or 明日 where that fits.
    """
    local = moment.astimezone(SHANGHAI)
    is_midnight = clock(moment) == "00:00"
    last = local - timedelta(minutes=1) if is_midnight else local
    ahead = None if now is None else (last.date() - now.astimezone(SHANGHAI).date()).days
    day = {0: "今日", 1: "明日"}.get(ahead) if ahead is not None else None
    return f"{day or f'{last.month}月{last.day}日'}{'24时' if is_midnight else clock(moment)}"


def span(start: datetime, end: datetime | None) -> str:
    """From when to when, with the date once: 3月2日10:02至10:29."""
    if end is None:
        return f"{day_and_time(start)}起"
    same_day = start.astimezone(SHANGHAI).date() == end.astimezone(SHANGHAI).date()
    until = clock(end) if same_day else day_and_time(end)
    return f"{day_and_time(start)}至{until}"
