"""recorder-lent: who is logged in belongs to another unit, or isn't the one the recorder was handed to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.facts.known import KnownAssignment, KnownDuty, KnownFacts, Login
from alerts.findings import Evidence, Finding, Subject
from alerts.intervals import Interval
from alerts.rules.rule import Rule, duration, span, thresholds_of
from alerts.wearer import wearers_during


@dataclass(frozen=True, slots=True)
class RecorderLent:
    """For how long somebody else is logged in (min)."""

    over_min: float = 10.0


RULE = Rule(
    id="recorder-lent",
    name="登录人与领用登记不符",
    clause="三(二)6",
    box="附件2 №6",
    weight="check",
    parameters=RecorderLent,
    sql="recorder_lent",
)


def judge(login: Login, ends_at: datetime, facts: KnownFacts, parameters: RecorderLent) -> Finding | None:
    """One login that is heard of up to *ends_at*; None where it is in order, short, or of somebody unknown."""
    during = Interval(login.starts_at, ends_at)
    officer_id = login.officer_id or ""
    unit_id = facts.unit_of_officer(officer_id, login.starts_at)
    register = facts.recorder_at(login.recorder_id, login.starts_at)
    if unit_id is None or register is None or during.length <= timedelta(minutes=parameters.over_min):
        return None
    covering = [
        a
        for a in facts.assignments_of_recorder.get(login.recorder_id, [])
        if a.starts_at < during.end and (a.ends_at is None or a.ends_at > during.start)
    ]
    others = sorted({a.officer_id for a in covering} - {officer_id})
    is_foreign = not facts.are_in_line(unit_id, register.unit_id)
    if not (others or is_foreign) or _is_in_order(officer_id, login.recorder_id, during, covering, facts):
        return None
    answers = [answer for _, answer in wearers_during(login.recorder_id, during, facts)]
    named = {answer.officer_id for answer in answers}
    wearer_id = named.pop() if len(named) == 1 else None
    why = f"领用登记为{'、'.join(others)}" if others else f"属其他单位（{unit_id}）"
    whom = "领用登记以外的人员" if others else "其他单位人员"
    return Finding(
        rule=RULE.id,
        key=f"{login.recorder_id}|{login.starts_at.isoformat()}",
        subject=Subject(register.unit_id, login.recorder_id, wearer_id),
        starts_at=during.start,
        ends_at=during.end,
        confidence="confirmed",
        weight="check",
        standing="holds",
        evidence=Evidence(
            f"{login.recorder_id}于{span(during.start, during.end)}由{whom}登录（{duration(during.length)}）。",
            (f"登录人为{officer_id}，{why}，且无借用、联合执勤登记。",),
            limits=("登录不等于佩戴，实际使用人系统不能判断；补登领用后自动更正。",),
            facts={"login": officer_id, "assigned": others, "unit_of_login": unit_id},
        ),
        parameters=thresholds_of(parameters),
    )


def _is_in_order(
    officer_id: str,
    recorder_id: str,
    during: Interval,
    covering: Sequence[KnownAssignment],
    facts: KnownFacts,
) -> bool:
    """An assignment, a joint duty, a duty that names the recorder, or an approved swap explains the login."""
    if any(a.officer_id == officer_id or a.reason == "joint" for a in covering):
        return True
    register = facts.recorder_at(recorder_id, during.start)
    named = [d.officer_id for d in facts.duties_of_recorder.get(recorder_id, []) if _meets(d, during)]
    owners = {a.officer_id for a in covering} or {*named, *((register.holder_id,) if register is not None else ())}
    duties = [d for d in facts.duties_of_officer.get(officer_id, []) if _meets(d, during)]
    if any(d.recorder_id == recorder_id or owners & set(d.officer_ids) for d in duties):
        return True
    swapped = {officer_id, *owners}
    return any(
        e.reason == "swap" and e.officer_id in swapped and e.starts_at < during.end and during.start < e.ends_at
        for e in facts.exemptions
    )


def _meets(duty: KnownDuty, during: Interval) -> bool:
    return duty.starts_at < during.end and (duty.ends_at is None or during.start < duty.ends_at)
