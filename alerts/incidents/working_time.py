"""Deadlines in working time: days to be heard, hours to acknowledge. Pure; the calendar is an argument."""

from datetime import date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
DAY_BEGINS: Final = time(9, 0)
DAY_ENDS: Final = time(17, 30)
"""The bureau's office hours, within which working hours pass."""
_HORIZON_DAYS: Final = 400
"""No run of holidays is longer: past it the calendar is at fault and the deadline unknown."""


class WorkingCalendar(Protocol):
    """Which days are worked."""

    def is_working_day(self, day: date) -> bool | None:
        """Whether *day* is worked; None for a year that the calendar doesn't know."""


def end_of_working_day_after(calendar: WorkingCalendar, moment: datetime, days: int) -> datetime | None:
    """The end (midnight, Asia/Shanghai) of the *days*-th working day after the day of *moment*; None if unknown."""
    day = moment.astimezone(SHANGHAI).date()
    for _ in range(_HORIZON_DAYS):
        day += timedelta(days=1)
        match calendar.is_working_day(day):
            case None:
                return None
            case True:
                days -= 1
        if days <= 0:
            return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
    return None


def working_hours_after(calendar: WorkingCalendar, moment: datetime, span: timedelta) -> datetime | None:
    """When *span* of office hours has passed since *moment*; None if the calendar doesn't know the year."""
    at = moment.astimezone(SHANGHAI)
    for _ in range(_HORIZON_DAYS):
        is_worked = calendar.is_working_day(at.date())
        if is_worked is None:
            return None
        begins = max(at, datetime.combine(at.date(), DAY_BEGINS, SHANGHAI))
        left = datetime.combine(at.date(), DAY_ENDS, SHANGHAI) - begins
        if is_worked and left >= span:
            return begins + span
        if is_worked and left > timedelta(0):
            span -= left
        at = datetime.combine(at.date() + timedelta(days=1), time(), SHANGHAI)
    return None
