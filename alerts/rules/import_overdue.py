"""import-overdue: footage wasn't imported at a docking station within 24 hours."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from pydantic import Field

from alerts.duty.coverage import by_either_clock
from alerts.duty.duty_case import EXCUSES
from alerts.duty.on_duty import Excuse, ReportTimes, recorder_excuses
from alerts.duty.wearer import wearers_during
from alerts.facts.known import KnownDuty, KnownFacts
from alerts.finding import Evidence, Finding, Standing, Subject, Weight
from alerts.intervals import Interval, subtract
from alerts.rules.rests_on import RestsOn
from alerts.rules.rule import Case, Rule, Source
from alerts.rules.tick import Tick, is_judged
from alerts.shanghai_time import SHANGHAI, day_and_time, span
from telemetry.domain.settings_table import HourOfDay, Hours, Minutes, Table

KIND: Final = "import"
_AFTER: Final = timedelta(hours=2)
_DAY: Final = timedelta(days=1)
_MOMENT: Final = timedelta(seconds=1)
_LEAST: Final = timedelta(seconds=1)


class ImportOverdue(Table):
    """When an import is due, and what it covers. Source: regulation 二(二)3(1), 三(二)2."""

    after_h: Hours = Field(
        24.0,
        title="结束后多久未导入即为逾期",
        description="hours after the activity or recording ended until the import is overdue",
    )
    remind_h: Hours = Field(
        20.0, title="结束后多久提醒", description="hours after the activity or recording ended until the reminder"
    )
    slack_min: Minutes = Field(
        2.0, title="导入起止时间的宽限", description="minutes by which an import's times are widened"
    )
    quiet_from_h: HourOfDay = Field(
        22.0,
        title="夜间从几时起不提醒，改为提前",
        description="hour (Asia/Shanghai) from which on no reminder goes out: it goes out before",
    )
    quiet_to_h: HourOfDay = Field(7.0, title="夜间到几时为止", description="hour (Asia/Shanghai) at which that ends")


@dataclass(frozen=True, slots=True)
class Import:
    """One import; `recorded` gives its outer bounds and never proves that something was recorded."""

    docked_at: datetime
    imported_at: datetime
    recorded: Interval


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording, its deadline, and when it was imported (None: not yet)."""

    during: Interval
    deadline: datetime
    imported_at: datetime | None

    @property
    def was_in_time(self) -> bool:
        """Whether an import covered it before its deadline."""
        return self.imported_at is not None and self.imported_at <= self.deadline


@dataclass(frozen=True, slots=True)
class RecorderDay:
    """What one recorder recorded on one duty day, and the facts that may excuse a missing import."""

    recorder_id: str
    day: date
    recordings: Sequence[Recording]
    facts: KnownFacts
    times: Mapping[str, ReportTimes]
    now: datetime


async def gather(tick: Tick) -> Sequence[Case]:
    """Recorder days that are due, or whose imports, recordings or duties changed."""
    for change in tick.changes:
        if change.kind == "recording":
            # A recording that starts now is over in two hours or checked again then. Whole hours keep the checks few.
            at = (change.from_at + _AFTER).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            key = f"{change.recorder_id}|{change.from_at.astimezone(SHANGHAI).date().isoformat()}"
            tick.due(KIND, key, max(at, tick.now + timedelta(seconds=1)))
    keys = [key.partition("|") for key in tick.keys(KIND)]
    days = sorted({(recorder_id, date.fromisoformat(day)) for recorder_id, _, day in keys})
    if not days:
        return []
    parameters = tick.settings.of(ImportOverdue)
    stretches = [(n, r, _midnight(day) - _DAY, _midnight(day) + 2 * _DAY) for n, (r, day) in enumerate(days)]
    recorded: dict[int, list[tuple[Interval, float]]] = defaultdict(list)
    for key, start, end, skew_s in await tick.questions.of("import_overdue.recordings", stretches):
        recorded[key].append((Interval(start, end), skew_s or 0.0))
    imports: dict[int, list[Import]] = defaultdict(list)
    for key, docked_at, imported_at, *bounds in await tick.questions.of("import_overdue.imports", stretches, tick.now):
        imports[key].append(Import(docked_at, imported_at, Interval(*bounds)))
    within = Interval(min(s[2] for s in stretches), max(s[3] for s in stretches))
    facts = await tick.facts(within, [r for r, _ in days])
    times = await tick.report_times(facts.reports)
    cases: list[Case] = []
    for n, (recorder_id, day) in enumerate(days):
        if is_judged(recorder_id, facts, tick.now):
            known = _recordings(recorder_id, recorded[n], imports[n], facts, parameters)
            cases += _cases(RecorderDay(recorder_id, day, [], facts, times, tick.now), known, parameters)
    return cases


def _cases(
    asked: RecorderDay, recordings: Sequence[tuple[date, Recording]], parameters: ImportOverdue
) -> Iterable[Case]:
    """The requested day and the day before: a shift that crosses midnight belongs to the day it began."""
    for day in (asked.day, asked.day - _DAY):
        own = [recording for duty_day, recording in recordings if duty_day == day]
        start = _midnight(day)
        if day == asked.day or own:
            late = [r.deadline for r in own if not r.was_in_time]
            yield Case(
                f"{asked.recorder_id}|{day.isoformat()}",
                replace(asked, day=day, recordings=own),
                Interval(start - _DAY, asked.now),
                look_again=(*late, *(reminder_at(deadline, parameters) for deadline in late)),
                rests_on=(RestsOn("recorder", asked.recorder_id, Interval(start - _DAY, start + 2 * _DAY)),)
                if day == asked.day
                else None,
            )


def _recordings(
    recorder_id: str,
    recorded: Iterable[tuple[Interval, float]],
    imports: Sequence[Import],
    facts: KnownFacts,
    parameters: ImportOverdue,
) -> list[tuple[date, Recording]]:
    found = []
    for during, skew_s in recorded:
        worn = wearers_during(
            recorder_id, Interval(during.start, max(during.end, during.start + timedelta(seconds=1))), facts
        )
        officers = {officer_id for _, answer in worn for officer_id in answer.candidates}
        duties = [d for officer_id in officers for d in facts.duties_of_officer.get(officer_id, [])]
        duties += facts.duties_of_recorder.get(recorder_id, [])
        recording = recording_of(during, duties, imports, parameters, skew_s=skew_s)
        if recording is not None:
            found.append((duty_day(during.start, duties), recording))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def recording_of(
    during: Interval,
    duties: Sequence[KnownDuty],
    imports: Sequence[Import],
    parameters: ImportOverdue,
    *,
    skew_s: float = 0.0,
) -> Recording | None:
    """A recording with its deadline; None while one of its activities is still running.

    If the device clock is off by *skew_s* seconds, an import may cover the recording by either clock.
    """
    own = [d for d in duties if d.kind == "activity" and d.starts_at < during.end]
    own = [d for d in own if d.ends_at is None or during.start < d.ends_at]
    ends = [d.ends_at for d in own if d.ends_at is not None]
    if len(ends) < len(own):
        return None
    deadline = max([during.end, *ends]) + timedelta(hours=parameters.after_h)
    slack = timedelta(minutes=parameters.slack_min)
    spans = by_either_clock(during.start, during.end, skew_s)
    covering = [i.imported_at for i in imports if any(_covers(i, start, end, slack) for start, end in spans)]
    return Recording(during, deadline, min(covering, default=None))


def _covers(done: Import, start: datetime, end: datetime, slack: timedelta) -> bool:
    is_within = done.recorded.start - slack <= start and end <= done.recorded.end + slack
    return is_within and done.docked_at >= end - slack


def reminder_at(deadline: datetime, parameters: ImportOverdue) -> datetime:
    """When to remind: at `remind_h`, or before the quiet hours if these come first."""
    moment = deadline - timedelta(hours=parameters.after_h - parameters.remind_h)
    local = moment.astimezone(SHANGHAI)
    hour = local.hour + local.minute / 60
    if parameters.quiet_to_h <= hour < parameters.quiet_from_h:
        return moment
    day = local.date() if hour >= parameters.quiet_from_h else local.date() - timedelta(days=1)
    evening = datetime.combine(day, time(int(parameters.quiet_from_h) - 1, 55), SHANGHAI)
    return max(evening, deadline - timedelta(hours=parameters.after_h))


def duty_day(moment: datetime, duties: Sequence[KnownDuty]) -> date:
    """The day a recording belongs to: the day its shift began, else its own day (Asia/Shanghai)."""
    shifts = [d.starts_at for d in duties if d.kind == "shift" and d.covers(moment)]
    return min([*shifts, moment]).astimezone(SHANGHAI).date()


def judge(asked: RecorderDay, parameters: ImportOverdue) -> list[Finding]:
    """What one recorder's day has overdue, or a reminder of what soon will be."""
    recorder_id, facts, now = asked.recorder_id, asked.facts, asked.now
    real = [r for r in asked.recordings if r.during.length >= _LEAST]
    late = [r for r in real if not r.was_in_time and now >= r.deadline]
    soon = [r for r in real if not r.was_in_time and now < r.deadline and now >= reminder_at(r.deadline, parameters)]
    listed = late or [r for r in soon if r.imported_at is None]
    if not listed and not soon:
        return []
    shown = sorted(listed or soon, key=lambda r: r.during)
    deadline = min(r.deadline for r in shown)
    excuse = _excuse(recorder_id, shown, facts, asked.times, now=now)
    standing: Standing = "holds" if listed else "resolved"
    weight: Weight = "check" if late else "reminder"
    subject = _subject(recorder_id, shown, facts)
    finding = Finding(
        key=f"{recorder_id}|{asked.day.isoformat()}",
        subject=subject,
        starts_at=shown[0].during.start,
        ends_at=deadline,
        confidence="confirmed",
        weight=weight,
        standing=standing if excuse is None else "excused",
        evidence=_evidence(recorder_id, shown, excuse, is_late=bool(late)),
        excuse=None if excuse is None else f"{EXCUSES[excuse.kind]}（{excuse.fact}）",
    )
    return [finding]


def _subject(recorder_id: str, shown: Sequence[Recording], facts: KnownFacts) -> Subject:
    answers = [answer for r in shown for _, answer in wearers_during(recorder_id, _at_least(r.during), facts)]
    officers = {answer.officer_id for answer in answers}
    officer_id = officers.pop() if len(officers) == 1 else None
    register = facts.recorder_at(recorder_id, shown[0].during.start)
    unit_id = answers[0].unit_id if officer_id is not None else (register.unit_id if register else None)
    own = facts.duties_of_officer.get(officer_id or "", [])
    shift = next((d.duty_id for d in own if d.kind == "shift" and d.covers(shown[0].during.start)), None)
    return Subject(unit_id, recorder_id, officer_id, shift_id=shift)


def _at_least(during: Interval) -> Interval:
    return Interval(during.start, max(during.end, during.start + _MOMENT))


def _excuse(
    recorder_id: str,
    shown: Sequence[Recording],
    facts: KnownFacts,
    times: Mapping[str, ReportTimes],
    *,
    now: datetime,
) -> Excuse | None:
    """The excuse that explains the missing import: lost, broken or in repair at the deadline, it can't be docked."""
    for recording in shown:
        until = min(recording.deadline, now)
        within = Interval(recording.during.end, max(until, recording.during.end + _MOMENT))
        excuses = [e for e in recorder_excuses(recorder_id, within, facts, times) if e.kind in {"lost", "repair"}]
        left = subtract([within], [e.during for e in excuses])
        if not excuses or any(piece.end >= until and piece.length > _MOMENT for piece in left):
            return None
    return excuses[-1] if shown else None


def _evidence(recorder_id: str, shown: Sequence[Recording], excuse: Excuse | None, *, is_late: bool) -> Evidence:
    first = shown[0].during
    pieces = span(first.start, first.end) + (f"等{len(shown)}段" if len(shown) > 1 else "")
    deadline = day_and_time(min(r.deadline for r in shown))
    done = [r.imported_at for r in shown if r.imported_at is not None]
    state = "尚未导入"
    if is_late:
        state = "逾期导入" if len(done) == len(shown) else "未按期导入"
    reasons = []
    if len(shown) > 1:
        told = "、".join(span(r.during.start, r.during.end) for r in shown[:6])
        reasons.append(f"涉及的录像段：{told}{'等' if len(shown) > 6 else ''}，共{len(shown)}段。")
    pleas = []
    if done:
        pleas.append(f"其中{len(done)}段已于{day_and_time(max(done))}补导。")
    if excuse is not None:
        pleas.append(f"记录仪{EXCUSES[excuse.kind]}（{excuse.fact}），无法按期导入。")
    return Evidence(
        f"{recorder_id}于{pieces}的录像{state}（期限{deadline}）。",
        tuple(reasons),
        tuple(pleas),
        facts={
            "recordings": [
                {
                    "from": r.during.start.isoformat(),
                    "to": r.during.end.isoformat(),
                    "deadline": r.deadline.isoformat(),
                    "imported_at": r.imported_at.isoformat() if r.imported_at else None,
                }
                for r in shown
            ],
        },
    )


RULE = Rule(
    id="import-overdue",
    title="视音频未按时导入",
    what="所录视音频未见导入采集站",
    conduct="未在24小时内将所录视音频导入采集工作站",
    clause="二(二)3(1)，三(二)2",
    box=(2, 2),
    weight="check",
    parameters=ImportOverdue,
    source=Source(KIND, gather),
    judge=judge,
    file=__file__,
    score=1.0,
    ask_leader="请{deadline}督促导入并签收，反馈初步结论：设备故障／经批准／需核查。",
    ask_wearer="请尽快到采集站导入。",
)
