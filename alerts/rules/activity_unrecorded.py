"""activity-unrecorded: an activity ended, and none of its officers' recorders recorded a second of it."""

from datetime import timedelta

from pydantic import Field

from alerts.duty.duty_case import (
    DutyCase,
    describe,
    describe_excuses,
    how_known,
    is_settled,
    not_known,
    of_recorders,
    told,
)
from alerts.finding import Evidence, Finding, Standing
from alerts.intervals import Interval, total
from alerts.rules.duties import ACTIVITIES, ended, finding_of
from alerts.rules.recording_incomplete import tolerance_of
from alerts.rules.rule import Rule
from alerts.shanghai_time import duration
from telemetry.domain.settings_table import Hours, Minutes, Table


class ActivityUnrecorded(Table):
    """When an activity without any recording is judged."""

    wait_min: Minutes = Field(
        30.0, title="活动结束后多久判断", description="minutes after the activity's end until the judgement"
    )
    give_up_h: Hours = Field(
        24.0,
        title="记录仪关机或者静默时最多等待多久",
        description="hours to wait for a recorder that is off or unheard",
    )


def judge(case: DutyCase, parameters: ActivityUnrecorded) -> list[Finding]:
    """Whether the activity went unrecorded; `withdrawn` if it didn't."""
    if not case.is_over(parameters.wait_min):
        return []
    rest = case.rest
    confidence = case.confidence(rest or [case.within])
    standing: Standing = "holds"
    if total(case.coverage.recorded) >= timedelta(seconds=1) or not case.within.length:
        standing = "withdrawn"
    elif case.excuses and total(rest) <= tolerance_of(case.duty):
        standing = "excused"
    return [finding_of(case, rest, standing, case.weight(confidence), _evidence(case, rest, standing))]


def _evidence(case: DutyCase, rest: list[Interval], standing: Standing) -> Evidence:
    who = of_recorders(case)
    part = rest or [case.within]
    reasons, limits = how_known(case, part), not_known(case, part, "是否录制")
    what = "全程无录制" if is_settled(case, [case.within]) else "未见录制"
    length = duration(case.within.length)
    key = f"{who}在{told(case.duty, case.within)}中{what}（{length}）。"
    if standing == "withdrawn":
        key = f"{told(case.duty, case.within)}经核实有录制（{duration(total(case.coverage.recorded))}），此前的线索不成立。"
        reasons, limits = (), ()
    elif not who:
        key = f"{told(case.duty, case.within)}{what}（{length}），参加人员无领用登记的记录仪。"
    names = "、".join(case.coverage.recorder_ids) or "无"
    return Evidence(
        key,
        (f"{describe(case.duty, case.within)}，参加人员的记录仪：{names}。", *reasons),
        tuple(describe_excuses(case.excuses)),
        limits,
        facts={
            "recorder_ids": list(case.coverage.recorder_ids),
            "officer_ids": list(case.duty.officer_ids),
            "unexcused": [[i.start.isoformat(), i.end.isoformat()] for i in rest],
            "unknown": [[i.start.isoformat(), i.end.isoformat()] for i in case.coverage.unknown],
        },
    )


RULE = Rule(
    id="activity-unrecorded",
    title="执法活动未录制",
    what="执法活动，未查到任何录制",
    conduct="开展执法活动时未开启执法记录仪，参加人员所佩戴的执法记录仪均无录制",
    clause="二(二)1，三(一)",
    box=(1, None),
    weight="transfer",
    parameters=ActivityUnrecorded,
    source=ACTIVITIES,
    judge=judge,
    file=__file__,
    score=5.0,
    deadlines=ended,
)
