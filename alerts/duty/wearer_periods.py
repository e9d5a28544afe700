"""Who has a recorder and whether it is on duty, now and for some hours ahead: what the live map shows; pure.

The hours ahead are worked out beforehand, so that the map shows what only time changes at once, whatever else runs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from alerts.duty.on_duty import duty_times, recorder_on_duty
from alerts.duty.wearer import lapses, wearers_during
from alerts.facts.known import KnownFacts
from alerts.intervals import Interval, intersect, subtract

KIND: Final = "wearer"
"""The kind under which `evaluation_due` and `evaluation_watch` list recorders whose wearer must be worked out again."""
AHEAD: Final = timedelta(hours=4)
_BACK: Final = timedelta(minutes=1)
"""Clocks of two servers differ: one that asks may be a little behind the one that worked it out."""
_ON_DUTY_BACK: Final = timedelta(hours=12)
_BEFORE_LAPSE: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class WearerPeriod:
    """One answer for a period: the wearer (None: uncertain, see `candidates`), and since when it is on duty, if it is."""

    during: Interval
    officer_id: str | None
    candidates: tuple[str, ...]
    duty_since: datetime | None


def wearer_periods(recorder_id: str, now: datetime, facts: KnownFacts) -> list[WearerPeriod]:
    """The answers from *now* to `AHEAD` later, without gaps."""
    within = Interval(now - _BACK, now + AHEAD)
    duty = duty_times(recorder_on_duty(recorder_id, within, facts))
    since = {on.start: on.start for on in duty}
    if within.start in since:
        before = duty_times(recorder_on_duty(recorder_id, Interval(now - _ON_DUTY_BACK, within.start), facts))
        since |= {on.end: on.start for on in before if on.end == within.start}
    periods = []
    for during, answer in wearers_during(recorder_id, within, facts):
        stretches = [
            *((part, since[on.start]) for on in duty for part in intersect([on], [during])),
            *((part, None) for part in subtract([during], duty)),
        ]
        periods += [WearerPeriod(part, answer.officer_id, answer.candidates, begun) for part, begun in stretches]
    return sorted(periods, key=lambda period: period.during)


def renewal_at(recorder_id: str, periods: list[WearerPeriod], now: datetime, facts: KnownFacts) -> datetime:
    """When to work the periods out again even if nothing changes.

    At about half their time, a part of the fleet at each full minute. Where the answer changes because a recorder isn't
    heard any more, shortly before: it may have been heard meanwhile.
    """
    half = (now + AHEAD / 2).replace(second=0, microsecond=0) + timedelta(minutes=crc32(recorder_id.encode()) % 60)
    silent = facts.once(_lapses)
    unsure = [period.during.start for period in periods if period.during.start > now and period.during.start in silent]
    return max(min([half, *(at - _BEFORE_LAPSE for at in unsure)]), now + timedelta(seconds=1))


def _lapses(facts: KnownFacts) -> set[datetime]:
    return lapses(facts.logins)
