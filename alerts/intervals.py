"""Arithmetic on time intervals (union, intersection, difference), half-open; pure, used by duty and evidence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `start` up to, but not including, `end`; empty unless `end` is after `start`."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """Its length, never negative."""
        return max(self.end - self.start, timedelta(0))

    def covers(self, moment: datetime) -> bool:
        """Whether *moment* lies in it."""
        return self.start <= moment < self.end

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two overlap."""
        return max(self.start, other.start) < min(self.end, other.end)


def clip(start: datetime, end: datetime | None, within: Interval) -> Interval:
    """[*start*, *end*) cut to *within*; *end* None means that it still runs."""
    return Interval(max(start, within.start), within.end if end is None else min(end, within.end))


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The union as sorted, disjoint intervals that don't touch: the normal form."""
    merged: list[Interval] = []
    for interval in sorted(interval for interval in intervals if interval.start < interval.end):
        if merged and interval.start <= merged[-1].end:
            if interval.end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, interval.end)
        else:
            merged.append(interval)
    return merged


def intersect(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """The intersection, in normal form."""
    left, right = union(some), union(others)
    shared: list[Interval] = []
    at_left = at_right = 0
    while at_left < len(left) and at_right < len(right):
        mine, other = left[at_left], right[at_right]
        start, end = max(mine.start, other.start), min(mine.end, other.end)
        if start < end:
            shared.append(Interval(start, end))
        if mine.end <= other.end:
            at_left += 1
        else:
            at_right += 1
    return shared


def subtract(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """The difference *some* minus *others*, in normal form."""
    rest: list[Interval] = []
    taken = union(others)
    at = 0
    for interval in union(some):
        start = interval.start
        while at < len(taken) and taken[at].end <= start:
            at += 1
        cut = at
        while cut < len(taken) and taken[cut].start < interval.end:
            if start < taken[cut].start:
                rest.append(Interval(start, taken[cut].start))
            start = taken[cut].end
            cut += 1
        if start < interval.end:
            rest.append(Interval(start, interval.end))
    return rest


def gaps(intervals: Iterable[Interval], within: Interval) -> list[Interval]:
    """The parts of *within* that *intervals* leave uncovered."""
    return subtract([within], intervals)


def total(intervals: Iterable[Interval]) -> timedelta:
    """The total time covered; overlaps count once."""
    return sum((interval.length for interval in union(intervals)), timedelta(0))
