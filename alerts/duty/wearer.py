"""Who had a recorder at a moment, and which recorders an officer had; pure. Every rule asks this before naming anybody.

An assignment, or the `recorder_id` of a shift or activity, decides; a login that contradicts it makes the wearer
uncertain. With neither, login and holder must agree if both exist. A login is a claim: it names nobody who has another
recorder, is logged in elsewhere or was recorded elsewhere at the time. Some hand-outs must be confirmed first
(`KnownAssignment.names_at`). If the wearer is uncertain, the subject is the unit and nobody is named: a right finding
about the wrong person is a wrong finding (domain.md, "wearer").
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal

from alerts.facts.known import KnownAssignment, KnownDuty, KnownFacts, Login
from alerts.intervals import Interval, clip, union
from telemetry.vocabulary import texts

Doubt = Literal[
    "login_contradicts",
    "facts_contradict",
    "several_assigned",
    "assigned_elsewhere",
    "login_and_holder_differ",
    "handout_unconfirmed",
    "login_disputed",
    "unknown_officer",
    "nobody",
]
DOUBTS: Final = texts("wearer_doubt")
"""Why nobody is named, in Chinese."""
REPLACES: Final = frozenset({"spare", "swap"})
"""Reasons of a hand-out that replaces what its officer, and the recorder's previous officer, had before."""
_MOMENT: Final = timedelta(microseconds=1)
_STALE_AFTER: Final = timedelta(hours=12)
"""Longer than any shift, and than any stay of a recorder in a garage."""
_HEARD_WITHIN: Final = timedelta(minutes=5)
"""A recorder heard within this time is on: heartbeats come at least every five minutes."""


@dataclass(frozen=True, slots=True)
class Wearer:
    """Who had a recorder: `officer_id` if certain, else None with the `doubt` and the candidates.

    `unit_id` is the named officer's unit, else the recorder's. `basis` lists what decided: facts (`assignments/A17`),
    `login` or `holder`.
    """

    officer_id: str | None
    unit_id: str | None
    candidates: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Worn:
    """A period in which an officer had, or may have had, a recorder."""

    recorder_id: str
    during: Interval
    is_certain: bool


@dataclass(frozen=True, slots=True)
class _Question:
    """The question who had `recorder_id` at `moment`, with `login` logged in on it."""

    recorder_id: str
    moment: datetime
    facts: KnownFacts
    login: str | None


def wearer(recorder_id: str, moment: datetime, facts: KnownFacts, login: str | None) -> Wearer:
    """Who had *recorder_id* at *moment*; *login* is the officer logged in on it then, or None."""
    question = _Question(recorder_id, moment, facts, login)
    if login is not None and _is_stale(login, question) and _is_busy_elsewhere(login, question):
        question, login = replace(question, login=None), None
    assigned, moved_on = _assigned(question)
    named = _named_by_duties(question)
    if assigned or named:
        return _decided(question, assigned, named)
    register = facts.recorder_at(recorder_id, moment)
    holder_id = None if register is None else register.holder_id
    if login is None and holder_id is not None and (moved_on or _is_busy_elsewhere(holder_id, question)):
        holder_id = None
    if login is not None and holder_id is not None and login != holder_id:
        return _uncertain(question, (login, holder_id), "login_and_holder_differ")
    officer_id = login or holder_id
    if officer_id is None:
        return _uncertain(question, (), "nobody")
    basis = tuple(word for word, who in (("login", login), ("holder", holder_id)) if who is not None)
    if login is not None and _is_disputed(login, question, is_holder=holder_id is not None):
        return _uncertain(question, (login,), "login_disputed", basis)
    if login is None and _awaits_confirmation(officer_id, question):
        return _uncertain(question, (officer_id,), "handout_unconfirmed", basis)
    return _named(question, officer_id, basis)


def wearers_during(recorder_id: str, within: Interval, facts: KnownFacts) -> list[tuple[Interval, Wearer]]:
    """Who had *recorder_id* over *within*, as consecutive periods with one answer each; logins come from *facts*."""
    if not within.length:
        return []
    stretches: list[tuple[Interval, Wearer]] = []
    turning = facts.once(_turning_points, recorder_id)
    inside = turning[bisect_right(turning, within.start) : bisect_left(turning, within.end)]
    for start, end in pairwise([within.start, *inside, within.end]):
        answer = facts.once(_wearer_at, recorder_id, start)
        if stretches and stretches[-1][1] == answer:
            stretches[-1] = (Interval(stretches[-1][0].start, end), answer)
        else:
            stretches.append((Interval(start, end), answer))
    return stretches


def worn_by(officer_id: str, within: Interval, facts: KnownFacts) -> list[Worn]:
    """Every recorder that *officer_id* had or may have had in *within*.

    To ask what he recorded use all of them, which favours him; to name him use only the certain ones.
    """
    worn: list[Worn] = []
    for recorder_id in sorted(_possible_recorders(officer_id, facts)):
        stretches = wearers_during(recorder_id, within, facts)
        certain = [during for during, answer in stretches if answer.officer_id == officer_id]
        possible = [
            during for during, answer in stretches if answer.officer_id is None and officer_id in answer.candidates
        ]
        worn += [Worn(recorder_id, during, is_certain=True) for during in union(certain)]
        worn += [Worn(recorder_id, during, is_certain=False) for during in union(possible)]
    return worn


def team_wore(duty: KnownDuty, within: Interval, facts: KnownFacts) -> list[Worn]:
    """Every recorder whose recordings count for *duty*: those of its team, and the one that the duty names.

    The named recorder doesn't count while somebody outside the team certainly had it.
    """
    during = clip(duty.starts_at, duty.ends_at, within)
    worn = [found for officer_id in duty.officer_ids for found in worn_by(officer_id, during, facts)]
    if duty.recorder_id is not None and during.length:
        for stretch, answer in wearers_during(duty.recorder_id, during, facts):
            if answer.officer_id is None and not set(duty.officer_ids) & set(answer.candidates):
                worn.append(Worn(duty.recorder_id, stretch, is_certain=False))
    return worn


def login_at(recorder_id: str, moment: datetime, facts: KnownFacts) -> str | None:
    """The officer logged in on *recorder_id* at *moment*; if logins overlap, the latest one."""
    for login in reversed(facts.logins_of_recorder.get(recorder_id, [])):
        if login.covers(moment):
            return login.officer_id
    return None


def current_assignments(officer_id: str, moment: datetime, facts: KnownFacts) -> list[KnownAssignment]:
    """The current assignments of *officer_id*: all, or only the latest spare or swap, which replaces the rest.

    A spare or swap that he hasn't confirmed replaces nothing yet.
    """
    held = [a for a in facts.assignments_of_officer.get(officer_id, []) if a.covers(moment)]
    replacing = [a for a in held if _replaces(a, moment)]
    if not replacing:
        return held
    latest = max(a.starts_at for a in replacing)
    return [a for a in replacing if a.starts_at == latest]


def _assigned(question: _Question) -> tuple[list[KnownAssignment], bool]:
    """The assignments that decide, and whether a spare or swap has replaced all of them."""
    facts, moment = question.facts, question.moment
    covering = [a for a in facts.assignments_of_recorder.get(question.recorder_id, []) if a.covers(moment)]
    current = [a for a in covering if a in current_assignments(a.officer_id, moment, facts)]
    replacing = [a for a in current if _replaces(a, moment)]
    return replacing or current, bool(covering) and not current


def _named_by_duties(question: _Question) -> list[KnownDuty]:
    """The duties that name the recorder, without those whose officer has since received a spare."""
    naming = [d for d in question.facts.duties_of_recorder.get(question.recorder_id, []) if d.covers(question.moment)]
    return [d for d in naming if not _has_replacement(d.officer_id, question)]


def _has_replacement(officer_id: str, question: _Question) -> bool:
    current = current_assignments(officer_id, question.moment, question.facts)
    replacing = any(_replaces(a, question.moment) for a in current)
    return replacing and all(a.recorder_id != question.recorder_id for a in current)


def _replaces(assignment: KnownAssignment, moment: datetime) -> bool:
    return assignment.reason in REPLACES and assignment.names_at(moment)


def _is_busy_elsewhere(officer_id: str, question: _Question) -> bool:
    """Whether his assignments, or else his duties, give him another recorder instead of this one."""
    recorder_id, moment, facts = question.recorder_id, question.moment, question.facts
    held = [a for a in current_assignments(officer_id, moment, facts) if a.names_at(moment)]
    if held:
        return all(a.recorder_id != recorder_id for a in held)
    duties = facts.duties_of_officer.get(officer_id, [])
    return any(
        d.recorder_id not in {None, recorder_id} and d.covers(moment) and _meant_by(d, moment, facts) == officer_id
        for d in duties
    )


def _awaits_confirmation(officer_id: str, question: _Question) -> bool:
    """Whether he has an unconfirmed hand-out of another recorder, so that it is unknown which one he uses."""
    return any(
        a.covers(question.moment) and a.recorder_id != question.recorder_id and not a.names_at(question.moment)
        for a in question.facts.assignments_of_officer.get(officer_id, [])
    )


def _is_disputed(officer_id: str, question: _Question, *, is_holder: bool) -> bool:
    """Whether a login of *officer_id* is void: he has, is logged in on, recorded on or has switched on another recorder.

    The recorder's own holder isn't doubted just because somebody logs in as him elsewhere.
    """
    if _is_busy_elsewhere(officer_id, question):
        return True
    if is_holder:
        return False
    moment, facts = question.moment, question.facts
    here = [g for g in facts.logins_of_recorder.get(question.recorder_id, []) if g.officer_id == officer_id]
    during = [Interval(g.starts_at, g.ends_at or moment + _MOMENT) for g in here if g.covers(moment)]
    held = facts.recorders_held.get(officer_id, frozenset()) - {question.recorder_id}
    return (
        any(
            login.recorder_id != question.recorder_id and _is_alive(login, moment)
            for login in facts.logins_of_officer.get(officer_id, [])
        )
        or any(
            recorder_id in held and any(stretch.overlaps(one) for one in during)
            for recorder_id, stretch in facts.recordings
        )
        or any(
            recorder_id in held
            and stretch.start <= moment <= stretch.end + _HEARD_WITHIN
            and _is_nobody_elses(recorder_id, officer_id, question)
            for recorder_id, stretch in facts.used
        )
    )


def _is_nobody_elses(recorder_id: str, officer_id: str, question: _Question) -> bool:
    """Whether neither an assignment nor a login gives a recorder in his care to somebody else."""
    facts, moment = question.facts, question.moment
    assigned = [a.officer_id for a in facts.assignments_of_recorder.get(recorder_id, []) if a.covers(moment)]
    return {officer_id, None} >= {*assigned, login_at(recorder_id, moment, facts)}


def _is_stale(officer_id: str, question: _Question) -> bool:
    """Whether the recorder has been off for long. Its login then doesn't count if the officer has another recorder."""
    here = [g for g in question.facts.logins_of_recorder.get(question.recorder_id, []) if g.covers(question.moment)]
    return any(
        g.officer_id == officer_id and g.heard_to is not None and g.heard_to + _STALE_AFTER < question.moment
        for g in here
    )


def _is_alive(login: Login, moment: datetime) -> bool:
    return login.covers(moment) and (login.heard_to is None or moment <= login.heard_to + _HEARD_WITHIN)


def _decided(question: _Question, assigned: list[KnownAssignment], named: list[KnownDuty]) -> Wearer:
    """Decide by assignment or duty; uncertain if they, or the login, contradict each other."""
    if any(_replaces(a, question.moment) for a in assigned):
        # The roster is older than the swap.
        named = [d for d in named if d.officer_id in {a.officer_id for a in assigned}]
    by_assignment = {a.officer_id for a in assigned}
    by_duty = _named_officers(question, named, by_assignment)
    officers = sorted(by_assignment | by_duty)
    basis = (
        *(f"assignments/{a.assignment_id}" for a in assigned),
        *(f"{'shifts' if d.kind == 'shift' else 'activities'}/{d.duty_id}" for d in named),
    )
    doubt: Doubt | None = None
    if len(officers) > 1:
        doubt = "facts_contradict" if by_assignment and by_duty - by_assignment else "several_assigned"
    elif not by_assignment and _is_busy_elsewhere(officers[0], question):
        doubt = "assigned_elsewhere"
    elif question.login not in {None, officers[0]}:
        doubt = "login_contradicts"
    elif question.login is None and not _is_confirmed(officers[0], question, assigned, named):
        doubt = "handout_unconfirmed"
    if doubt is None:
        return _named(question, officers[0], basis)
    candidates = officers if question.login is None else [*officers, question.login]
    return _uncertain(question, candidates, doubt, basis)


def _is_confirmed(
    officer_id: str, question: _Question, assigned: list[KnownAssignment], named: list[KnownDuty]
) -> bool:
    """Whether the hand-out to the officer is confirmed, and he has no unconfirmed hand-out of another recorder."""
    stands = bool(named) or any(a.names_at(question.moment) for a in assigned)
    return stands and not _awaits_confirmation(officer_id, question)


def _named_officers(question: _Question, named: list[KnownDuty], by_assignment: set[str]) -> set[str]:
    """The officers whom the duties mean; an activity means any team member whom an assignment or shift names."""
    by_shift = {d.officer_id for d in named if d.kind == "shift"}
    otherwise = by_assignment | by_shift
    activities = [d for d in named if d.kind == "activity" and not otherwise & set(d.officer_ids)]
    return by_shift | {_meant_by(d, question.moment, question.facts) for d in activities}


def _meant_by(duty: KnownDuty, moment: datetime, facts: KnownFacts) -> str:
    """The team member whom a duty means: whoever is logged in on its recorder, else its holder, else the first."""
    if duty.recorder_id is not None and len(duty.officer_ids) > 1:
        register = facts.recorder_at(duty.recorder_id, moment)
        for who in (login_at(duty.recorder_id, moment, facts), register.holder_id if register else None):
            if who is not None and who in duty.officer_ids:
                return who
    return duty.officer_id


def _named(question: _Question, officer_id: str, basis: tuple[str, ...]) -> Wearer:
    unit_id = question.facts.unit_of_officer(officer_id, question.moment)
    if unit_id is None:
        return _uncertain(question, (officer_id,), "unknown_officer", basis)
    return Wearer(officer_id, unit_id, (officer_id,), basis)


def _uncertain(question: _Question, candidates: Iterable[str], doubt: Doubt, basis: tuple[str, ...] = ()) -> Wearer:
    register = question.facts.recorder_at(question.recorder_id, question.moment)
    unit_id = None if register is None else register.unit_id
    return Wearer(None, unit_id, tuple(sorted(set(candidates))), basis, doubt)


def _possible_recorders(officer_id: str, facts: KnownFacts) -> set[str]:
    return {
        *(a.recorder_id for a in facts.assignments_of_officer.get(officer_id, [])),
        *(d.recorder_id for d in facts.duties_of_officer.get(officer_id, []) if d.recorder_id is not None),
        *(login.recorder_id for login in facts.logins_of_officer.get(officer_id, [])),
        *facts.recorders_held.get(officer_id, frozenset()),
    }


def _wearer_at(facts: KnownFacts, recorder_id: str, moment: datetime) -> Wearer:
    return wearer(recorder_id, moment, facts, login_at(recorder_id, moment, facts))


def _turning_points(facts: KnownFacts, recorder_id: str) -> list[datetime]:
    """All moments at which the answer can change, in order."""
    assignments = facts.assignments_of_recorder.get(recorder_id, [])
    duties = facts.duties_of_recorder.get(recorder_id, [])
    logins = facts.logins_of_recorder.get(recorder_id, [])
    register = facts.recorders_by_id.get(recorder_id, [])
    people = {
        *(a.officer_id for a in assignments),
        *(d.officer_id for d in duties),
        *(r.holder_id for r in register if r.holder_id is not None),
        *(login.officer_id for login in logins if login.officer_id is not None),
    }
    held = {recorder_id for person in people for recorder_id in facts.recorders_held.get(person, ())}
    used = [(own_id, stretch) for own_id, stretch in facts.used if own_id in held]
    own = sorted({own_id for own_id, _ in used})
    rows: list[Sequence[KnownAssignment] | Sequence[KnownDuty]] = [assignments, duties]
    rows += [facts.assignments_of_recorder.get(own_id, []) for own_id in own]
    rows += [facts.assignments_of_officer.get(person, []) for person in people]
    rows += [facts.duties_of_officer.get(person, []) for person in people]
    moments = {moment for some in rows for row in some for moment in (row.starts_at, row.ends_at)}
    claimed = [login for person in people for login in facts.logins_of_officer.get(person, [])]
    claimed += [login for own_id in own for login in facts.logins_of_recorder.get(own_id, [])]
    moments |= {moment for _, on in used for moment in (on.start, on.end + _HEARD_WITHIN + _MOMENT)}
    moments |= {moment for login in (*logins, *claimed) for moment in (login.starts_at, login.ends_at)}
    heard = [login.heard_to for login in (*logins, *claimed) if login.heard_to is not None]
    moments |= {at + after + _MOMENT for at in heard for after in (_HEARD_WITHIN, _STALE_AFTER)}
    handed = [*assignments, *(a for person in people for a in facts.assignments_of_officer.get(person, []))]
    moments |= {assignment.unconfirmed_to for assignment in handed}
    moments |= {moment for row in register for moment in (row.known_from, row.known_to)}
    return sorted(moment for moment in moments if moment is not None)
