"""The algebra of intervals: what holds for sets of moments holds for it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.intervals import Interval, clip, gaps, intersect, subtract, total, union

START = datetime(2026, 3, 2, tzinfo=UTC)
MINUTES = 40


def interval(pair: tuple[int, int]) -> Interval:
    return Interval(START + timedelta(minutes=pair[0]), START + timedelta(minutes=pair[1]))


some = st.lists(st.tuples(st.integers(0, MINUTES), st.integers(0, MINUTES)).map(interval), max_size=6)


def minutes(intervals: list[Interval]) -> set[int]:
    """The minutes that begin in the intervals: all their ends lie on whole minutes, so this is the set itself."""
    return {m for m in range(MINUTES) if any(i.covers(START + timedelta(minutes=m)) for i in intervals)}


def is_normal(intervals: list[Interval]) -> bool:
    return all(i.start < i.end for i in intervals) and all(a.end < b.start for a, b in pairwise(intervals))


@given(some)
def test_a_union_is_the_same_moments_in_normal_form(a: list[Interval]) -> None:
    assert minutes(a) == minutes(union(a))
    assert is_normal(union(a))
    assert union(a) == union(union(a)) == union(list(reversed(a)))


@given(some, some)
def test_union_intersection_and_difference_are_those_of_the_moments(a: list[Interval], b: list[Interval]) -> None:
    assert minutes(a) | minutes(b) == minutes(union([*a, *b]))
    assert minutes(a) & minutes(b) == minutes(intersect(a, b))
    assert minutes(a) - minutes(b) == minutes(subtract(a, b))
    assert is_normal(intersect(a, b))
    assert is_normal(subtract(a, b))


@given(some, some)
def test_what_is_taken_and_what_is_left_make_the_whole(a: list[Interval], b: list[Interval]) -> None:
    assert union(a) == union([*intersect(a, b), *subtract(a, b)])
    assert total(a) == total(intersect(a, b)) + total(subtract(a, b))


@given(some, some, some)
def test_order_does_not_matter(a: list[Interval], b: list[Interval], c: list[Interval]) -> None:
    assert intersect(a, b) == intersect(b, a)
    assert subtract(subtract(a, b), c) == subtract(subtract(a, c), b) == subtract(a, [*b, *c])


@given(some, st.tuples(st.integers(0, MINUTES), st.integers(0, MINUTES)).map(interval))
def test_gaps_are_what_of_a_stretch_is_not_covered(a: list[Interval], within: Interval) -> None:
    assert minutes([within]) - minutes(a) == minutes(gaps(a, within))


@given(some, st.tuples(st.integers(0, MINUTES), st.integers(0, MINUTES)).map(interval))
def test_clipping_is_intersecting(a: list[Interval], within: Interval) -> None:
    assert intersect(a, [within]) == union([clip(i.start, i.end, within) for i in a])
