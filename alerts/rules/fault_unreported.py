"""fault-unreported: a recorder failed during an activity, nobody reported it by the end of the shift, nothing took over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerts.duty.duty_case import DutyCase, describe
from alerts.duty.working_time import PROVISIONAL, Deadline, WorkingCalendar, end_of_working_day_after
from alerts.facts.known import KnownDuty, KnownFacts, KnownReport
from alerts.finding import Confidence, Evidence, Finding, Subject
from alerts.intervals import Interval, subtract, total
from alerts.rules.recording_incomplete import tolerance_of
from alerts.rules.rule import Rule, thresholds_of
from alerts.shanghai_time import day_and_time

_REPORTED_BEFORE: Final = timedelta(minutes=30)
_BREAKS_OFF: Final = timedelta(minutes=2)
FAILURES: Final = {"battery": "电量耗尽", "storage": "存储已满", "fault": "自报故障"}

_SURE: Final[dict[Confidence, str]] = {"suspected": "疑似", "probable": "很可能", "confirmed": ""}


@dataclass(frozen=True, slots=True)
class FaultUnreported:
    """`taken_over_s`: a rest of the activity shorter than this is none (s); working days for the repair."""

    taken_over_s: float = 180.0
    repair_days: int = 5


RULE = Rule(
    id="fault-unreported",
    name="故障未报备",
    clause="二(二)2(4)，三(二)7",
    box="附件2 №7",
    weight="check",
    parameters=FaultUnreported,
    sql="fault_unreported",
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A recorder that died of battery, filled up or reported a fault; `back_at` when it recorded or worked again."""

    recorder_id: str
    kind: str
    at: datetime
    confidence: Confidence
    back_at: datetime | None = None


def judge(
    shift: KnownDuty,
    failure: Failure,
    activities: Sequence[DutyCase],
    facts: KnownFacts,
    *,
    subject: Subject,
    parameters: FaultUnreported,
) -> Finding | None:
    """One failure within a shift that has ended; None where it was reported, or others recorded on, or nothing was missed."""
    assert shift.ends_at is not None
    if any(_speaks_of(report, failure, shift) for report in facts.reports):
        return None
    missed = [case for case in activities if _is_missed(case, failure, parameters)]
    if not missed:
        return None
    told = "、".join(describe(case.duty, case.within) for case in missed[:3])
    failed = f"{failure.recorder_id}于{day_and_time(failure.at)}{_SURE[failure.confidence]}{FAILURES[failure.kind]}"
    ended = day_and_time(shift.ends_at)
    return Finding(
        rule=RULE.id,
        key=f"{failure.recorder_id}|{failure.at.isoformat()}",
        subject=subject,
        starts_at=failure.at,
        ends_at=shift.ends_at,
        confidence="suspected"
        if any(case.coverage.is_pending([case.within]) for case in missed)
        else failure.confidence,
        weight="check",
        standing="holds",
        evidence=Evidence(
            f"{failed}，其后的执法活动无人接替录制，至班次结束（{ended}）未见报备。",
            (f"其后没有录制的执法活动：{told}。",),
            limits=("是否已用手机补摄、是否口头报告，系统不能判断。",),
            facts={
                "failure": failure.kind,
                "failed_at": failure.at.isoformat(),
                "activity_ids": [case.duty.duty_id for case in missed],
            },
        ),
        parameters=thresholds_of(parameters),
        absence=tuple(
            part
            for case in missed
            for part in case.absence([Interval(max(case.within.start, failure.at), case.within.end)])
        ),
    )


def _speaks_of(report: KnownReport, failure: Failure, shift: KnownDuty) -> bool:
    assert shift.ends_at is not None
    is_about = report.recorder_id == failure.recorder_id or report.officer_id == shift.officer_id
    return is_about and failure.at - _REPORTED_BEFORE <= report.reported_at <= shift.ends_at


def _is_missed(case: DutyCase, failure: Failure, parameters: FaultUnreported) -> bool:
    """Whether an activity that ran at the failure, or began while the recorder was dead still, lost its recording by it."""
    within = case.within
    if within.end <= failure.at or (failure.back_at is not None and failure.back_at <= within.start):
        return False
    rest = Interval(max(within.start, failure.at), min(within.end, failure.back_at or within.end))
    excused = [excuse.during for excuse in case.excuses if excuse.kind == "exemption"]
    unrecorded = subtract([rest], [*case.coverage.recorded, *excused])
    # The entered end may be later than the real one: what is missing there is not missed.
    if total(unrecorded) > max(timedelta(seconds=parameters.taken_over_s), tolerance_of(case.duty)):
        return True
    # A short rest counts where the failure itself broke the recording off, not where it had been stopped before.
    broke_off = any(abs(r.end - failure.at) <= _BREAKS_OFF for r in case.coverage.recorded)
    if failure.back_at is not None and failure.back_at < within.end:
        return False
    return broke_off and total(unrecorded) >= total([rest]) > timedelta(0)


def judge_report(
    report: KnownReport,
    facts: KnownFacts,
    calendar: WorkingCalendar,
    parameters: FaultUnreported,
    now: datetime,
) -> Finding | None:
    """A report without a repair entry some working days later: a reminder to the custodian."""
    due = repair_due(report, calendar, parameters)
    if report.kind == "lost" or now < due.at:
        return None
    is_done = report.repair_at is not None or report.resolved_at is not None
    register = facts.recorder_at(report.recorder_id, report.reported_at)
    mark = f"（{PROVISIONAL}）" if due.is_provisional else ""
    return Finding(
        rule=RULE.id,
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
        parameters=thresholds_of(parameters),
    )


def repair_due(report: KnownReport, calendar: WorkingCalendar, parameters: FaultUnreported) -> Deadline:
    """By when the repair should be entered."""
    return end_of_working_day_after(calendar, report.reported_at, parameters.repair_days)
