"""fault-unreported: a recorder failed in an activity, nothing took over, nobody reported it by the shift's end."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from alerts.duty.duty_case import DutyCase, describe, stretch_of, subject_of
from alerts.duty.wearer import Worn, login_at, team_wore, wearer
from alerts.duty.working_time import PROVISIONAL, Deadline, WorkingCalendar, end_of_working_day_after
from alerts.facts.known import KnownDuty, KnownFacts, KnownReport
from alerts.finding import Confidence, Evidence, Finding, Subject
from alerts.intervals import Interval, subtract, total
from alerts.rules.duties import cases_of
from alerts.rules.recording_incomplete import tolerance_of
from alerts.rules.rests_on import RestsOn
from alerts.rules.rule import Case, Rule, Source
from alerts.rules.tick import Tick
from alerts.shanghai_time import day_and_time
from telemetry.domain.settings_table import Days, Seconds, Table
from telemetry.vocabulary import texts

KIND: Final = "failure"
REPORT: Final = "report"
_HOUR: Final = timedelta(hours=1)
_REPORTED_BEFORE: Final = timedelta(minutes=30)
_BREAKS_OFF: Final = timedelta(minutes=2)
FAILURES: Final = texts("failure")

_SURE: Final = texts("confidence") | {"confirmed": ""}


class FaultUnreported(Table):
    """Which faults have to be reported, and how soon they are repaired.

    Source: regulation 二(二)2(4), 三(二)7; domain.md, "Rules".
    """

    taken_over_s: Seconds = Field(
        180.0,
        title="另一台记录仪接替时，允许的未录制时长",
        description="unrecorded time that doesn't count where another recorder took over",
    )
    repair_days: Days = Field(
        5, title="报备后几个工作日内须登记报修", description="working days after a report until a repair is entered"
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """A recorder that ran flat, filled up or reported a fault; `back_at`: when it recorded or worked again."""

    recorder_id: str
    kind: str
    at: datetime
    confidence: Confidence
    back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FailedShift:
    """A finished shift, the failures in it, and its activities with what was recorded in each.

    `facts` cover its officer, his partners and the failed recorders.
    """

    shift: KnownDuty
    failures: Sequence[Failure]
    activities: Sequence[DutyCase]
    facts: KnownFacts


@dataclass(frozen=True, slots=True)
class Reported:
    """A fault report, and what is needed to tell when its repair must be entered."""

    report: KnownReport
    facts: KnownFacts
    calendar: WorkingCalendar
    now: datetime


async def plan(tick: Tick, _: Sequence[Rule]) -> None:
    """Schedule a new or changed shift for its end."""
    for duty in await tick.shifts(tick.changed.get("shifts", ())):
        if duty.needs_recorder and duty.ends_at is not None:
            if duty.ends_at <= tick.now:
                tick.dirty.add((KIND, duty.duty_id))
            tick.due(KIND, duty.duty_id, duty.ends_at)


async def gather(tick: Tick) -> Sequence[Case]:
    """Finished shifts, and reports that may lack a repair."""
    return [*await _failed_shifts(tick), *await _reports(tick)]


async def _failed_shifts(tick: Tick) -> list[Case]:
    known = await tick.shifts(tick.keys(KIND))
    duties = [d for d in known if d.ends_at is not None and d.ends_at <= tick.now and tick.is_judged(d.starts_at)]
    if not duties:
        return []
    within = Interval(min(d.starts_at for d in duties), max(d.ends_at or tick.now for d in duties))
    recorders = [d.recorder_id for d in duties if d.recorder_id is not None]
    facts = await tick.facts(within, recorders, [d.officer_id for d in duties])
    worn = {d.duty_id: team_wore(d, stretch_of(d, tick.now), facts) for d in duties}
    failures = await _failures(tick, {name: [(w.recorder_id, w.during) for w in each] for name, each in worn.items()})
    return [await _case(tick, duty, failures[duty.duty_id], facts, worn[duty.duty_id]) for duty in duties]


async def _failures(tick: Tick, worn: Mapping[str, Sequence[tuple[str, Interval]]]) -> dict[str, list[Failure]]:
    """By shift, the failures of all recorders that its team may have worn."""
    asked = [(name, recorder_id, during) for name, each in worn.items() for recorder_id, during in each]
    stretches = [(n, recorder_id, during.start, during.end) for n, (_, recorder_id, during) in enumerate(asked)]
    failures: dict[str, list[Failure]] = defaultdict(list)
    for key, *told in await tick.questions.over("fault_unreported.failures", stretches, tick.now):
        failures[asked[key][0]].append(Failure(*told))
    return failures


async def _case(
    tick: Tick, shift: KnownDuty, failures: Sequence[Failure], facts: KnownFacts, worn: Sequence[Worn]
) -> Case:
    assert shift.ends_at is not None
    activities = [
        d
        for d in facts.duties_of_officer.get(shift.officer_id, [])
        if d.kind == "activity"
        and d.ends_at is not None
        and d.starts_at < shift.ends_at
        and d.ends_at > shift.starts_at
    ]
    content: FailedShift | None = None
    again: list[datetime] = []
    if failures and activities:
        partners = sorted({o for d in activities for o in d.officer_ids})
        within = Interval(shift.starts_at, shift.ends_at)
        facts = await tick.facts(within, [f.recorder_id for f in failures], partners)
        cases = await cases_of(tick, activities, facts)
        again = [case.coverage.pending_to for case in cases if case.coverage.pending_to is not None]
        content = FailedShift(shift, failures, cases, facts)
    return Case(
        shift.duty_id,
        content,
        Interval(shift.starts_at, tick.now),
        look_again=tuple(again),
        rests_on=tuple(
            RestsOn("recorder", w.recorder_id, Interval(w.during.start, w.during.end + _HOUR)) for w in worn
        ),
    )


async def _reports(tick: Tick) -> list[Case]:
    names = sorted({*tick.changed.get("fault_reports", ()), *tick.keys(REPORT)})
    rows = await tick.questions.ask("fault_unreported.reports", tick.now, names) if names else []
    if not rows:
        return []
    moments = [row[1] for row in rows]
    facts = await tick.facts(Interval(min(moments), max(moments)), [row[2] for row in rows])
    calendar, parameters = await tick.calendar(), tick.settings.of(FaultUnreported)
    wanted = {row[0] for row in rows}
    return [
        Case(
            f"report|{report.fault_report_id}",
            Reported(report, facts, calendar, tick.now),
            Interval(report.reported_at, tick.now),
            kind=REPORT,
            key=report.fault_report_id,
            look_again=(repair_due(report, calendar, parameters).at,),
        )
        for report in facts.reports
        if report.fault_report_id in wanted and tick.is_judged(report.reported_at)
    ]


def judge(case: FailedShift | Reported, parameters: FaultUnreported) -> list[Finding]:
    """Failures that nobody reported, and reports without a repair."""
    if isinstance(case, Reported):
        late = judge_report(case, parameters)
        return [late] if late is not None else []
    found: dict[str, Finding] = {}
    for failure in case.failures:
        # A device that fails repeatedly in one shift counts once.
        if failure.recorder_id not in found:
            finding = judge_failure(case, failure, parameters)
            if finding is not None:
                found[failure.recorder_id] = finding
    return list(found.values())


def judge_failure(case: FailedShift, failure: Failure, parameters: FaultUnreported) -> Finding | None:
    """The finding about one failure; None if it was reported, others recorded on, or nothing was missed."""
    shift, activities, facts = case.shift, case.activities, case.facts
    assert shift.ends_at is not None
    if any(_speaks_of(report, failure, shift) for report in facts.reports):
        return None
    missed = [each for each in activities if _is_missed(each, failure, parameters)]
    if not missed:
        return None
    told = "、".join(describe(each.duty, each.within) for each in missed[:3])
    failed = f"{failure.recorder_id}于{day_and_time(failure.at)}{_SURE[failure.confidence]}{FAILURES[failure.kind]}"
    ended = day_and_time(shift.ends_at)
    return Finding(
        key=f"{failure.recorder_id}|{failure.at.isoformat()}",
        subject=_failed_subject(shift, failure, facts),
        starts_at=failure.at,
        ends_at=shift.ends_at,
        confidence="suspected"
        if any(each.coverage.is_pending([each.within]) for each in missed)
        else failure.confidence,
        weight="check",
        standing="holds",
        evidence=Evidence(
            f"{failed}，其后的执法活动无人接替录制，至班次结束（{ended}）未见报备。",
            (f"其后没有录制的执法活动：{told}。",),
            limits=("是否已使用手机摄录、是否口头报告，系统不能判断。",),
            facts={
                "failure": failure.kind,
                "failed_at": failure.at.isoformat(),
                "activity_ids": [each.duty.duty_id for each in missed],
            },
        ),
        absence=tuple(
            part
            for each in missed
            for part in each.absence([Interval(max(each.within.start, failure.at), each.within.end)])
        ),
    )


def _speaks_of(report: KnownReport, failure: Failure, shift: KnownDuty) -> bool:
    assert shift.ends_at is not None
    is_about = report.recorder_id == failure.recorder_id or report.officer_id == shift.officer_id
    return is_about and failure.at - _REPORTED_BEFORE <= report.reported_at <= shift.ends_at


def _is_missed(case: DutyCase, failure: Failure, parameters: FaultUnreported) -> bool:
    """Whether the failure left part of this activity unrecorded.

    It counts if the activity ran at the failure, or began while the recorder was still dead.
    """
    within = case.within
    if within.end <= failure.at or (failure.back_at is not None and failure.back_at <= within.start):
        return False
    rest = Interval(max(within.start, failure.at), min(within.end, failure.back_at or within.end))
    excused = [excuse.during for excuse in case.excuses if excuse.kind == "exemption"]
    unrecorded = subtract([rest], [*case.coverage.recorded, *excused])
    # The entered end may be later than the real one, so allow for the tolerance of the entered times.
    if total(unrecorded) > max(timedelta(seconds=parameters.taken_over_s), tolerance_of(case.duty)):
        return True
    # A short rest counts only if the failure itself broke off the recording, not if it had been stopped before.
    broke_off = any(abs(r.end - failure.at) <= _BREAKS_OFF for r in case.coverage.recorded)
    if failure.back_at is not None and failure.back_at < within.end:
        return False
    return broke_off and total(unrecorded) >= total([rest]) > timedelta(0)


def _failed_subject(shift: KnownDuty, failure: Failure, facts: KnownFacts) -> Subject:
    answer = wearer(failure.recorder_id, failure.at, facts, login_at(failure.recorder_id, failure.at, facts))
    whole = subject_of(shift, Interval(shift.starts_at, shift.ends_at or failure.at), facts)
    return Subject(answer.unit_id or whole.unit_id, failure.recorder_id, answer.officer_id, shift.duty_id)


def judge_report(reported: Reported, parameters: FaultUnreported) -> Finding | None:
    """A reminder to the custodian if a report has no repair entry after `repair_days` working days; None before."""
    report = reported.report
    due = repair_due(report, reported.calendar, parameters)
    if report.kind == "lost" or reported.now < due.at:
        return None
    is_done = report.repair_at is not None or report.resolved_at is not None
    register = reported.facts.recorder_at(report.recorder_id, report.reported_at)
    mark = f"（{PROVISIONAL}）" if due.is_provisional else ""
    return Finding(
        key=f"report|{report.fault_report_id}",
        subject=Subject(register.unit_id if register else None, report.recorder_id),
        starts_at=report.reported_at,
        ends_at=due.at,
        confidence="confirmed",
        weight="reminder",
        standing="resolved" if is_done else "holds",
        evidence=Evidence(
            f"{report.recorder_id}于{day_and_time(report.reported_at)}报备故障，"
            f"{parameters.repair_days}个工作日内{mark}{'未及时登记送修' if is_done else '无送修登记'}。",
            (f"期限为{day_and_time(due.at)}。", *(("此后已登记送修或已恢复使用。",) if is_done else ())),
            facts={"fault_report_id": report.fault_report_id, "is_provisional": due.is_provisional},
        ),
    )


def repair_due(report: KnownReport, calendar: WorkingCalendar, parameters: FaultUnreported) -> Deadline:
    """When the repair must be entered at the latest."""
    return end_of_working_day_after(calendar, report.reported_at, parameters.repair_days)


RULE = Rule(
    id="fault-unreported",
    title="故障未报备",
    what="故障后未见报备",
    conduct="执法记录仪出现故障后未按规定报备",
    clause="二(二)2(4)，三(二)7",
    box=(2, 7),
    weight="check",
    parameters=FaultUnreported,
    source=Source(KIND, gather, plan),
    judge=judge,
    file=__file__,
    score=1.0,
    ask_wearer="请尽快登记送修。",
)
