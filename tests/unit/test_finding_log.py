"""What was said before and what is said now: which of both are one conduct, and under which key."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from duty_scene import at
from hypothesis import given
from hypothesis import strategies as st

from alerts.evaluation.finding_log import Remembered, reconcile_keys
from alerts.finding import Evidence, Finding, Look, Scoped, Standing, Subject

RULE, SCOPE = "sim-removed", "R1"


def finding(start: str, end: str | None = None, *, key: str | None = None, standing: Standing = "holds") -> Finding:
    ends_at = None if end is None else at(end)
    subject = Subject("squad", SCOPE)
    name, evidence = key or f"R1|{start}", Evidence("示例。")
    return Finding(name, subject, at(start), ends_at, "probable", "check", standing, evidence, rule=RULE)


def said_before(
    start: str, end: str | None, detected: str, *, key: str | None = None, standing: str = "holds", scope: str = SCOPE
) -> Remembered:
    content = {
        "confidence": "suspected",
        "weight": "check",
        "cause": None,
        "parameters": {},
        "subject": {"unit_id": "squad", "recorder_id": SCOPE},
    }
    ends_at = None if end is None else at(end)
    return Remembered(RULE, key or f"R1|{start}", scope, at(start), ends_at, standing, content, "", at(detected))


def keys(
    found: Sequence[Finding], before: Sequence[Remembered], now: str = "18:00", *, looked: bool = True
) -> dict[str, tuple[datetime, Standing]]:
    known: dict[tuple[str, str], list[Remembered]] = {}
    for old in before:
        known.setdefault((old.rule, old.scope), []).append(old)
    looks = [Look(RULE, SCOPE, at("0:00"), at(now))] if looked else []
    handed_on, _ = reconcile_keys([Scoped(SCOPE, f) for f in found], looks, known, at(now))
    return {f.key: (f.starts_at, f.standing) for f in handed_on}


def test_a_conduct_that_two_looks_say_in_one_tick_is_said_once() -> None:
    twice = [Scoped(SCOPE, finding("10:00")), Scoped(SCOPE, finding("10:00", "10:30"))]
    handed_on, rows = reconcile_keys(twice, [], {}, at("11:00"))
    assert ([at("10:30")], 1) == ([f.ends_at for f in handed_on], len(rows))


def test_one_failure_in_two_shifts_is_an_incident_of_each() -> None:
    both = [Scoped("S1", finding("10:00")), Scoped("S2", finding("10:00"))]
    handed_on, rows = reconcile_keys(both, [], {}, at("11:00"))
    assert (2, 2) == (len({f.key for f in handed_on}), len({row[1] for row in rows}))


def test_the_second_of_them_keeps_its_key_in_later_ticks() -> None:
    first, second = reconcile_keys(
        [Scoped("S1", finding("10:00")), Scoped("S2", finding("10:00"))], [], {}, at("11:00")
    )[0]
    old = [
        said_before("10:00", None, "11:00", key=first.key, scope="S1"),
        said_before("10:00", None, "11:00", key=second.key, scope="S2"),
    ]
    known = {(RULE, o.scope): [o] for o in old}
    again, _ = reconcile_keys(
        [Scoped("S2", finding("10:00"))], [Look(RULE, "S2", at("9:00"), at("12:00"))], known, at("12:00")
    )
    assert [second.key] == [f.key for f in again]


def test_a_conduct_whose_beginning_moves_keeps_its_key() -> None:
    assert {"R1|10:00": (at("10:01"), "holds")} == keys([finding("10:01")], [said_before("10:00", None, "10:10")])


def test_a_later_conduct_is_not_the_suspicion_that_was_withdrawn() -> None:
    old = said_before("10:00", None, "10:10", standing="withdrawn")
    assert {"R1|15:00": (at("15:00"), "holds")} == keys([finding("15:00")], [old])


def test_a_later_conduct_is_not_the_suspicion_that_ran_until_this_tick() -> None:
    found = keys([finding("15:00")], [said_before("10:00", None, "10:10")])
    assert {"R1|15:00": (at("15:00"), "holds"), "R1|10:00": (at("10:00"), "withdrawn")} == found


def test_a_withdrawn_conduct_that_is_found_after_all_is_the_same_one() -> None:
    old = said_before("10:00", "10:30", "10:10", standing="withdrawn")
    assert {"R1|10:00": (at("10:05"), "holds")} == keys([finding("10:05", "10:20")], [old])


def test_an_activity_that_is_entered_for_a_later_time_is_another_conduct_under_another_key() -> None:
    old = said_before("10:00", "10:30", "11:00", key="A1", standing="withdrawn")
    ((key, (starts_at, _)),) = keys([finding("14:00", "14:30", key="A1")], [old]).items()
    assert (True, at("14:00")) == (key != "A1", starts_at)


def test_what_is_said_ahead_of_its_time_begins_when_it_is_said() -> None:
    ahead = finding("20:00", "23:00", key="R1|S1")
    assert {"R1|S1": (at("18:00"), "holds")} == keys([ahead], [])
    old = said_before("18:00", "23:00", "18:00", key="R1|S1")
    assert {"R1|S1": (at("18:00"), "holds")} == keys([ahead], [old], "21:00")


_TIMES = st.integers(0, 40).map(lambda n: at("9:00") + n * timedelta(minutes=10))


@given(
    said=st.lists(st.tuples(st.sampled_from(["S1", "S2"]), st.integers(0, 3), _TIMES, st.none() | _TIMES), max_size=6),
    old=st.lists(
        st.tuples(st.integers(0, 3), _TIMES, st.none() | _TIMES, _TIMES, st.sampled_from(["holds", "withdrawn"])),
        max_size=4,
        unique_by=lambda each: each[0],
    ),
)
def test_a_tick_writes_each_key_once_and_no_period_begins_after_its_detection(
    said: list[tuple[str, int, datetime, datetime | None]],
    old: list[tuple[int, datetime, datetime | None, datetime, str]],
) -> None:
    now = at("16:00")
    before = [
        replace(
            said_before("9:00", None, "9:00", key=f"k{n}", standing=standing, scope="S1"), starts_at=start, ends_at=end
        )
        for n, start, end, _, standing in old
    ]
    before = [replace(b, said_at=max(b.starts_at, each[3])) for b, each in zip(before, old, strict=True)]
    scoped = [
        Scoped(scope, replace(finding("9:00", key=f"k{n}"), starts_at=start, ends_at=end))
        for scope, n, start, end in said
    ]
    looks = [Look(RULE, scope, at("0:00"), now) for scope in ("S1", "S2")]
    handed_on, rows = reconcile_keys(scoped, looks, {(RULE, "S1"): before}, now)
    assert len(rows) == len({row[:2] for row in rows})
    assert len(handed_on) == len({f.key for f in handed_on})
    detected = {b.key: b.said_at for b in before}
    assert [] == [f.key for f in handed_on if f.starts_at > (detected.get(f.key) or now)]
