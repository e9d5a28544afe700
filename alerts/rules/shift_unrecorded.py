"""shift-unrecorded: a patrol or campaign shift ended with hardly anything recorded by its officer in all of it."""

from dataclasses import dataclass
from datetime import timedelta

from alerts.duties import DutyCase, describe, describe_excuses, main_excuse
from alerts.findings import Evidence, Finding, Standing
from alerts.intervals import intersect, total
from alerts.rules.rule import Rule, thresholds_of


@dataclass(frozen=True, slots=True)
class ShiftUnrecorded:
    """When it is judged; how much must be recorded; how long the part must be that nothing excuses (`rest_min`)."""

    wait_min: float = 15.0
    give_up_h: float = 24.0
    least_s: float = 60.0
    rest_min: float = 60.0


RULE = Rule(
    id="shift-unrecorded",
    name="整班未录制",
    clause="二(一)执法必用",
    box=None,
    weight="check",
    parameters=ShiftUnrecorded,
    sql="shift_unrecorded",
)


def judge(case: DutyCase, parameters: ShiftUnrecorded) -> Finding:
    """Whether the shift went by unrecorded; `withdrawn` where it did not."""
    rest = case.rest
    recorded = total(case.coverage.recorded)
    confidence = case.confidence(rest or [case.within])
    standing: Standing = "holds"
    if recorded >= timedelta(seconds=parameters.least_s):
        standing = "withdrawn"
    elif case.excuses and total(rest) < timedelta(minutes=parameters.rest_min):
        standing = "excused"
    minutes = total(intersect([case.within], rest)).total_seconds() / 60
    seconds = recorded.total_seconds()
    names = "、".join(case.coverage.recorder_ids) or "无领用登记"
    return Finding(
        rule=RULE.id,
        key=case.duty.duty_id,
        subject=case.subject,
        starts_at=case.within.start,
        ends_at=case.within.end,
        confidence=confidence,
        weight="check",
        standing=standing,
        evidence=Evidence(
            sentences=(
                f"{describe(case.duty, case.within)}全程仅录制{seconds:.0f}秒（{names}），应在岗{minutes:.0f}分钟。",
                "班次期间设备读数连续、序号无缺。"
                if confidence == "confirmed"
                else "有利情节：班次期间设备有失联、关机或读数缺失，部分时段是否录制不能确知。",
                *describe_excuses(case.excuses),
            ),
            facts={
                "recorder_ids": list(case.coverage.recorder_ids),
                "recorded_s": recorded.total_seconds(),
                "unknown_s": total(case.coverage.unknown).total_seconds(),
            },
        ),
        excuse=main_excuse(case.excuses) if standing == "excused" else None,
        parameters=thresholds_of(parameters),
        absence=case.absence(rest or [case.within]),
    )
