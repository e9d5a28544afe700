"""Deadlines in working time: days for a statement, hours to acknowledge. Pure; the calendar is an argument.

If missing a deadline is held against somebody (statement, delivery, repair), only days count that are worked under any
decree still to come. So nobody gets fewer working days than the decree will give, and a provisional year delays
nothing else. Escalation harms nobody, so its hours run on every day that is worked as far as is known.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol

from alerts.shanghai_time import SHANGHAI

DAY_BEGINS: Final = time(9, 0)
DAY_ENDS: Final = time(17, 30)
"""End of the bureau's office hours, in which working hours pass."""
PROVISIONAL: Final = "按暂定工作日历计算，国务院放假调休安排尚未导入"
"""Added to a deadline that rests on a provisional calendar."""


class WorkingCalendar(Protocol):
    """Tells which days are worked."""

    def is_working_day(self, day: date) -> bool:
        """Whether *day* is worked, as far as is known."""

    def is_provisional(self, day: date) -> bool:
        """Whether no decree says yet if *day* is worked."""

    def is_surely_worked(self, day: date) -> bool:
        """Whether *day* is worked under any decree that may still come."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When working time runs out; `is_provisional` if any day on the way has no decree yet."""

    at: datetime
    is_provisional: bool = False


def end_of_working_day_after(calendar: WorkingCalendar, moment: datetime, days: int) -> Deadline:
    """The end (midnight, Asia/Shanghai) of the *days*-th working day after the day of *moment*."""
    day = moment.astimezone(SHANGHAI).date()
    is_provisional = False
    while True:
        day += timedelta(days=1)
        is_provisional |= calendar.is_provisional(day)
        days -= calendar.is_surely_worked(day)
        if days <= 0:
            return Deadline(datetime.combine(day + timedelta(days=1), time(), SHANGHAI), is_provisional)


def working_hours_after(calendar: WorkingCalendar, moment: datetime, span: timedelta) -> Deadline:
    """When *span* of office hours has passed since *moment*."""
    at = moment.astimezone(SHANGHAI)
    is_provisional = False
    while True:
        is_provisional |= calendar.is_provisional(at.date())
        begins = max(at, datetime.combine(at.date(), DAY_BEGINS, SHANGHAI))
        left = datetime.combine(at.date(), DAY_ENDS, SHANGHAI) - begins
        if calendar.is_working_day(at.date()) and left > timedelta(0):
            if left >= span:
                return Deadline(begins + span, is_provisional)
            span -= left
        at = datetime.combine(at.date() + timedelta(days=1), time(), SHANGHAI)
