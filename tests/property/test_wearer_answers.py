"""Whatever the facts say: one answer at a moment, nobody named where it is uncertain, and order never matters."""

from dataclasses import replace
from datetime import datetime, timedelta

from duty_scene import DAY, MIDNIGHT, facts, recorder
from hypothesis import assume, given
from hypothesis import strategies as st

from alerts.duty.on_duty import duty_times, officer_on_duty, recorder_on_duty
from alerts.duty.wearer import login_at, wearer, wearers_during, worn_by
from alerts.facts.known import KnownAssignment, KnownDuty, KnownExemption, KnownFacts, Login
from alerts.intervals import Interval, intersect, union

RECORDERS, OFFICERS = ("R1", "R2", "R9"), ("P1", "P2", "Q1", "P77")

moments = st.integers(0, 24).map(lambda hours: MIDNIGHT + timedelta(hours=hours))
recorders, officers = st.sampled_from(RECORDERS), st.sampled_from(OFFICERS)
spans = st.tuples(moments, moments).map(sorted)


@st.composite
def known_facts(draw: st.DrawFn) -> KnownFacts:
    assignments = [
        KnownAssignment(f"A{n}", r, o, s[0], draw(st.sampled_from([s[1], None])), reason)
        for n, (r, o, s, reason) in enumerate(
            draw(
                st.lists(
                    st.tuples(recorders, officers, spans, st.sampled_from(["daily", "spare", "swap", "joint"])),
                    max_size=5,
                )
            )
        )
    ]
    duties = [
        KnownDuty("shift" if len(team) == 1 else "activity", f"D{n}", tuple(team), r, s[0], s[1], kind)
        for n, (team, r, s, kind) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        st.lists(officers, min_size=1, max_size=2, unique=True),
                        st.none() | recorders,
                        spans,
                        st.sampled_from(["patrol", "campaign", "office"]),
                    ),
                    max_size=4,
                )
            )
        )
    ]
    logins = [
        Login(r, o, s[0], s[1])
        for r, o, s in draw(st.lists(st.tuples(recorders, st.none() | officers, spans), max_size=4))
    ]
    exemptions = [
        KnownExemption(f"E{n}", o, "squad" if o is None else None, s[0], s[1], "leave", "x")
        for n, (o, s) in enumerate(draw(st.lists(st.tuples(st.none() | officers, spans), max_size=2)))
    ]
    registers = [recorder(r, draw(st.none() | officers)) for r in RECORDERS]
    return facts(registers=registers, assignments=assignments, duties=duties, logins=logins, exemptions=exemptions)


@given(known_facts(), recorders, moments, st.none() | officers)
def test_somebody_is_named_exactly_where_there_is_no_doubt(
    known: KnownFacts, recorder_id: str, moment: datetime, login: str | None
) -> None:
    answer = wearer(recorder_id, moment, known, login)
    assert (answer.officer_id is None) == (answer.doubt is not None)
    if answer.officer_id is None:
        assert "squad" == answer.unit_id
    else:
        assert (answer.officer_id,) == answer.candidates
        assert answer.officer_id in known.officer
        assert login in {None, answer.officer_id}


@given(known_facts(), recorders, st.randoms(use_true_random=False))
def test_the_order_of_the_facts_never_matters(known: KnownFacts, recorder_id: str, random: object) -> None:
    def mixed(rows: object) -> list[object]:
        shuffled = list(rows)  # type: ignore[call-overload]
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        return shuffled

    other = replace(
        known, assignments=mixed(known.assignments), duties=mixed(known.duties), exemptions=mixed(known.exemptions)
    )
    assert wearers_during(recorder_id, DAY, known) == wearers_during(recorder_id, DAY, other)
    assert recorder_on_duty(recorder_id, DAY, known) == recorder_on_duty(recorder_id, DAY, other)


@given(known_facts(), recorders, moments)
def test_the_answer_over_time_is_the_answer_at_each_moment(
    known: KnownFacts, recorder_id: str, moment: datetime
) -> None:
    stretches = wearers_during(recorder_id, DAY, known)
    assert [DAY] == union([during for during, _ in stretches])
    here = [answer for during, answer in stretches if during.covers(moment)]
    expected = [wearer(recorder_id, moment, known, login_at(recorder_id, moment, known))] if DAY.covers(moment) else []
    assert expected == here


@given(known_facts(), officers, moments)
def test_an_officer_wore_exactly_what_he_was_a_candidate_for(
    known: KnownFacts, officer_id: str, moment: datetime
) -> None:
    worn = {w.recorder_id for w in worn_by(officer_id, DAY, known) if w.during.covers(moment)}
    could = {
        r
        for r in RECORDERS
        if DAY.covers(moment) and officer_id in wearer(r, moment, known, login_at(r, moment, known)).candidates
    }
    assert could == worn


@given(known_facts(), recorders, spans)
def test_what_is_asked_of_a_part_is_the_part_of_what_is_asked(
    known: KnownFacts, recorder_id: str, span: list[datetime]
) -> None:
    within = Interval(span[0], span[1])
    whole = duty_times(recorder_on_duty(recorder_id, DAY, known))
    assert intersect(whole, [within]) == duty_times(recorder_on_duty(recorder_id, within, known))


@given(known_facts(), officers)
def test_nobody_is_on_duty_in_an_exemption_or_outside_a_duty(known: KnownFacts, officer_id: str) -> None:
    on_duty = duty_times(officer_on_duty(officer_id, DAY, known))
    duties = [Interval(d.starts_at, d.ends_at or DAY.end) for d in known.duties if officer_id in d.officer_ids]
    own = [Interval(e.starts_at, e.ends_at) for e in known.exemptions if e.officer_id == officer_id]
    assert on_duty == intersect(on_duty, duties)
    assert [] == intersect(on_duty, own)


logins = st.builds(
    lambda recorder_id, officer_id, span: Login(recorder_id, officer_id, span[0], span[1]),
    recorders,
    st.none() | officers,
    spans,
)


@given(known_facts(), recorders, moments, logins)
def test_a_login_elsewhere_never_puts_another_in_somebodys_place(
    known: KnownFacts, recorder_id: str, moment: datetime, login: Login
) -> None:
    assume(recorder_id != login.recorder_id)
    claimed = replace(known, logins=[*known.logins, login])
    before, after = (wearer(recorder_id, moment, f, login_at(recorder_id, moment, f)) for f in (known, claimed))
    if before.officer_id is not None:
        assert after.officer_id in {before.officer_id, None}
