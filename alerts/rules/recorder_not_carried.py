"""recorder-not-carried: none of the officer's recorders was online off the dock at the start of a shift."""

from datetime import datetime, timedelta

from pydantic import Field

from alerts.duty.duty_case import DutyCase, describe, describe_excuses, main_excuse, not_known, of_recorders, told
from alerts.facts.known import KnownDuty
from alerts.finding import Confidence, Evidence, Finding, Standing, Weight
from alerts.intervals import Interval, total
from alerts.rules.duties import SHIFTS
from alerts.rules.rule import Rule
from alerts.shanghai_time import clock, day_and_time
from telemetry.domain.settings_table import Minutes, Table


class RecorderNotCarried(Table):
    """The window around the shift's start in which a recorder must be seen, and the wait after its end."""

    before_min: Minutes = Field(
        30.0,
        title="班次开始前多久起应当在线",
        description="minutes before the shift's start from which on a recorder counts as seen",
    )
    after_min: Minutes = Field(
        15.0, title="班次开始后多久仍未在线即提醒", description="minutes after the shift's start until the reminder"
    )
    wait_min: Minutes = Field(
        15.0, title="班次结束后多久判断", description="minutes after the shift's end until the judgement"
    )


def deadlines(duty: KnownDuty, parameters: RecorderNotCarried) -> list[datetime]:
    """When to judge: shortly after the shift's start, and after its end."""
    ends = [duty.ends_at + timedelta(minutes=parameters.wait_min)] if duty.ends_at is not None else []
    return [duty.starts_at + timedelta(minutes=parameters.after_min), *ends]


def judge(case: DutyCase, parameters: RecorderNotCarried) -> list[Finding]:
    """A reminder at the start's deadline, a check after the end; nothing before."""
    duty, now, shown_at = case.duty, case.now, case.shown_at
    if duty.ends_at is None or now < duty.starts_at + timedelta(minutes=parameters.after_min):
        return []
    is_over = now >= duty.ends_at + timedelta(minutes=parameters.wait_min)
    was_late = shown_at is None or shown_at > duty.starts_at + timedelta(minutes=parameters.after_min)
    standing: Standing = "holds"
    if shown_at is not None:
        standing = "resolved" if was_late else "withdrawn"
    elif case.excuses and total(case.rest) < timedelta(minutes=parameters.after_min):
        standing = "excused"
    if standing == "excused" and not is_over:
        return []
    weight: Weight = "check" if is_over and shown_at is None else "reminder"
    confidence: Confidence = case.confidence(case.rest or [case.within]) if is_over else "confirmed"
    finding = Finding(
        key=duty.duty_id,
        subject=case.subject,
        starts_at=duty.starts_at,
        ends_at=duty.ends_at,
        confidence=confidence,
        weight=weight,
        standing=standing,
        evidence=_evidence(case, shown_at, parameters, is_over=is_over),
        excuse=main_excuse(case.excuses) if standing == "excused" else None,
        absence=_absence(case, shown_at, parameters, is_over=is_over),
    )
    return [finding]


def _absence(
    case: DutyCase, shown_at: datetime | None, parameters: RecorderNotCarried, *, is_over: bool
) -> tuple[tuple[str, Interval], ...]:
    """Recorders and times whose missing heartbeats the finding rests on."""
    start = case.duty.starts_at - timedelta(minutes=parameters.before_min)
    until = case.within.end if is_over else case.duty.starts_at + timedelta(minutes=parameters.after_min)
    until = max(start, until if shown_at is None else min(until, shown_at))
    return tuple((recorder_id, Interval(start, until)) for recorder_id in case.coverage.recorder_ids or ("",))


def _evidence(case: DutyCase, shown_at: datetime | None, parameters: RecorderNotCarried, *, is_over: bool) -> Evidence:
    who = of_recorders(case) or "参加人员（无领用登记的记录仪）"
    starts_at = case.duty.starts_at
    if shown_at is not None:
        key = f"{who}于{day_and_time(shown_at)}离开采集站在线，班次{clock(starts_at)}开始。"
    elif is_over:
        key = f"{who}在{told(case.duty, case.within)}中始终未见离开采集站在线。"
    else:
        since = starts_at - timedelta(minutes=parameters.before_min)
        key = f"{who}自{day_and_time(since)}起未见离开采集站在线，班次已于{clock(starts_at)}开始。"
    names = "、".join(case.coverage.recorder_ids) or "无"
    # A recorder that isn't heard isn't necessarily on the dock.
    is_open = is_over and shown_at is None
    return Evidence(
        key,
        (f"{describe(case.duty, case.within)}，其记录仪：{names}。",),
        tuple(describe_excuses(case.excuses)),
        not_known(case, case.rest or [case.within], "是否佩戴") if is_open else (),
        facts={
            "recorder_ids": list(case.coverage.recorder_ids),
            "shown_at": shown_at.isoformat() if shown_at else None,
        },
    )


RULE = Rule(
    id="recorder-not-carried",
    title="出勤未见记录仪在线",
    what="出勤，未见记录仪离开采集站在线",
    conduct="出勤期间未见所持执法记录仪离开采集站在线",
    clause="二(一)出勤必带",
    box=(2, 8),
    weight="check",
    parameters=RecorderNotCarried,
    source=SHIFTS,
    judge=judge,
    file=__file__,
    score=1.0,
    ask_wearer="请立即佩戴并开机；有请假、调换记录仪等情形的，请及时登记。",
    deadlines=deadlines,
    # A recorder that is carried is online for hours, so minutes of doubt don't matter.
    doubt_s=900.0,
)
