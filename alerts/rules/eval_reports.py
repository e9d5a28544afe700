"""Evaluation, step 6: emergency footage on phones, fault reports, and failures that nobody reported."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from alerts.duty.calendar import BureauCalendar
from alerts.duty.calendar_import import load_calendar
from alerts.duty.coverage_rows import coverage_of
from alerts.duty.duty_case import DutyCase, case_of, stretch_of, subject_of
from alerts.duty.wearer import login_at, team_wore, wearer
from alerts.facts.known import KnownDuty, KnownFacts
from alerts.finding import Look, Subject
from alerts.intervals import Interval
from alerts.rules import fault_unreported, phone_footage_overdue
from alerts.rules.activity_unrecorded import ActivityUnrecorded
from alerts.rules.fault_unreported import Failure, FaultUnreported
from alerts.rules.phone_footage_overdue import Footage, PhoneFootageOverdue
from alerts.rules.tick import Tick, shift_of
from telemetry.records.evaluation import Stretch, Watch
from telemetry.store.evaluation import ask, fetch_rule, read_rule

PHONE, REPORT, FAILURE = "phone", "report", "failure"
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


async def judge_reports(tick: Tick, changed: Mapping[str, Sequence[str]]) -> None:
    """What was to be handed in or repaired."""
    if changed.get("phone_footage") or changed.get("fault_reports") or tick.keys(PHONE) or tick.keys(REPORT):
        calendar = await load_calendar(tick.connection)
        await _judge_phones(tick, calendar, changed.get("phone_footage", ()))
        await _judge_repairs(tick, calendar, changed.get("fault_reports", ()))


async def _judge_phones(tick: Tick, calendar: BureauCalendar, changed: Sequence[str]) -> None:
    names = sorted({*changed, *tick.keys(PHONE)})
    if not names:
        return
    rows = await fetch_rule(tick.connection, "phone_footage_overdue", "footage", tick.now, names)
    known = [Footage(*row) for row in rows]
    tick.looks += [Look(phone_footage_overdue.RULE.id, name, _EVER, tick.now) for name in names]
    if not known:
        return
    moments = [f.recorded_at for f in known]
    facts = await tick.facts(Interval(min(moments), max(moments)), [], [f.officer_id for f in known])
    parameters = tick.settings.of(PhoneFootageOverdue)
    for footage in known:
        if not tick.is_judged(footage.recorded_at):
            continue
        tick.say(footage.footage_id, phone_footage_overdue.judge(footage, facts, calendar, parameters, tick.now))
        tick.due(PHONE, footage.footage_id, phone_footage_overdue.upload_due(footage, facts, parameters))
        tick.due(PHONE, footage.footage_id, phone_footage_overdue.delivery_due(footage, calendar, parameters).at)


async def _judge_repairs(tick: Tick, calendar: BureauCalendar, changed: Sequence[str]) -> None:
    names = sorted({*changed, *tick.keys(REPORT)})
    if not names:
        return
    rows = await fetch_rule(tick.connection, "fault_unreported", "reports", tick.now, names)
    if not rows:
        return
    moments = [row[1] for row in rows]
    facts = await tick.facts(Interval(min(moments), max(moments)), [row[2] for row in rows])
    parameters = tick.settings.of(FaultUnreported)
    wanted = {row[0] for row in rows}
    for report in facts.reports:
        if report.fault_report_id in wanted and tick.is_judged(report.reported_at):
            scope = f"report|{report.fault_report_id}"
            tick.say(scope, fault_unreported.judge_report(report, facts, calendar, parameters, tick.now))
            tick.looks.append(Look(fault_unreported.RULE.id, scope, report.reported_at, tick.now))
            tick.due(REPORT, report.fault_report_id, fault_unreported.repair_due(report, calendar, parameters).at)


async def judge_failures(tick: Tick, shifts: Sequence[str]) -> None:
    """Recorders that failed in a shift that has ended; *shifts* became known or changed."""
    duties = await _ended(tick, shifts)
    if not duties:
        return
    within = Interval(min(d.starts_at for d in duties), max(d.ends_at or tick.now for d in duties))
    recorders = [d.recorder_id for d in duties if d.recorder_id is not None]
    facts = await tick.facts(within, recorders, [d.officer_id for d in duties])
    failures = await _failures(tick, duties, facts)
    for duty in duties:
        tick.looks.append(Look(fault_unreported.RULE.id, duty.duty_id, duty.starts_at, tick.now))
        if failures[duty.duty_id]:
            await _say_failures(tick, duty, failures[duty.duty_id], facts)


async def _ended(tick: Tick, shifts: Sequence[str]) -> list[KnownDuty]:
    """Shifts that have ended and are to be looked at; *shifts* became known or changed."""
    if shifts:
        for name, due_at in await fetch_rule(tick.connection, "fault_unreported", "deadlines", list(shifts), tick.now):
            if due_at <= tick.now:
                tick.dirty.add((FAILURE, name))
            tick.due(FAILURE, name, due_at)
    names = tick.keys(FAILURE)
    if not names:
        return []
    duties = [shift_of(row) for row in await ask(tick.connection, "known_shifts_named", tick.now, names)]
    return [d for d in duties if d.ends_at is not None and d.ends_at <= tick.now and tick.is_judged(d.starts_at)]


async def _failures(tick: Tick, duties: Sequence[KnownDuty], facts: KnownFacts) -> dict[str, list[Failure]]:
    """What failed in each shift, of all that its officer may have worn."""
    stretches: list[Stretch] = []
    owner: dict[int, str] = {}
    for duty in duties:
        tick.watched.add((FAILURE, duty.duty_id))
        for stretch in team_wore(duty, stretch_of(duty, tick.now), facts):
            start, end = stretch.during.start, stretch.during.end
            owner[len(stretches)] = duty.duty_id
            stretches.append((len(stretches), stretch.recorder_id, start, end))
            tick.watches.append(Watch(FAILURE, duty.duty_id, "recorder", stretch.recorder_id, start, end + _HOUR))
    failures: dict[str, list[Failure]] = defaultdict(list)
    for key, *told in await read_rule(tick.connection, "fault_unreported", "failures", stretches, tick.now):
        failures[owner[key]].append(Failure(*told))
    return failures


async def _say_failures(tick: Tick, shift: KnownDuty, failures: Sequence[Failure], facts: KnownFacts) -> None:
    assert shift.ends_at is not None
    activities = [
        d
        for d in facts.duties_of_officer.get(shift.officer_id, [])
        if d.kind == "activity"
        and d.ends_at is not None
        and d.starts_at < shift.ends_at
        and d.ends_at > shift.starts_at
    ]
    if not activities:
        return
    partners = sorted({o for d in activities for o in d.officer_ids})
    facts = await tick.facts(Interval(shift.starts_at, shift.ends_at), [f.recorder_id for f in failures], partners)
    cases = await cases_of(tick, activities, facts)
    for case in cases:
        if case.coverage.pending_to is not None:
            tick.due(FAILURE, shift.duty_id, case.coverage.pending_to)
    parameters = tick.settings.of(FaultUnreported)
    seen: set[str] = set()
    for failure in failures:
        # One device that dies and is told of again and again has failed once.
        if failure.recorder_id in seen:
            continue
        subject = _failed_subject(shift, failure, facts)
        finding = fault_unreported.judge(shift, failure, cases, facts, subject=subject, parameters=parameters)
        if finding is not None:
            seen.add(failure.recorder_id)
            tick.say(shift.duty_id, finding)


def _failed_subject(shift: KnownDuty, failure: Failure, facts: KnownFacts) -> Subject:
    answer = wearer(failure.recorder_id, failure.at, facts, login_at(failure.recorder_id, failure.at, facts))
    whole = subject_of(shift, Interval(shift.starts_at, shift.ends_at or failure.at), facts)
    return Subject(answer.unit_id or whole.unit_id, failure.recorder_id, answer.officer_id, shift.duty_id)


async def cases_of(tick: Tick, duties: Sequence[KnownDuty], facts: KnownFacts) -> list[DutyCase]:
    """Duties with what was recorded of them."""
    give_up = timedelta(hours=tick.settings.of(ActivityUnrecorded).give_up_h)
    times = await tick.report_times(facts.reports)
    worn = [(d, stretch_of(d, tick.now), team_wore(d, stretch_of(d, tick.now), facts)) for d in duties]
    wanted = [(w.recorder_id, within) for _, within, stretches in worn for w in stretches]
    found = await coverage_of(tick.connection, wanted, tick.now, give_up)
    return [
        case_of(
            d,
            stretches,
            facts,
            {w.recorder_id: found[w.recorder_id, within] for w in stretches},
            times=times,
            now=tick.now,
        )
        for d, within, stretches in worn
    ]
