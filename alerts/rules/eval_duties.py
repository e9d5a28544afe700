"""Evaluation, step 2: shifts and activities whose time has come, or whose evidence changed, judged by their rules."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.duty.coverage import RecorderCoverage
from alerts.duty.coverage_rows import coverage_of
from alerts.duty.duty_case import DutyCase, case_of, stretch_of
from alerts.duty.on_duty import ReportTimes
from alerts.duty.wearer import Worn, team_wore
from alerts.facts.known import KnownDuty, KnownFacts
from alerts.finding import Finding, Look
from alerts.intervals import Interval, clip
from alerts.rules import activity_unrecorded, recorder_not_carried, recording_incomplete, shift_unrecorded
from alerts.rules.activity_unrecorded import ActivityUnrecorded
from alerts.rules.recorder_not_carried import RecorderNotCarried
from alerts.rules.recording_incomplete import RecordingIncomplete
from alerts.rules.shift_unrecorded import ShiftUnrecorded
from alerts.rules.tick import Tick
from telemetry.records.evaluation import Stretch, Watch
from telemetry.store.evaluation import ask, fetch_rule, read_rule

ACTIVITY, SHIFT = "activity", "shift"
_RULES_OF: Mapping[str, tuple[str, ...]] = {
    ACTIVITY: (activity_unrecorded.RULE.id, recording_incomplete.RULE.id),
    SHIFT: (shift_unrecorded.RULE.id, recorder_not_carried.RULE.id),
}
_PAD = timedelta(hours=1)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A duty with the recorders that its team may have worn, from a little before it on."""

    duty: KnownDuty
    within: Interval
    worn: tuple[Worn, ...]
    worn_before: tuple[Worn, ...]


async def plan_duties(tick: Tick, changed: Mapping[str, Sequence[str]]) -> None:
    """Note when shifts and activities that became known or changed are to be judged; those due already are now."""
    settings = tick.settings
    activities, shifts = list(changed.get("activities", ())), list(changed.get("shifts", ()))
    asked = (
        (ACTIVITY, "activity_unrecorded", activities, (settings.of(ActivityUnrecorded).wait_min,)),
        (ACTIVITY, "recording_incomplete", activities, (settings.of(RecordingIncomplete).wait_min,)),
        (SHIFT, "shift_unrecorded", shifts, (settings.of(ShiftUnrecorded).wait_min,)),
        (
            SHIFT,
            "recorder_not_carried",
            shifts,
            (settings.of(RecorderNotCarried).after_min, settings.of(RecorderNotCarried).wait_min),
        ),
    )
    for kind, rule, names, waits in asked:
        if names:
            for name, due_at in await fetch_rule(tick.connection, rule, "deadlines", names, tick.now, *waits):
                if due_at > tick.now:
                    tick.due(kind, name, due_at)
                else:
                    tick.dirty.add((kind, name))
    # What was cancelled is known no more: whoever was told of it must be told that.
    if tick.has_ticked:
        tick.dirty |= {(ACTIVITY, name) for name in activities} | {(SHIFT, name) for name in shifts}


async def judge_duties(tick: Tick) -> None:
    """Judge every duty that is due or whose evidence changed."""
    names = {kind: tick.keys(kind) for kind in (ACTIVITY, SHIFT)}
    if not any(names.values()):
        return
    duties = await _known(tick, names)
    for kind, wanted in names.items():
        for name in wanted:
            excuse = None if (kind, name) in duties else "班次或活动已撤销"
            tick.looks += [
                Look(rule_id, name, _EVER, tick.now, "withdrawn" if excuse is None else "excused", excuse)
                for rule_id in _RULES_OF[kind]
            ]
    ready = [duty for duty in duties.values() if duty.needs_recorder and tick.is_judged(duty.starts_at)]
    if not ready:
        return
    facts = await _facts(tick, ready)
    asked = [_asked(duty, tick, facts) for duty in ready]
    times = await tick.report_times(facts.reports)
    cases = await _cases(tick, asked, facts, times)
    shown = await _shown(tick, [each for each in asked if each.duty.kind == SHIFT])
    for each, case in zip(asked, cases, strict=True):
        for finding in _judge(tick, case, shown.get(each.duty.duty_id)):
            tick.say(each.duty.duty_id, finding)
        _rest_on(tick, each, case)


async def _known(tick: Tick, names: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], KnownDuty]:
    found: dict[tuple[str, str], KnownDuty] = {}
    for row in await ask(tick.connection, "known_activities_named", tick.now, list(names[ACTIVITY])):
        found[ACTIVITY, row[0]] = KnownDuty("activity", row[0], tuple(row[1]), row[2], row[3], row[4], *row[5:])
    for row in await ask(tick.connection, "known_shifts_named", tick.now, list(names[SHIFT])):
        found[SHIFT, row[0]] = KnownDuty("shift", row[0], (row[1],), row[2], row[3], row[4], row[5], row[6])
    return found


async def _facts(tick: Tick, duties: Sequence[KnownDuty]) -> KnownFacts:
    within = Interval(min(d.starts_at for d in duties), max(d.ends_at or tick.now for d in duties))
    recorders = [d.recorder_id for d in duties if d.recorder_id is not None]
    return await tick.facts(within, recorders, [o for d in duties for o in d.officer_ids])


def _asked(duty: KnownDuty, tick: Tick, facts: KnownFacts) -> _Asked:
    within = stretch_of(duty, tick.now)
    before = timedelta(minutes=tick.settings.of(RecorderNotCarried).before_min)
    worn_before: tuple[Worn, ...] = ()
    if duty.kind == SHIFT:
        early = KnownDuty(
            duty.kind,
            duty.duty_id,
            duty.officer_ids,
            duty.recorder_id,
            duty.starts_at - before,
            duty.ends_at,
            duty.purpose,
        )
        worn_before = tuple(team_wore(early, Interval(early.starts_at, within.end), facts))
    return _Asked(duty, within, tuple(team_wore(duty, within, facts)), worn_before)


async def _cases(
    tick: Tick, asked: Sequence[_Asked], facts: KnownFacts, times: Mapping[str, ReportTimes]
) -> list[DutyCase]:
    give_up = timedelta(hours=tick.settings.of(ActivityUnrecorded).give_up_h)
    wanted = [(recorder_id, each.within) for each in asked for recorder_id in _recorders(each.worn)]
    found = await coverage_of(tick.connection, wanted, tick.now, give_up)
    cases = []
    for each in asked:
        of: dict[str, RecorderCoverage] = {r: found[r, each.within] for r in _recorders(each.worn)}
        cases.append(case_of(each.duty, each.worn, facts, of, times=times, now=tick.now))
    return cases


def _recorders(worn: Iterable[Worn]) -> set[str]:
    return {stretch.recorder_id for stretch in worn}


async def _shown(tick: Tick, asked: Sequence[_Asked]) -> dict[str, datetime]:
    """When each shift's officer first had a recorder on and off the dock."""
    before = timedelta(minutes=tick.settings.of(RecorderNotCarried).before_min)
    stretches: list[Stretch] = []
    owner: dict[int, str] = {}
    for each in asked:
        for stretch in each.worn_before:
            during = clip(each.duty.starts_at - before, each.within.end, stretch.during)
            owner[len(stretches)] = each.duty.duty_id
            stretches.append((len(stretches), stretch.recorder_id, during.start, during.end))
    shown: dict[str, datetime] = {}
    for key, _, at in await read_rule(tick.connection, "recorder_not_carried", "shown", stretches):
        name = owner[key]
        shown[name] = min(shown.get(name, at), at)
    return shown


def _judge(tick: Tick, case: DutyCase, shown_at: datetime | None) -> list[Finding]:
    settings, duty = tick.settings, case.duty
    found: list[Finding] = []
    if duty.kind == SHIFT:
        carried = recorder_not_carried.judge(case, shown_at, settings.of(RecorderNotCarried))
        found += [carried] if carried is not None else []
        unrecorded = settings.of(ShiftUnrecorded)
        if _is_over(duty, tick.now, unrecorded.wait_min):
            found.append(shift_unrecorded.judge(case, unrecorded))
        return found
    rules: tuple[tuple[float, Callable[[], Finding]], ...] = (
        (
            settings.of(ActivityUnrecorded).wait_min,
            lambda: activity_unrecorded.judge(case, settings.of(ActivityUnrecorded)),
        ),
        (
            settings.of(RecordingIncomplete).wait_min,
            lambda: recording_incomplete.judge(case, settings.of(RecordingIncomplete)),
        ),
    )
    return [judge() for wait_min, judge in rules if _is_over(duty, tick.now, wait_min)]


def _is_over(duty: KnownDuty, now: datetime, wait_min: float) -> bool:
    return duty.ends_at is not None and now >= duty.ends_at + timedelta(minutes=wait_min)


def _rest_on(tick: Tick, each: _Asked, case: DutyCase) -> None:
    """Which readings and whose facts the conclusion rests on, and when waiting for evidence ends."""
    kind, key = each.duty.kind, each.duty.duty_id
    start, end = each.within.start - _PAD, each.within.end + _PAD
    tick.watched.add((kind, key))
    for recorder_id in _recorders((*each.worn, *each.worn_before)) | ({each.duty.recorder_id} - {None}):
        tick.watches.append(Watch(kind, key, "recorder", recorder_id or "", start, end))
    for officer_id in each.duty.officer_ids:
        tick.watches.append(Watch(kind, key, "officer", officer_id, start, end))
    if case.coverage.pending_to is not None:
        tick.due(kind, key, case.coverage.pending_to)
    if each.duty.ends_at is not None:
        give_up_h = tick.settings.of(ActivityUnrecorded).give_up_h
        tick.due(kind, key, each.duty.ends_at + timedelta(hours=give_up_h, minutes=1))
