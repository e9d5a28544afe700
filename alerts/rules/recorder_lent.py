"""recorder-lent: the officer logged in is of another unit, or isn't the one the recorder was handed out to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from alerts.duty.wearer import wearers_during
from alerts.facts.known import KnownAssignment, KnownDuty, KnownFacts, Login
from alerts.finding import Evidence, Finding, Subject
from alerts.intervals import Interval
from alerts.rules.rests_on import RestsOn
from alerts.rules.rule import Case, Rule, Source
from alerts.rules.tick import Tick, is_judged
from alerts.shanghai_time import duration, span
from telemetry.domain.settings_table import Minutes, Table
from telemetry.records.evaluation import Stretch

KIND: Final = "lent"
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_LOGIN_LASTS: Final = timedelta(days=7)


class RecorderLent(Table):
    """When a login of somebody else counts."""

    over_min: Minutes = Field(
        10.0, title="他人登录持续超过多久才计", description="minutes of such a login before it counts"
    )


@dataclass(frozen=True, slots=True)
class Lasted:
    """One login, and the last time its recorder was heard during it."""

    login: Login
    heard_to: datetime
    facts: KnownFacts


async def gather(tick: Tick) -> Sequence[Case]:
    """Logins that changed or are due."""
    since = await _begun(tick, _logged_in(tick))
    if not since:
        return []
    facts, logins = await _lasting(tick, since)
    stretches = [(n, g.recorder_id, g.starts_at, g.ends_at or tick.now) for n, g in enumerate(logins)]
    heard = {row[0]: row[1] for row in await tick.questions.over("recorder_lent.heard_until", stretches)}
    cases = [Case(recorder_id, None, Interval(start, tick.now)) for recorder_id, start in since.items()]
    for n, login in enumerate(logins):
        if is_judged(login.recorder_id, facts, tick.now):
            heard_to = max(login.starts_at, min(heard.get(n, login.starts_at), login.ends_at or tick.now))
            cases.append(_case(login, heard_to, facts, tick.settings.of(RecorderLent)))
    return cases


def _case(login: Login, heard_to: datetime, facts: KnownFacts, parameters: RecorderLent) -> Case:
    within = Interval(login.starts_at, heard_to + _HOUR)
    return Case(
        login.recorder_id,
        Lasted(login, heard_to, facts),
        key=f"{login.recorder_id}|{login.starts_at.isoformat()}",
        look_again=(login.starts_at + timedelta(minutes=parameters.over_min, seconds=90),),
        rests_on=(
            RestsOn("recorder", login.recorder_id, within),
            RestsOn("officer", login.officer_id or "", within),
        ),
    )


def _logged_in(tick: Tick) -> dict[str, datetime]:
    """Recorders whose logins must be checked, and from when on."""
    found = [(c.recorder_id, c.from_at) for c in tick.changes if c.officer_ids]
    for key in tick.keys(KIND):
        recorder_id, _, moment = key.partition("|")
        found.append((recorder_id, datetime.fromisoformat(moment)))
    since: dict[str, datetime] = {}
    for recorder_id, at in found:
        since[recorder_id] = min(since.get(recorder_id, at), at)
    return since


async def _begun(tick: Tick, since: Mapping[str, datetime]) -> dict[str, datetime]:
    """Move each start back to when that officer logged in: a reconnection only repeats the login."""
    names = sorted(since)
    stretches: list[Stretch] = [(n, r, since[r] - _DAY, since[r]) for n, r in enumerate(names)]
    begun = dict(await tick.questions.over("recorder_lent.begun", stretches))
    return {r: begun.get(n, since[r]) for n, r in enumerate(names)}


async def _lasting(tick: Tick, since: Mapping[str, datetime]) -> tuple[KnownFacts, list[Login]]:
    """The logins still running at these times or later, and the facts over each whole login.

    A login may have begun long before the check, and its assignment may be over by now.
    """
    start, earliest = min(since.values()), min(since.values()) - _LOGIN_LASTS
    while True:
        facts = await tick.facts(Interval(start, tick.now), sorted(since))
        logins = [
            login
            for recorder_id, moment in since.items()
            for login in joined(facts.logins_of_recorder.get(recorder_id, []))
            if login.officer_id is not None and (login.ends_at is None or login.ends_at >= moment)
        ]
        first = max(earliest, min((login.starts_at for login in logins), default=start))
        if first >= start:
            return facts, logins
        start = first


def joined(logins: Sequence[Login]) -> list[Login]:
    """The logins of one recorder in order; consecutive logins of one officer become one."""
    whole: list[Login] = []
    for login in sorted(logins, key=lambda each: each.starts_at):
        last = whole[-1] if whole else None
        if last is not None and last.officer_id == login.officer_id and last.ends_at == login.starts_at:
            whole[-1] = replace(last, ends_at=login.ends_at)
        else:
            whole.append(login)
    return whole


def judge(lasted: Lasted, parameters: RecorderLent) -> list[Finding]:
    """The finding about a login that nothing explains; none if it is in order, too short, or the officer is unknown."""
    login, facts = lasted.login, lasted.facts
    during = Interval(login.starts_at, lasted.heard_to)
    officer_id = login.officer_id or ""
    unit_id = facts.unit_of_officer(officer_id, login.starts_at)
    register = facts.recorder_at(login.recorder_id, login.starts_at)
    if unit_id is None or register is None or during.length <= timedelta(minutes=parameters.over_min):
        return []
    covering = [
        a
        for a in facts.assignments_of_recorder.get(login.recorder_id, [])
        if a.starts_at < during.end and (a.ends_at is None or a.ends_at > during.start)
    ]
    others = sorted({a.officer_id for a in covering} - {officer_id})
    is_foreign = not facts.are_in_line(unit_id, register.unit_id)
    if not (others or is_foreign) or _is_in_order(officer_id, login.recorder_id, during, covering, facts):
        return []
    answers = [answer for _, answer in wearers_during(login.recorder_id, during, facts)]
    named = {answer.officer_id for answer in answers}
    wearer_id = named.pop() if len(named) == 1 else None
    why = f"领用登记为{'、'.join(others)}" if others else f"属其他单位（{unit_id}）"
    whom = "领用登记以外的人员" if others else "其他单位人员"
    finding = Finding(
        key=f"{login.recorder_id}|{login.starts_at.isoformat()}",
        subject=Subject(register.unit_id, login.recorder_id, wearer_id),
        starts_at=during.start,
        ends_at=during.end,
        confidence="confirmed",
        weight="check",
        standing="holds",
        evidence=Evidence(
            f"{login.recorder_id}于{span(during.start, during.end)}由{whom}登录（{duration(during.length)}）。",
            (f"登录人为{officer_id}，{why}，且无借用、联合执法登记。",),
            limits=("登录不等于佩戴，实际使用人系统不能判断；补登领用后自动更正。",),
            facts={"login": officer_id, "assigned": others, "unit_of_login": unit_id},
        ),
    )
    return [finding]


def _is_in_order(
    officer_id: str,
    recorder_id: str,
    during: Interval,
    covering: Sequence[KnownAssignment],
    facts: KnownFacts,
) -> bool:
    """Whether an assignment, joint duty, a duty with this recorder or an approved swap explains the login."""
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


RULE = Rule(
    id="recorder-lent",
    title="登录人与领用登记不符",
    what="登录人与领用登记不符",
    conduct="执法记录仪由领用登记以外的人员登录使用",
    clause="三(二)6",
    box=(2, 6),
    weight="check",
    parameters=RecorderLent,
    source=Source(KIND, gather),
    judge=judge,
    file=__file__,
    score=3.0,
)
