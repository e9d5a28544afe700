"""No rule reads a fact before it could be known: whatever is written when, in whatever portions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from facts_scene import fact
from hypothesis import given
from hypothesis import strategies as st

from alerts.facts.fields import Fact
from alerts.facts.versions import (
    START_OF_FILE,
    Mark,
    Slice,
    Version,
    counts_from,
    new_writings,
    next_version,
    settle,
    write,
)

START = datetime(2026, 3, 2, tzinfo=UTC)
hours = st.integers(0, 48).map(lambda h: START + timedelta(hours=h))
maybe = st.none() | hours


def iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


KINDS = ("phone_footage", "fault_reports", "exemptions", "assignments", "activities")


@st.composite
def writings(draw: st.DrawFn, kinds: tuple[str, ...] = KINDS) -> Fact:
    more: dict[str, Any] = {"entered_at": iso(draw(maybe)), "cancelled_at": iso(draw(maybe))}
    match draw(st.sampled_from(kinds)):
        case "phone_footage":
            more |= {"uploaded_at": iso(draw(maybe)), "delivered_at": iso(draw(maybe)), "recorded_at": iso(draw(hours))}
            return fact("phone_footage", **more)
        case "fault_reports":
            more |= {"repair_at": iso(draw(maybe)), "resolved_at": iso(draw(maybe)), "reported_at": iso(draw(hours))}
            return fact("fault_reports", **more)
        case "exemptions":
            starts_at = draw(hours)
            ends_at = starts_at + timedelta(hours=draw(st.integers(1, 9)))
            return fact("exemptions", **more, starts_at=iso(starts_at), ends_at=iso(ends_at))
        case "assignments":
            return fact(
                "assignments",
                **more,
                starts_at=iso(START),
                ends_at=iso(draw(maybe)),
                officer_id="P" + draw(st.sampled_from("12")),
            )
        case _:
            return fact("activities", **more, starts_at=iso(START), ends_at=iso(draw(maybe)))


marks = st.lists(
    st.builds(Mark, st.integers(1, 4), st.integers(0, 2), hours, st.none()),
    max_size=8,
    unique_by=lambda mark: (mark.version, mark.slice),
)
"""Slices of one fact; the cancellation is the version's, so one is drawn for each version in the tests."""


def cancelled(found: list[Mark], ends: list[datetime | None]) -> list[Mark]:
    return [Mark(m.version, m.slice, m.known_from, ends[m.version]) for m in found]


def in_force(found: list[Mark], moment: datetime) -> list[Mark]:
    known = zip(found, settle(found), strict=True)
    return [mark for mark, known_to in known if mark.known_from <= moment and (known_to is None or moment < known_to)]


@given(marks, st.lists(maybe, min_size=5, max_size=5), hours)
def test_at_most_one_slice_is_in_force(found: list[Mark], ends: list[datetime | None], moment: datetime) -> None:
    assert len(in_force(cancelled(found, ends), moment)) <= 1


@given(marks, st.lists(maybe, min_size=5, max_size=5), hours)
def test_what_comes_later_changes_nothing_that_was_known(
    found: list[Mark], ends: list[datetime | None], moment: datetime
) -> None:
    found = cancelled(found, ends)
    begun = {m.version for m in found if m.known_from <= moment}
    # What a version that has begun says later is known to be coming; other versions are not.
    by_then = [m for m in found if m.version in begun]
    assert in_force(found, moment) == in_force(by_then, moment)


@given(marks, st.randoms(use_true_random=False), hours)
def test_the_order_in_which_slices_are_read_does_not_matter(found: list[Mark], random: Any, moment: datetime) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert in_force(found, moment) == in_force(shuffled, moment)


@given(writings())
def test_a_backtest_knows_nothing_before_its_time(written: Fact) -> None:
    version = next_version(1, None, write(written), START_OF_FILE, approve=False)
    for piece in version.slices:
        assert piece.known_from >= (counts_from(written) or START_OF_FILE)
        for name in ("uploaded_at", "delivered_at", "repair_at", "resolved_at"):
            moment = getattr(piece.fact, name, None)
            assert moment is None or moment <= piece.known_from


@given(writings(), hours)
def test_live_nothing_is_known_before_it_was_loaded(written: Fact, now: datetime) -> None:
    version = next_version(1, None, write(written), now, approve=True)
    assert all(piece.known_from >= now for piece in version.slices)


@given(writings(), hours)
def test_what_waits_for_approval_says_nothing_of_the_time_before_its_entry(written: Fact, now: datetime) -> None:
    version = next_version(1, None, write(written), now, approve=True)
    if version.needs_approval:
        for piece in version.slices:
            starts_at = getattr(piece.fact, "starts_at", None) or piece.fact.reported_at  # type: ignore[attr-defined]
            assert starts_at >= now


def _facts_in_force(versions: list[Version], moment: datetime) -> list[Fact]:
    pieces: list[tuple[Mark, Slice]] = [
        (Mark(v.number, number, piece.known_from, v.writing.fact.cancelled_at), piece)
        for v in versions
        for number, piece in enumerate(v.slices)
    ]
    ends = settle([mark for mark, _ in pieces])
    return [
        piece.fact
        for (_, piece), known_to in zip(pieces, ends, strict=True)
        if piece.known_from <= moment and (known_to is None or moment < known_to)
    ]


@given(st.lists(writings(("activities",)), min_size=1, max_size=4), hours)
def test_a_file_cut_off_at_a_moment_says_the_same_up_to_it(written: list[Fact], moment: datetime) -> None:
    def known(of: list[Fact]) -> list[Fact]:
        versions = [
            next_version(number, None, write(one), START_OF_FILE, approve=False) for number, one in enumerate(of, 1)
        ]
        return _facts_in_force(versions, moment)

    by_then = [one for one in written if (counts_from(one) or START_OF_FILE) <= moment]
    assert known(by_then) == known(written)


@given(st.lists(st.sampled_from("abc"), max_size=5), st.lists(st.sampled_from("abc"), max_size=5))
def test_writing_a_file_twice_adds_nothing_twice(stored: list[str], letters: list[str]) -> None:
    texts = {letter: write(fact("activities", case_no=letter)) for letter in "abc"}
    file = [texts[letter] for letter in letters]
    digests = [texts[letter].digest for letter in stored]
    once = digests + [writing.digest for writing in new_writings(file, digests)]
    assert [] == list(new_writings(file, once))
    if file:
        assert file[-1].digest == once[-1]
