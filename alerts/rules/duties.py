"""Shifts and activities as cases for all rules about duties: what the team wore, what was recorded, what excuses it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from alerts.duty.coverage_rows import coverage_of
from alerts.duty.duty_case import DutyCase, case_of, main_excuse, stretch_of
from alerts.duty.wearer import Worn, team_wore
from alerts.facts.known import KnownDuty, KnownFacts
from alerts.finding import Evidence, Finding, Standing, Weight
from alerts.intervals import Interval, clip
from alerts.rules.rests_on import RestsOn
from alerts.rules.rule import Case, Rule, Source
from alerts.rules.tick import Tick
from telemetry.records.evaluation import Stretch

ACTIVITY: Final = "activity"
SHIFT: Final = "shift"
_PAD: Final = timedelta(hours=1)
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CANCELLED: Final = "班次或活动已撤销"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A duty with the recorders that its team may have worn, starting a little before it."""

    duty: KnownDuty
    within: Interval
    worn: tuple[Worn, ...]
    worn_before: tuple[Worn, ...]


async def plan_activities(tick: Tick, rules: Sequence[Rule]) -> None:
    """Schedule the judgement of new or changed activities; those already due are judged in this tick."""
    names = list(tick.changed.get("activities", ()))
    _plan(tick, ACTIVITY, names, await tick.activities(names), rules)


async def plan_shifts(tick: Tick, rules: Sequence[Rule]) -> None:
    """Schedule the judgement of new or changed shifts; those already due are judged in this tick."""
    names = list(tick.changed.get("shifts", ()))
    _plan(tick, SHIFT, names, await tick.shifts(names), rules)


def _plan(tick: Tick, kind: str, names: Sequence[str], duties: Sequence[KnownDuty], rules: Sequence[Rule]) -> None:
    for duty in duties:
        for rule in rules if duty.needs_recorder else ():
            for due_at in rule.deadlines(duty, tick.settings.parameters(rule.id)):
                if due_at > tick.now:
                    tick.due(kind, duty.duty_id, due_at)
                else:
                    tick.dirty.add((kind, duty.duty_id))
    # A cancelled duty is no longer known. Judge it anyway, so that earlier notices are withdrawn.
    if tick.has_ticked:
        tick.dirty |= {(kind, name) for name in names}


def finding_of(
    case: DutyCase, part: Sequence[Interval], standing: Standing, weight: Weight, evidence: Evidence
) -> Finding:
    """A finding about a whole duty, as sure as what is known of *part* (empty: of all of it)."""
    rests_on = part or [case.within]
    return Finding(
        key=case.duty.duty_id,
        subject=case.subject,
        starts_at=case.within.start,
        ends_at=case.within.end,
        confidence=case.confidence(rests_on),
        weight=weight,
        standing=standing,
        evidence=evidence,
        excuse=main_excuse(case.excuses) if standing == "excused" else None,
        absence=case.absence(rests_on),
    )


async def gather_activities(tick: Tick) -> Sequence[Case]:
    """Activities that are due or whose evidence changed."""
    names = tick.keys(ACTIVITY)
    return await _gather(tick, names, await tick.activities(names))


async def gather_shifts(tick: Tick) -> Sequence[Case]:
    """Shifts that are due or whose evidence changed."""
    names = tick.keys(SHIFT)
    return await _gather(tick, names, await tick.shifts(names))


async def _gather(tick: Tick, names: Sequence[str], known: Sequence[KnownDuty]) -> list[Case]:
    duties = {duty.duty_id: duty for duty in known}
    ever = Interval(_EVER, tick.now)
    cases = [
        Case(name, None, ever) if name in duties else Case(name, None, ever, lost="excused", excuse=_CANCELLED)
        for name in names
    ]
    ready = [duty for duty in duties.values() if duty.needs_recorder and tick.is_judged(duty.starts_at)]
    if not ready:
        return cases
    within = Interval(min(d.starts_at for d in ready), max(d.ends_at or tick.now for d in ready))
    recorders = [d.recorder_id for d in ready if d.recorder_id is not None]
    facts = await tick.facts(within, recorders, [o for d in ready for o in d.officer_ids])
    found = await cases_of(tick, ready, facts)
    asked = [_asked(case, tick, facts) for case in found]
    shown = await _shown(tick, asked)
    for each, case in zip(asked, found, strict=True):
        content = replace(case, shown_at=shown.get(each.duty.duty_id))
        cases.append(
            Case(
                each.duty.duty_id,
                content,
                look_again=_waits(case, tick),
                rests_on=tuple(_rests_on(each)),
            )
        )
    return cases


def _asked(case: DutyCase, tick: Tick, facts: KnownFacts) -> _Asked:
    duty = case.duty
    worn_before: tuple[Worn, ...] = ()
    if duty.kind == SHIFT:
        early = replace(duty, starts_at=duty.starts_at - _before(tick))
        worn_before = tuple(team_wore(early, Interval(early.starts_at, case.within.end), facts))
    return _Asked(duty, case.within, case.worn, worn_before)


def _before(tick: Tick) -> timedelta:
    """How long before a shift to look for its recorder."""
    return timedelta(minutes=tick.settings.value("recorder-not-carried", "before_min"))


def _give_up(tick: Tick) -> timedelta:
    """How long to wait for a recorder that had said goodbye or was never heard."""
    return timedelta(hours=tick.settings.value("activity-unrecorded", "give_up_h"))


async def _shown(tick: Tick, asked: Sequence[_Asked]) -> dict[str, datetime]:
    """By shift, when a recorder of its officer was first online off the dock."""
    stretches: list[Stretch] = []
    owner: dict[int, str] = {}
    for each in asked:
        for stretch in each.worn_before:
            during = clip(each.duty.starts_at - _before(tick), each.within.end, stretch.during)
            owner[len(stretches)] = each.duty.duty_id
            stretches.append((len(stretches), stretch.recorder_id, during.start, during.end))
    shown: dict[str, datetime] = {}
    for key, _, at in await tick.questions.over("recorder_not_carried.shown", stretches):
        name = owner[key]
        shown[name] = min(shown.get(name, at), at)
    return shown


def _rests_on(each: _Asked) -> Iterable[RestsOn]:
    """The readings and facts that the conclusion rests on."""
    around = Interval(each.within.start - _PAD, each.within.end + _PAD)
    recorders = {stretch.recorder_id for stretch in (*each.worn, *each.worn_before)}
    if each.duty.recorder_id is not None:
        recorders.add(each.duty.recorder_id)
    for recorder_id in sorted(recorders):
        yield RestsOn("recorder", recorder_id, around)
    for officer_id in each.duty.officer_ids:
        yield RestsOn("officer", officer_id, around)


def _waits(case: DutyCase, tick: Tick) -> tuple[datetime, ...]:
    """When the wait for more evidence ends; while a duty runs, no rule asks what was recorded."""
    ends_at = case.duty.ends_at
    if ends_at is None or tick.now < ends_at:
        return ()
    pending = [case.coverage.pending_to] if case.coverage.pending_to is not None else []
    return (*pending, ends_at + _give_up(tick) + timedelta(minutes=1))


def ended(duty: KnownDuty, parameters: Any) -> list[datetime]:
    """When rules judge a finished duty: `wait_min` after its end."""
    return [duty.ends_at + timedelta(minutes=parameters.wait_min)] if duty.ends_at is not None else []


async def cases_of(tick: Tick, duties: Sequence[KnownDuty], facts: KnownFacts) -> list[DutyCase]:
    """The duties with what was recorded in them."""
    times = await tick.report_times(facts.reports)
    worn = [(d, stretch_of(d, tick.now), tuple(team_wore(d, stretch_of(d, tick.now), facts))) for d in duties]
    wanted = [(w.recorder_id, within) for _, within, stretches in worn for w in stretches]
    found = await coverage_of(tick.questions, wanted, tick.now, _give_up(tick))
    return [
        case_of(
            duty,
            stretches,
            facts,
            {w.recorder_id: found[w.recorder_id, within] for w in stretches},
            times=times,
            now=tick.now,
        )
        for duty, within, stretches in worn
    ]


ACTIVITIES: Final = Source(ACTIVITY, gather_activities, plan_activities, rank=3)
SHIFTS: Final = Source(SHIFT, gather_shifts, plan_shifts, rank=3)
