"""When a message was measured although its device's clock is wrong (domain.md, "Clock trouble")."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.domain.boot_clock import MAX_LATE, TOLERANCE, BootClock

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_a_right_clock_is_believed_to_the_microsecond() -> None:
    clock = BootClock()
    clock.observe_live(1, NOW - s(3), NOW, None)
    assert (NOW - s(3), True) == clock.place(1, NOW - s(3), NOW)


def test_a_backlog_of_a_right_clock_keeps_its_times() -> None:
    clock = BootClock()
    clock.observe_live(90, NOW, NOW, 5000)
    assert (NOW - s(3600), True) == clock.place(40, NOW - s(3600), NOW)


def test_a_live_message_in_1970_is_placed_at_its_arrival() -> None:
    clock = BootClock()
    clock.observe_live(1, EPOCH + s(10), NOW, None)
    assert (NOW, False) == clock.place(1, EPOCH + s(10), NOW)


def test_a_backlog_stamped_1970_keeps_its_distances_once_a_live_message_anchors_it() -> None:
    clock = BootClock()
    clock.observe_live(50, EPOCH + s(2000), NOW, 2000)
    placed = [clock.place(seq, EPOCH + s(up), NOW)[0] for seq, up in ((10, 500), (20, 1000), (30, 1500))]
    assert [NOW - s(1500), NOW - s(1000), NOW - s(500)] == placed


def test_a_clock_set_right_before_the_reconnect_is_anchored_by_uptime() -> None:
    clock = BootClock()
    clock.observe_live(50, NOW, NOW, 2000)
    clock.observe_stored(10, EPOCH + s(500), NOW, 500)
    assert (NOW - s(1500), False) == clock.place(10, EPOCH + s(500), NOW)
    assert (NOW - s(1400), False) == clock.place(12, EPOCH + s(600), NOW)
    assert (NOW, True) == clock.place(50, NOW, NOW)


def test_a_slow_clock_set_right_while_nobody_listened_is_told_by_the_uptime_of_its_backlog() -> None:
    clock, slow = BootClock(), s(1800)
    clock.observe_live(1, NOW - s(1200) - slow, NOW - s(1200), 100)
    clock.observe_live(40, NOW, NOW, 1300)
    clock.observe_stored(10, NOW - s(900) - slow, NOW, 400)
    clock.observe_stored(30, NOW - s(100), NOW, 1200)
    assert (NOW - s(900), False) == clock.place(10, NOW - s(900) - slow, NOW)
    assert (NOW - s(1000), False) == clock.place(9, NOW - s(1000) - slow, NOW)
    assert (NOW - s(100), True) == clock.place(30, NOW - s(100), NOW)


def test_a_clock_that_was_right_in_a_backlog_and_was_set_wrong_before_it_came_is_wrong() -> None:
    clock, slow = BootClock(), s(720)
    clock.observe_live(3, NOW - slow, NOW, 500)
    clock.observe_stored(2, NOW - s(1), NOW, 499)
    clock.observe_live(4, NOW - slow + s(60), NOW + s(60), 560)
    assert (NOW + s(60), False) == clock.place(4, NOW - slow + s(60), NOW + s(60))


def test_where_nothing_anchors_arrival_counts() -> None:
    assert (NOW, False) == BootClock().place(7, EPOCH + s(500), NOW)


def test_a_clock_two_hours_slow_is_found_by_its_live_messages() -> None:
    clock = BootClock()
    clock.observe_live(1, NOW - s(7200), NOW, None)
    assert (NOW - s(60), False) == clock.place(0, NOW - s(7260), NOW)


def test_a_late_message_after_punctual_ones_is_late_and_not_wrong() -> None:
    clock = BootClock()
    clock.observe_live(1, NOW - s(4000), NOW - s(4000), None)
    clock.observe_live(5, NOW - s(3000), NOW, None)
    assert clock.offset_s is None
    assert (NOW - s(3000), True) == clock.place(5, NOW - s(3000), NOW)


def test_a_clock_ahead_is_wrong_however_little_is_known() -> None:
    clock = BootClock()
    clock.observe_live(1, NOW + s(3600), NOW, None)
    assert (NOW, False) == clock.place(1, NOW + s(3600), NOW)


def test_a_correction_within_the_boot_parts_the_messages_by_seq() -> None:
    clock = BootClock()
    clock.observe_live(1, NOW - s(7200), NOW, None)
    clock.observe_live(3, NOW - s(7140), NOW + s(60), None)
    clock.observe_live(9, NOW + s(120), NOW + s(120), None)
    assert (NOW + s(30), False) == clock.place(1, NOW - s(7170), NOW + s(120))
    assert (NOW + s(120), True) == clock.place(9, NOW + s(120), NOW + s(120))


@pytest.mark.parametrize("stray", [NOW + s(3600), EPOCH, EPOCH + timedelta(days=129 * 365)])
@pytest.mark.parametrize("order", [(1, 2, 3), (2, 1, 3), (3, 2, 1), (2, 3, 1)])
def test_one_message_with_a_stray_time_among_right_ones_makes_no_clock_wrong(
    stray: datetime, order: tuple[int, ...]
) -> None:
    clock = BootClock()
    for seq in order:
        clock.observe_live(seq, stray if seq == 2 else NOW + s(seq), NOW + s(seq), None)
    assert (None, None) == (clock.offset_s, clock.wrong_to)


@pytest.mark.parametrize("cadence_s", [30, 60, 120, 300])
@pytest.mark.parametrize("batches", [1, 3])
def test_messages_that_were_held_up_and_come_at_once_make_no_clock_slow(cadence_s: int, batches: int) -> None:
    clock = BootClock()
    held = [(n, NOW - s(2400) + s(n * cadence_s)) for n in range(1800 // cadence_s)]
    for n in range(batches):
        part = held[n * len(held) // batches : (n + 1) * len(held) // batches]
        for seq, ts in part:
            clock.observe_live(seq, ts, NOW + s(seq % 20), seq * cadence_s)
        assert [(ts, True) for _, ts in part] == [clock.place(seq, ts, NOW + s(20)) for seq, ts in part]
    assert not clock.is_told_twice


def test_one_late_message_before_right_ones_makes_no_clock_slow() -> None:
    clock = BootClock()
    clock.observe_live(1, NOW + s(1), NOW + s(1), None)
    clock.observe_live(0, NOW, NOW + s(310), None)
    assert not clock.is_told_twice
    assert (NOW, True) == clock.place(0, NOW, NOW + s(310))


@pytest.mark.parametrize("offset", [s(400), s(7200), s(-7200), NOW - EPOCH])
def test_two_messages_a_minute_apart_tell_that_a_clock_is_wrong(offset: timedelta) -> None:
    clock = BootClock()
    for seq, after in enumerate((0, 1, 60, 61)):
        clock.observe_live(seq, NOW + s(after) - offset, NOW + s(after + seq), None)
        assert (seq > (1 if timedelta(0) < offset <= MAX_LATE else 0)) == clock.is_told_twice
    assert (NOW + s(30), False) == clock.place(2, NOW + s(30) - offset, NOW + s(70))


any_time = st.integers(-70 * 365, 229 * 365).map(lambda days: EPOCH + timedelta(days=days, seconds=days % 86_400))


@given(
    ts=any_time,
    live=any_time,
    uptime_s=st.none() | st.integers(0, 2**31 - 1),
    seq=st.integers(0, 10),
)
def test_no_clock_places_anything_outside_a_month_before_and_minutes_after_arrival(
    ts: datetime, live: datetime, uptime_s: int | None, seq: int
) -> None:
    clock = BootClock()
    clock.observe_live(5, live, NOW, uptime_s)
    clock.observe_stored(seq, ts, NOW, uptime_s)
    at, _ = clock.place(seq, ts, NOW)
    assert NOW - MAX_LATE <= at <= NOW + TOLERANCE
