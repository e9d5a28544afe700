"""One shift or activity as the rules see it: who is answerable, what was recorded, what excuses it; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.duty.coverage import RecorderCoverage, TeamCoverage, team_coverage
from alerts.duty.on_duty import Excuse, ReportTimes, duty_excuses, exempt_times, unexcused
from alerts.duty.wearer import Worn, team_wore, worn_by
from alerts.facts.known import KnownDuty, KnownFacts
from alerts.finding import Confidence, Subject, Weight
from alerts.intervals import Interval, intersect, subtract
from alerts.shanghai_time import span
from telemetry.vocabulary import texts

PURPOSES: Mapping[str, str] = texts("activity") | texts("shift")
EXCUSES: Mapping[str, str] = texts("excuse")


@dataclass(frozen=True, slots=True)
class DutyCase:
    """One finished duty with all that a rule may use; `worn`: what its team may have worn."""

    duty: KnownDuty
    within: Interval
    facts: KnownFacts
    worn: tuple[Worn, ...]
    coverage: TeamCoverage
    excuses: tuple[Excuse, ...]
    subject: Subject
    now: datetime
    shown_at: datetime | None = None
    """When a recorder of the shift's officer was first online off the dock."""

    def is_over(self, wait_min: float) -> bool:
        """Whether the duty ended at least *wait_min* minutes ago."""
        return self.duty.ends_at is not None and self.now >= self.duty.ends_at + timedelta(minutes=wait_min)

    @property
    def rest(self) -> list[Interval]:
        """The unexcused part of the duty."""
        return unexcused(self.within, self.excuses)

    def confidence(self, part: Sequence[Interval]) -> Confidence:
        """How sure it is that *part* wasn't recorded (domain.md, "How sure")."""
        if self.coverage.is_pending(part):
            return "suspected"
        return "confirmed" if self.coverage.is_known(part) else "probable"

    def absence(self, part: Sequence[Interval]) -> tuple[tuple[str, Interval], ...]:
        """The recorders and times whose missing readings leave *part* unknown."""
        return tuple((r, rest) for r, missing in self.coverage.missing for rest in intersect([missing], part))

    def weight(self, confidence: Confidence) -> Weight:
        """`transfer` only with `confirmed` and one certain wearer; else `check` (domain.md, "How sure")."""
        return "transfer" if confidence == "confirmed" and self.subject.officer_id is not None else "check"


def stretch_of(duty: KnownDuty, now: datetime) -> Interval:
    """From the start of the duty to its end, or to *now* while it runs."""
    return Interval(duty.starts_at, min(duty.ends_at or now, now))


def case_of(
    duty: KnownDuty,
    worn: Sequence[Worn],
    facts: KnownFacts,
    of: Mapping[str, RecorderCoverage],
    *,
    times: Mapping[str, ReportTimes],
    now: datetime,
) -> DutyCase:
    """Everything about one duty."""
    within = stretch_of(duty, now)
    excuses = tuple(duty_excuses(duty, within, facts, times))
    coverage = team_coverage(within, worn, dict(of))
    return DutyCase(duty, within, facts, tuple(worn), coverage, excuses, subject_of(duty, within, facts), now)


def subject_of(duty: KnownDuty, within: Interval, facts: KnownFacts) -> Subject:
    """Who is answerable: the officer it is entered for, or the first team member who isn't exempt.

    Nobody is named if it is uncertain what he wore, or if the facts name somebody who isn't registered.
    """
    officer_id = next((o for o in duty.officer_ids if not _is_exempt(o, within, facts)), duty.officer_id)
    unit_id = facts.unit_of_officer(officer_id, within.start)
    worn = worn_by(officer_id, within, facts)
    is_certain = unit_id is not None and all(w.is_certain for w in worn) and not _is_contradicted(duty, within, facts)
    recorders = sorted({w.recorder_id for w in worn})
    return Subject(
        unit_id=unit_id if unit_id is not None else _unit_of_recorder(duty, within, facts),
        recorder_id=recorders[0] if len(recorders) == 1 else duty.recorder_id,
        officer_id=officer_id if is_certain else None,
        shift_id=duty.duty_id if duty.kind == "shift" else _shift_around(officer_id, within, facts),
        activity_id=duty.duty_id if duty.kind == "activity" else None,
    )


def _is_exempt(officer_id: str, within: Interval, facts: KnownFacts) -> bool:
    return not subtract([within], [e.during for e in exempt_times(officer_id, within, facts)])


def _is_contradicted(duty: KnownDuty, within: Interval, facts: KnownFacts) -> bool:
    """Whether somebody outside the team had, or may have had, the recorder that the duty names."""
    if duty.recorder_id is None:
        return False
    return any(w.recorder_id == duty.recorder_id and not w.is_certain for w in team_wore(duty, within, facts))


def _unit_of_recorder(duty: KnownDuty, within: Interval, facts: KnownFacts) -> str | None:
    register = facts.recorder_at(duty.recorder_id, within.start) if duty.recorder_id else None
    return None if register is None else register.unit_id


def _shift_around(officer_id: str, within: Interval, facts: KnownFacts) -> str | None:
    """The shift in which the officer's activity lies."""
    shifts = [
        d
        for d in facts.duties_of_officer.get(officer_id, [])
        if d.kind == "shift" and d.needs_recorder and d.covers(within.start)
    ]
    return shifts[0].duty_id if shifts else None


def describe(duty: KnownDuty, within: Interval) -> str:
    """A duty in Chinese: 执法活动A12（行政检查，3月2日10:00至10:40）."""
    word = "执法活动" if duty.kind == "activity" else "班次"
    return f"{word}{duty.duty_id}（{PURPOSES.get(duty.purpose, duty.purpose)}，{span(within.start, within.end)}）"


def told(duty: KnownDuty, within: Interval) -> str:
    """A duty in a key sentence, without its id: 3月2日10:00至10:40的执法活动."""
    return f"{span(within.start, within.end)}的{'执法活动' if duty.kind == 'activity' else '班次'}"


def of_recorders(case: DutyCase) -> str:
    """The recorders of a duty in a key sentence: up to two ids, and the number if there are more."""
    ids = case.coverage.recorder_ids
    return "、".join(ids[:2]) + (f"等{len(ids)}台" if len(ids) > 2 else "")


def is_settled(case: DutyCase, part: Sequence[Interval]) -> bool:
    """Whether all evidence about *part* is in and shows that it wasn't recorded."""
    return case.confidence(part) == "confirmed"


def how_known(case: DutyCase, part: Sequence[Interval]) -> tuple[str, ...]:
    """How it is known that *part* wasn't recorded; empty if it isn't known."""
    if not is_settled(case, part):
        return ()
    if case.coverage.is_read(part):
        return ("未录制时段内设备读数连续、序号无缺，没有录制状态的报告。",)
    return ("未录制时段中设备读数有缺的部分，由采集站导入的录像段证实没有录制。",)


def not_known(case: DutyCase, part: Sequence[Interval], question: str) -> tuple[str, ...]:
    """For which time *question* (e.g. 是否录制) can't be answered, and what evidence would answer it."""
    if is_settled(case, part):
        return ()
    spans = "、".join(span(i.start, i.end) for i in intersect(part, case.coverage.unknown)[:5])
    if case.coverage.is_pending(part):
        return (f"{spans}设备离线或者补传未齐，其间{question}，待设备恢复、补传或者导入后查清。",)
    return (f"{spans}没有连续的设备读数，其间{question}不能确定，导入录像段后可查清。",)


def describe_excuses(excuses: Iterable[Excuse]) -> list[str]:
    """One sentence per excuse, in favour of the persons concerned."""
    return [
        f"{span(e.during.start, e.during.end)}有{EXCUSES[e.kind]}（{e.fact}{'，事后补录' if e.late else ''}）。"
        for e in excuses
    ]


def main_excuse(excuses: Sequence[Excuse]) -> str | None:
    """The excuse that covers most time, as stored with an incident."""
    if not excuses:
        return None
    longest = max(excuses, key=lambda e: e.during.length)
    return f"{EXCUSES[longest.kind]}（{longest.fact}）"
