"""What the broker counts as dropped is told as the time between the last sight of the old count and the new one."""

from datetime import UTC, datetime, timedelta

from telemetry.domain.topics import BROKER_DROPPED, BROKER_UPTIME
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.drops import DELIVERY, Count, Drop, DropWatch

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def uptime(seconds: float, *, retained: bool = False) -> Arrival:
    return Arrival(BROKER_UPTIME, b"10 seconds", after(seconds), retained=retained)


def count(dropped: int | str, seconds: float, *, retained: bool = False) -> Arrival:
    return Arrival(BROKER_DROPPED, str(dropped).encode(), after(seconds), retained=retained)


def test_a_drop_lies_between_the_look_before_and_the_one_that_counts_it() -> None:
    watch = DropWatch(None)
    assert [] == watch.hear([count(0, 0, retained=True), uptime(0, retained=True), uptime(10), uptime(20)])
    (drop,) = watch.hear([uptime(30), count(7, 30.1)])
    assert Drop(after(20) - DELIVERY, after(30.1), 7) == drop
    assert "dropped 7 messages" == drop.reason


def test_drops_that_follow_one_another_are_one_and_a_later_one_is_another() -> None:
    watch = DropWatch(Count(0, NINE))
    watch.hear([uptime(10), uptime(20), count(1, 20)])
    (longer,) = watch.hear([uptime(30), count(5, 30)])
    assert Drop(after(10) - DELIVERY, after(30), 5) == longer
    (later,) = watch.hear([uptime(40), uptime(50), uptime(60), count(6, 60)])
    assert Drop(after(50) - DELIVERY, after(60), 1) == later


def test_what_was_dropped_while_nobody_listened_began_when_somebody_last_did() -> None:
    watch = DropWatch(Count(4, NINE))
    assert [Drop(NINE - DELIVERY, after(3600), 6)] == watch.hear([count(10, 3600, retained=True)])
    assert Count(10, NINE) == watch.count, "what is retained doesn't say that it holds now"
    watch.hear([uptime(3605), uptime(3615)])
    assert Count(10, after(3605)) == watch.count


def test_the_first_count_ever_and_one_that_stays_the_same_tell_of_nothing() -> None:
    watch = DropWatch(None)
    assert [] == watch.hear([count(7, 0, retained=True), count(7, 1, retained=True), uptime(10)])


def test_a_broker_that_began_anew_has_dropped_what_it_counts_since() -> None:
    watch = DropWatch(Count(50, NINE))
    assert [] == watch.hear([count(0, 60, retained=True)])
    assert Count(0, NINE) == watch.count
    assert [3] == [drop.messages for drop in DropWatch(Count(50, NINE)).hear([count(3, 60, retained=True)])]


def test_what_is_no_count_is_nothing() -> None:
    watch = DropWatch(Count(1, NINE))
    assert [] == watch.hear([count("many", 5), count("-7", 6), count("9" * 40, 7), count("", 8)])
    assert Count(1, NINE) == watch.count
