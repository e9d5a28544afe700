"""A recorder whose message was rejected was heard: what of a gap is left as a silence."""

from datetime import timedelta

from duty_scene import at
from hypothesis import given
from hypothesis import strategies as st

from alerts.silences.cause_evidence import SharedLoss
from alerts.silences.rebuild import Gap, Heard, parts_unheard
from alerts.silences.standstill import Standstill, explained_by

LEAST = timedelta(seconds=90)


def gap(start: str, end: str | None, after: str | None = "b1") -> Gap:
    return Gap("R1", at(start), None if end is None else at(end), "b1", 7, after if end else None, 90 if end else None)


def heard(first: str, last: str | None = None, count: int = 1, boot: str | None = None) -> Heard:
    return Heard(at(first), at(last or first), count, boot)


def spans(parts: list[Gap]) -> list[tuple[str, str | None]]:
    return [(f"{p.since:%H:%M}", None if p.until is None else f"{p.until:%H:%M}") for p in parts]


def test_a_message_in_its_midst_makes_two_silences_of_one_gap() -> None:
    parts = parts_unheard(gap("10:00", "10:40"), [heard("10:20", boot="b2")], LEAST, at("11:00"))
    assert [("10:00", "10:20"), ("10:20", "10:40")] == spans(parts)
    assert ["b2", "b1"] == [p.boot_after for p in parts]


def test_messages_that_came_close_together_leave_no_silence_between_them() -> None:
    assert [] == parts_unheard(gap("10:00", "10:40"), [heard("10:01", "10:39", count=60)], LEAST, at("11:00"))


def test_of_one_that_came_again_much_later_nothing_between_is_known() -> None:
    parts = parts_unheard(gap("10:00", "10:40"), [heard("10:01", "10:39", count=2)], LEAST, at("11:00"))
    assert [("10:01", "10:39")] == spans(parts)


def test_a_gap_that_lasts_is_no_silence_while_messages_come() -> None:
    assert [] == parts_unheard(gap("10:00", None), [heard("10:01", "10:30", count=60)], LEAST, at("10:31"))
    assert [("10:30", None)] == spans(
        parts_unheard(gap("10:00", None), [heard("10:01", "10:30", count=60)], LEAST, at("10:40"))
    )


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30), st.integers(1, 40)), max_size=6))
def test_what_is_left_lies_in_the_gap_in_order_and_holds_no_message(told: list[tuple[int, int, int]]) -> None:
    known = [
        Heard(at("9:50") + timedelta(minutes=start), at("9:50") + timedelta(minutes=start + lasts), count, None)
        for start, lasts, count in told
    ]
    whole = gap("10:00", "10:40")
    parts = parts_unheard(whole, known, LEAST, at("11:00"))
    edges = [moment for part in parts for moment in (part.since, part.until or at("11:00"))]
    assert edges == sorted(edges)
    assert all(at("10:00") <= moment <= at("10:40") for moment in edges)
    inside = [m for each in known for m in (each.first_at, each.last_at)]
    assert [] == [m for m in inside for p in parts if p.since < m < (p.until or at("11:00"))]


def test_a_standstill_explains_who_would_have_spoken_in_it() -> None:
    stood = Standstill(at("10:00"), at("10:20"))
    told = {since: stood.explains(at(since), 30) for since in ("9:50", "9:59", "10:10", "10:21")}
    assert {"9:50": False, "9:59": True, "10:10": True, "10:21": False} == told
    assert stood.explains(at("9:50"), 300)


def test_of_standstills_that_follow_one_another_the_last_explains_longest() -> None:
    first, second = Standstill(at("10:00"), at("10:01")), Standstill(at("10:01"), None)
    assert second == explained_by([first, second], at("10:00"), 30)
    assert SharedLoss("platform_outage", 0, at("10:01"), None) == second.shared
