"""recording-incomplete: an activity was recorded, but its team's recordings start late, end early or pause."""

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
from alerts.facts.known import KnownDuty
from alerts.finding import Evidence, Finding, Standing
from alerts.intervals import Interval, gaps, subtract, total
from alerts.rules.duties import ACTIVITIES, ended, finding_of
from alerts.rules.rule import Rule
from alerts.shanghai_time import clock, duration, span
from telemetry.domain.settings_table import Minutes, Seconds, Table


class RecordingIncomplete(Table):
    """Tolerances by which a recording may begin late, end early or pause. Source: regulation 二(二)2(3), 三(二)1."""

    wait_min: Minutes = Field(
        2.0, title="活动结束后多久判断", description="minutes after the activity's end until the judgement"
    )
    measured_min: Minutes = Field(
        2.0,
        title="活动时间由设备或者签到测得时的宽限",
        description="tolerance where the activity's times come from a device or check-in",
    )
    typed_min: Minutes = Field(
        10.0, title="活动时间为手工填报时的宽限", description="tolerance where the activity's times were typed"
    )
    pause_s: Seconds = Field(180.0, title="中断达到多久才计", description="shortest pause that counts")


def tolerance_of(duty: KnownDuty, parameters: RecordingIncomplete | None = None) -> timedelta:
    """How far the entered times of an activity may differ from the real ones."""
    chosen = parameters or RecordingIncomplete()
    if duty.times_from in {"device", "checkin"}:
        return timedelta(minutes=chosen.measured_min)
    return timedelta(minutes=max(chosen.typed_min, duty.rounded_to_min or 0.0))


def judge(case: DutyCase, parameters: RecordingIncomplete) -> list[Finding]:
    """Whether the recordings have gaps that nothing excuses; `withdrawn` if they have none."""
    if not case.is_over(parameters.wait_min):
        return []
    missing = breaks(case, parameters)
    left = [gap for gap in missing if _weighs(gap, case, parameters)]
    part = [piece for gap in left or missing for piece in subtract([gap], [e.during for e in case.excuses])]
    confidence = case.confidence(part or [case.within])
    standing: Standing = "holds"
    if not missing or total(case.coverage.recorded) < timedelta(seconds=1):
        standing = "withdrawn"
    elif not left:
        standing = "excused"
    return [finding_of(case, part, standing, case.weight(confidence), _evidence(case, left or missing, part, standing))]


def breaks(case: DutyCase, parameters: RecordingIncomplete) -> list[Interval]:
    """Late starts, early ends and pauses beyond the tolerance of the activity's times."""
    tolerance = tolerance_of(case.duty, parameters)
    within = case.within
    return [
        gap
        for gap in gaps(case.coverage.recorded, within)
        if _is_break(gap, within, tolerance, timedelta(seconds=parameters.pause_s))
    ]


def _is_break(gap: Interval, within: Interval, tolerance: timedelta, pause: timedelta) -> bool:
    if gap.start <= within.start:
        return gap.length > tolerance
    if gap.end >= within.end:
        return gap.length > tolerance
    # A pause within the tolerance of the start or end may lie outside the real activity.
    is_outside = gap.end <= within.start + tolerance or gap.start >= within.end - tolerance
    return gap.length >= pause and not is_outside


def _weighs(gap: Interval, case: DutyCase, parameters: RecordingIncomplete) -> bool:
    """Whether the unexcused rest of a gap would still count as a gap."""
    rest = subtract([gap], [e.during for e in case.excuses])
    if not case.excuses:
        return True
    is_edge = gap.start <= case.within.start or gap.end >= case.within.end
    least = tolerance_of(case.duty, parameters) if is_edge else timedelta(seconds=parameters.pause_s)
    return any(piece.length >= least for piece in rest)


def _kind(gap: Interval, within: Interval) -> str:
    if gap.start <= within.start:
        return "开始晚"
    return "结束早" if gap.end >= within.end else "中断"


def _evidence(case: DutyCase, listed: list[Interval], part: list[Interval], standing: Standing) -> Evidence:
    duty = told(case.duty, case.within)
    gaps_told = "；".join(f"{_kind(g, case.within)}{duration(g.length)}（{span(g.start, g.end)}）" for g in listed)
    if standing == "withdrawn":
        is_recorded = total(case.coverage.recorded) >= timedelta(seconds=1)
        key = f"{duty}经核实录制完整，此前的线索不成立。" if is_recorded else f"{duty}未见录制，不按录制不完整处理。"
        reasons: tuple[str, ...] = (f"{describe(case.duty, case.within)}。",)
        limits: tuple[str, ...] = ()
    else:
        worst = max(listed, key=lambda gap: gap.length)
        what = "缺录" if is_settled(case, listed) else "未见录制"
        more = f"等{len(listed)}处" if len(listed) > 1 else ""
        moment = f"{clock(worst.start)}至{clock(worst.end)}"
        key = f"{of_recorders(case)}在{duty}中{what}{duration(total(listed))}（{_kind(worst, case.within)}{moment}{more}）。"
        limits = not_known(case, part or [case.within], "是否录制")
        reasons = (
            f"{describe(case.duty, case.within)}有录制，但不完整：{gaps_told}。",
            *how_known(case, part or [case.within]),
        )
    return Evidence(
        key,
        reasons,
        tuple(describe_excuses(case.excuses)),
        limits,
        facts={
            "recorder_ids": list(case.coverage.recorder_ids),
            "officer_ids": list(case.duty.officer_ids),
            "gaps": [[g.start.isoformat(), g.end.isoformat()] for g in listed],
            "recorded": [[g.start.isoformat(), g.end.isoformat()] for g in case.coverage.recorded],
            "unknown": [[i.start.isoformat(), i.end.isoformat()] for i in case.coverage.unknown],
            "tolerance_s": tolerance_of(case.duty).total_seconds(),
        },
    )


RULE = Rule(
    id="recording-incomplete",
    title="执法记录不完整",
    what="执法活动，录制不完整",
    conduct="开展执法活动时未作全过程记录，录制存在迟开、早停或者中断",
    clause="二(二)2(3)，三(二)1",
    box=(2, 1),
    weight="transfer",
    parameters=RecordingIncomplete,
    source=ACTIVITIES,
    judge=judge,
    file=__file__,
    score=2.0,
    deadlines=ended,
)
