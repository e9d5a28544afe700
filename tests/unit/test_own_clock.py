"""Our clock is held to the database's: what one reading of it can't tell apart agrees, and a minute is a fault."""

from datetime import UTC, datetime, timedelta

import pytest

from telemetry.ingest.own_clock import MOST_APART_S, ClockWatch, Comparison
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
