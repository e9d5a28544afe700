"""Time as stretches: union, difference, intersection of half-open intervals; pure, what duty and evidence count with."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `start` up to, not including, `end`; empty where `end` is not after `start`."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is, never negative."""
        return max(self.end - self.start, timedelta(0))

    def covers(self, moment: datetime) -> bool:
        """Whether *moment* lies in it."""
        return self.start <= moment < self.end

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share a moment."""
        return max(self.start, other.start) < min(self.end, other.end)


def clip(start: datetime, end: datetime | None, within: Interval) -> Interval:
    """[*start*, *end*) cut to *within*; an *end* of None still runs."""
    return Interval(max(start, within.start), within.end if end is None else min(end, within.end))


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same moments as sorted, disjoint intervals that don't touch; the normal form of a set of moments."""
    merged: list[Interval] = []
    for interval in sorted(interval for interval in intervals if interval.start < interval.end):
        if merged and interval.start <= merged[-1].end:
            if interval.end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, interval.end)
        else:
            merged.append(interval)
    return merged


def intersect(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """The moments that lie in both, in normal form."""
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
    """The moments of *some* that don't lie in *others*, in normal form."""
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
    """What of *within* is not covered: a late beginning, pauses, an early end."""
    return subtract([within], intervals)


def total(intervals: Iterable[Interval]) -> timedelta:
    """How much time they cover, each moment counted once."""
    return sum((interval.length for interval in union(intervals)), timedelta(0))
