"""shift-unrecorded: a patrol or campaign shift ended with almost nothing recorded by its officer."""

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
from alerts.intervals import Interval, intersect, total
from alerts.rules.duties import SHIFTS, ended, finding_of
from alerts.rules.rule import Rule
from alerts.shanghai_time import duration
from telemetry.domain.settings_table import Minutes, Seconds, Table


class ShiftUnrecorded(Table):
    """When a shift counts as unrecorded. Defaults: domain.md, "Rules" and "Excuses"."""

    wait_min: Minutes = Field(
        15.0, title="班次结束后多久判断", description="minutes after the shift's end until the judgement"
    )
    least_s: Seconds = Field(60.0, title="录制满多久即足够", description="recorded seconds that suffice")
    rest_min: Minutes = Field(
        60.0, title="扣除免录情形后，至少剩余多久才判断", description="least unexcused part that is judged"
    )


def judge(case: DutyCase, parameters: ShiftUnrecorded) -> list[Finding]:
    """Whether the shift went unrecorded; `withdrawn` if it didn't."""
    if not case.is_over(parameters.wait_min):
        return []
    rest = case.rest
    recorded = total(case.coverage.recorded)
    standing: Standing = "holds"
    if recorded >= timedelta(seconds=parameters.least_s):
        standing = "withdrawn"
    elif case.excuses and total(rest) < timedelta(minutes=parameters.rest_min):
        standing = "excused"
    return [finding_of(case, rest, standing, "check", _evidence(case, rest, recorded, standing))]


def _evidence(case: DutyCase, rest: list[Interval], recorded: timedelta, standing: Standing) -> Evidence:
    duty, seconds = told(case.duty, case.within), recorded.total_seconds()
    what = "无录制" if is_settled(case, [case.within]) else "未见录制"
    if seconds >= 1:
        what = f"仅录制{seconds:.0f}秒" if is_settled(case, [case.within]) else f"仅见录制{seconds:.0f}秒"
    on_duty = duration(total(intersect([case.within], rest)))
    part = rest or [case.within]
    reasons, limits = how_known(case, part), not_known(case, part, "是否录制")
    who = of_recorders(case)
    key = (
        f"{who}在{duty}中{what}（应在岗{on_duty}）。"
        if who
        else f"{duty}中{what}（应在岗{on_duty}），无领用登记的记录仪。"
    )
    if standing == "withdrawn":
        key, reasons, limits = f"{duty}经核实有录制（{duration(recorded)}），此前的线索不成立。", (), ()
    names = "、".join(case.coverage.recorder_ids) or "无"
    return Evidence(
        key,
        (f"{describe(case.duty, case.within)}，其记录仪：{names}。", *reasons),
        tuple(describe_excuses(case.excuses)),
        limits,
        facts={
            "recorder_ids": list(case.coverage.recorder_ids),
            "recorded_s": seconds,
            "unknown_s": total(case.coverage.unknown).total_seconds(),
        },
    )


RULE = Rule(
    id="shift-unrecorded",
    title="班次内无录制",
    what="班次，几乎没有录制",
    clause="二(一)执法必用",
    box=None,
    weight="check",
    parameters=ShiftUnrecorded,
    source=SHIFTS,
    judge=judge,
    file=__file__,
    score=2.0,
    deadlines=ended,
)
