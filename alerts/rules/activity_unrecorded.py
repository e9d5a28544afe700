"""activity-unrecorded: an activity ended and no second of it was recorded by any recorder of any of its officers."""

from dataclasses import dataclass
from datetime import timedelta

from alerts.duties import DutyCase, describe, describe_excuses, main_excuse
from alerts.findings import Confidence, Evidence, Finding, Standing
from alerts.intervals import Interval, total
from alerts.rules.recording_incomplete import tolerance_of
from alerts.rules.rule import Rule, span, thresholds_of


@dataclass(frozen=True, slots=True)
class ActivityUnrecorded:
    """When it is judged, and how long a recorder is waited for that had said goodbye or was never heard."""

    wait_min: float = 30.0
    give_up_h: float = 24.0


RULE = Rule(
    id="activity-unrecorded",
    name="执法活动未录制",
    clause="二(二)1，三(一)",
    box="附件1",
    weight="transfer",
    parameters=ActivityUnrecorded,
    sql="activity_unrecorded",
)


def judge(case: DutyCase, parameters: ActivityUnrecorded) -> Finding:
    """Whether the activity went unrecorded; `withdrawn` where it did not."""
    rest = case.rest
    confidence = case.confidence(rest or [case.within])
    standing: Standing = "holds"
    if total(case.coverage.recorded) >= timedelta(seconds=1) or not case.within.length:
        standing = "withdrawn"
    elif case.excuses and total(rest) <= tolerance_of(case.duty):
        standing = "excused"
    return Finding(
        rule=RULE.id,
        key=case.duty.duty_id,
        subject=case.subject,
        starts_at=case.within.start,
        ends_at=case.within.end,
        confidence=confidence,
        weight=case.weight(confidence),
        standing=standing,
        evidence=_evidence(case, rest, confidence),
        excuse=main_excuse(case.excuses) if standing == "excused" else None,
        parameters=thresholds_of(parameters),
        absence=case.absence(rest or [case.within]),
    )


def _evidence(case: DutyCase, rest: list[Interval], confidence: Confidence) -> Evidence:
    names = "、".join(case.coverage.recorder_ids) or "无领用登记"
    return Evidence(
        sentences=(
            f"{describe(case.duty, case.within)}已结束，参加人员的记录仪（{names}）没有该时段的录制。",
            how_sure(case, confidence),
            *describe_excuses(case.excuses),
        ),
        facts={
            "recorder_ids": list(case.coverage.recorder_ids),
            "officer_ids": list(case.duty.officer_ids),
            "unexcused": [[i.start.isoformat(), i.end.isoformat()] for i in rest],
            "unknown": [[i.start.isoformat(), i.end.isoformat()] for i in case.coverage.unknown],
        },
    )


def how_sure(case: DutyCase, confidence: Confidence) -> str:
    """Why it is confirmed, or what isn't known."""
    unknown = "、".join(span(i.start, i.end) for i in case.coverage.unknown[:5])
    match confidence:
        case "confirmed":
            return "该时段设备读数连续、序号无缺，测得均为待机。"
        case "suspected":
            return f"有利情节：{unknown}设备失联或补传未齐，可能正在录制，证据未齐。"
        case "probable":
            return f"有利情节：{unknown}设备关机、未领用或读数有缺，是否录制不能确知，导入录像段后可查清。"
