"""A standstill of ours is told from a pause, with the moment at which ingest last worked for certain."""

from datetime import UTC, datetime, timedelta

import pytest

from telemetry.ingest.standstill import HUNG, LEAST_S, NOT_RUNNING, Standstill, StandstillWatch
from telemetry.ingest.worker import HELD_TOO_LONG_S, Progress

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def test_a_standstill_begins_when_it_last_worked_and_keeps_its_first_reason() -> None:
    watch = StandstillWatch(NINE, 100.0, None)
    watch.note_works(after(10), 110.0)
    assert watch.look(112.0, "lock") is None
    assert watch.look(110.0 + LEAST_S - 1, "lock") is None
    assert Standstill(after(10), "lock") == watch.look(110.0 + LEAST_S, "away")
    assert Standstill(after(10), "lock") == watch.look(500.0, None), "it is written down when it is over, too"
    watch.note_works(after(400), 500.0)
    assert watch.look(502.0, None) is None


def test_a_short_pause_is_none() -> None:
    watch = StandstillWatch(NINE, 100.0, None)
    watch.look(110.0, "away")
    assert watch.look(118.0, None) is None


def test_a_process_that_hung_between_two_reports_stood_still_although_it_saw_no_fault() -> None:
    watch = StandstillWatch(NINE, 100.0, None)
    watch.note_works(after(10), 110.0)
    assert watch.look(112.0, None) is None
    assert Standstill(after(10), HUNG) == watch.look(185.0, None)
    watch.note_works(after(85), 185.0)
    assert watch.look(187.0, None) is None


@pytest.mark.parametrize(("away_s", "expected"), [(3600, True), (5, False), (-60, False)])
def test_that_the_process_did_not_run_is_one(away_s: float, *, expected: bool) -> None:
    watch = StandstillWatch(NINE, 0.0, NINE - timedelta(seconds=away_s))
    found = watch.look(1.0, None)
    assert (Standstill(after(-away_s), NOT_RUNNING) if expected else None) == found


def test_who_holds_a_message_too_long_does_not_work() -> None:
    progress = Progress(connected=True, holding_s=10.0)
    assert progress.why_not_working(10.0 + HELD_TOO_LONG_S) is None
    progress.database_fault = "no space left"
    assert "nothing stored for 30 s (no space left)" == progress.why_not_working(40.0)
    progress.holding_s = None
    assert progress.why_not_working(40.0) is None
    progress.connected, progress.fault = False, "login refused"
    assert "login refused" == progress.why_not_working(40.0)
