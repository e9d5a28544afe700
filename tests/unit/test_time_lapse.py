"""The clock of a day told in minutes: it begins in the past, runs fast, waits, and becomes the wall's."""

from datetime import UTC, datetime, timedelta

from telemetry.domain.clock import TimeLapse

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class _Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


def test_it_runs_as_many_times_as_fast_as_it_is_told_to() -> None:
    clock = TimeLapse(NOON - timedelta(hours=2), 60, _Wall())
    clock.advance(1.5)
    assert NOON - timedelta(hours=2) + timedelta(seconds=90) == clock.now()
    assert 60 == clock.speed


def test_it_stands_still_until_it_is_told_that_time_has_passed() -> None:
    wall = _Wall()
    clock = TimeLapse(NOON - timedelta(hours=2), 60, wall)
    wall.at += timedelta(seconds=30)
    assert NOON - timedelta(hours=2) == clock.now()


def test_it_is_the_wall_clock_once_it_has_caught_up_and_never_ran_past_it_by_more_than_a_step() -> None:
    wall = _Wall()
    clock = TimeLapse(NOON - timedelta(minutes=1), 60, wall)
    clock.advance(1.0)
    assert clock.is_live
    assert 1 == clock.speed
    wall.at += timedelta(seconds=5)
    assert wall.at == clock.now()
    clock.advance(100.0)
    assert wall.at == clock.now()


def test_it_never_goes_back_where_its_last_step_was_too_long() -> None:
    clock = TimeLapse(NOON - timedelta(seconds=10), 60, _Wall())
    clock.advance(1.0)
    assert NOON + timedelta(seconds=50) == clock.now()


def test_who_follows_behind_it_is_up_to_date_once_it_is_live() -> None:
    clock = TimeLapse(NOON - timedelta(minutes=2), 60, _Wall())
    behind = clock.behind(timedelta(seconds=60))
    assert NOON - timedelta(minutes=3) == behind()
    clock.advance(2.0)
    assert NOON == behind()


def test_milliseconds_are_those_of_the_time() -> None:
    assert int(NOON.timestamp() * 1000) == TimeLapse(NOON, 2, lambda: NOON + timedelta(days=1)).now_ms()
