"""Our clock is held to the database's and the fleet's: what one reading can't tell apart agrees, a minute is a fault."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.ingest.own_clock import MOST_APART_S, ClockWatch, Comparison, FleetClock
from telemetry.ingest.standstill import Standstill

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def seen(ours_s: float, database_s: float, took_s: float = 0.0) -> Comparison:
    """Our clock and the database's in seconds after nine, in a comparison that took *took_s*."""
    ours = NINE + timedelta(seconds=ours_s)
    return Comparison(ours, NINE + timedelta(seconds=database_s), ours + timedelta(seconds=took_s))


@pytest.mark.parametrize(
    ("comparison", "ahead_s"),
    [(seen(0, 0), 0), (seen(90, 0), 90), (seen(-90, 0), -90), (seen(-200, 0, 300), 0), (seen(-200, 0, 100), -100)],
)
def test_they_are_as_far_apart_as_they_certainly_are(comparison: Comparison, ahead_s: float) -> None:
    assert ahead_s == comparison.ahead_s
    assert (abs(ahead_s) <= MOST_APART_S) == comparison.agrees


def test_the_standstill_begins_when_they_last_agreed_and_keeps_its_beginning() -> None:
    watch = ClockWatch()
    assert watch.look(seen(0, 0)) is None
    assert watch.look(seen(10 + MOST_APART_S, 10)) is None
    expected = Standstill(NINE + timedelta(seconds=10), "3600 s ahead of the database's clock")
    assert expected == watch.look(seen(3620, 20))
    assert expected.starts_at == watch.look(seen(-5000, 30)).starts_at  # type: ignore[union-attr]
    assert watch.look(seen(40, 40)) is None


def test_clocks_that_never_agreed_disagree_from_the_first_sight_by_the_database_s() -> None:
    watch = ClockWatch()
    for database_s in (0, 10):
        found = watch.look(seen(-1e9, database_s))
        assert found is not None
        assert NINE == found.starts_at
        assert found.reason.endswith(" s behind the database's clock")


def fleet(behind_s: list[float], now_s: float = 0.0) -> FleetClock:
    """A fleet whose recorders' latest messages arrived so many seconds after their own time."""
    heard = FleetClock()
    for number, each in enumerate(behind_s):
        heard.hear(f"R{number}", each, now_s)
    return heard


def test_the_fleet_s_clock_is_the_median_of_what_each_recorder_said_last() -> None:
    assert 0.5 == fleet([0.5] * 12).ahead_s(0.0)
    assert 3600.4 == fleet([3600.4] * 7 + [1e9, -1e9, 0.1, 0.2, 0.3]).ahead_s(0.0)
    heard = fleet([0.5] * 12)
    for number in range(8):
        heard.hear(f"R{number}", -3600.0, 10.0)
    assert -3600.0 == heard.ahead_s(20.0)


def test_few_recorders_and_old_messages_are_no_fleet() -> None:
    assert fleet([3600.0] * 9).ahead_s(0.0) is None
    heard = fleet([3600.0] * 12, 100.0)
    assert 3600.0 == heard.ahead_s(220.0)
    assert heard.ahead_s(221.0) is None


@given(
    right=st.lists(st.floats(-30, 30), min_size=10, max_size=40),
    wrong=st.lists(st.floats(-1e10, 1e10), max_size=9),
    order=st.randoms(use_true_random=False),
)
def test_a_minority_of_wrong_clocks_never_makes_ours_wrong(
    right: list[float], wrong: list[float], order: random.Random
) -> None:
    told = [*right, *wrong]
    order.shuffle(told)
    ahead_s = fleet(told).ahead_s(0.0)
    assert ahead_s is not None
    assert abs(ahead_s) <= MOST_APART_S


def test_a_fleet_that_disagrees_is_a_standstill_although_the_database_agrees() -> None:
    watch = ClockWatch()
    assert watch.look(seen(0, 0), 0.4) is None
    found = watch.look(seen(3610, 3610), 3600.4)
    assert Standstill(NINE, "3600 s ahead of most recorders' clocks") == found
    found = watch.look(seen(3620, 20), 3600.4)
    assert Standstill(NINE, "3600 s ahead of the database's clock, 3600 s ahead of most recorders' clocks") == found
    assert watch.look(seen(30, 30), None) is None


def test_clocks_that_never_agreed_with_the_fleet_disagree_from_the_earliest_of_them() -> None:
    found = ClockWatch().look(seen(3600, 3600), 3600.0)
    assert found is not None
    assert NINE == found.starts_at
