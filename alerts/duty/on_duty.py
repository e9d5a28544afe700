"""Who was on duty and what excuses them; pure. Every rule asks this before it holds anything against anybody.

A duty is a patrol or campaign shift, or an activity; its time less exemptions is "on duty" (domain.md, "Rules"). An
excuse explains only its own time (domain.md, "Excuses"). Cancelled duties are not among the known facts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from alerts.duty.wearer import REPLACES, wearers_during, worn_by
from alerts.facts.known import KnownDuty, KnownExemption, KnownFacts, KnownReport
from alerts.intervals import Interval, clip, intersect, subtract, union

ExcuseKind = Literal["exemption", "fault_report", "lost", "repair", "spare"]


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A period in which an officer, or a recorder itself, is within a duty and not exempt."""

    during: Interval
    duty: KnownDuty
    officer_id: str | None
    """The candidate wearer through whom the recorder is on duty; None if the duty names the recorder."""


@dataclass(frozen=True, slots=True)
class Excuse:
    """What explains a period; `fact` is its place (`exemptions/E7`); `late`: it was entered after the fact (事后补录)."""

    kind: ExcuseKind
    during: Interval
    fact: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class ReportTimes:
    """What readings say about a fault report, which itself only says when it was made.

    `failed_at`: when the recorder failed. `worked_at`, `back_at`, `repaired_at`: when it was next online off the dock
    after the failure, the report and the hand-in for repair; None if that hasn't happened.
    """

    failed_at: datetime | None = None
    worked_at: datetime | None = None
    back_at: datetime | None = None
    repaired_at: datetime | None = None


NO_TIMES: Final[Mapping[str, ReportTimes]] = {}


def exempt_times(officer_id: str, within: Interval, facts: KnownFacts) -> list[Excuse]:
    """The exemptions of *officer_id*: his own, and those of his unit and all units above it."""
    return [
        Excuse("exemption", clip(e.starts_at, e.ends_at, within), f"exemptions/{e.exemption_id}", e.late)
        for e in facts.exemptions
        if Interval(e.starts_at, e.ends_at).overlaps(within) and _is_meant(officer_id, e, within, facts)
    ]


def officer_on_duty(officer_id: str, within: Interval, facts: KnownFacts) -> list[OnDuty]:
    """The duties of *officer_id* less his exemptions, cut to *within*, in order of their start."""
    exempt = [excuse.during for excuse in exempt_times(officer_id, within, facts)]
    return [
        OnDuty(stretch, duty, officer_id)
        for duty in facts.duties_of_officer.get(officer_id, [])
        if duty.needs_recorder
        for stretch in subtract([clip(duty.starts_at, duty.lasts_to, within)], exempt)
    ]


def recorder_on_duty(recorder_id: str, within: Interval, facts: KnownFacts) -> list[OnDuty]:
    """When *recorder_id* is on duty in *within*: through a candidate wearer, or because a duty names it.

    Empty for a recorder that isn't registered or is a `test` device.
    """
    register = facts.recorder_at(recorder_id, within.start)
    if register is None or not register.is_judged:
        return []
    found = [
        OnDuty(stretch, duty, None)
        for duty in facts.duties_of_recorder.get(recorder_id, [])
        if duty.needs_recorder
        for stretch in subtract([clip(duty.starts_at, duty.lasts_to, within)], _team_exempt(duty, within, facts))
    ]
    candidates: dict[str, list[Interval]] = {}
    for during, answer in wearers_during(recorder_id, within, facts):
        for officer_id in answer.candidates:
            candidates.setdefault(officer_id, []).append(during)
    for officer_id, held in candidates.items():
        for on_duty in officer_on_duty(officer_id, within, facts):
            if on_duty.duty.recorder_id != recorder_id:
                found += [OnDuty(s, on_duty.duty, officer_id) for s in intersect([on_duty.during], held)]
    return sorted(found, key=lambda on: (on.during.start, on.duty.kind, on.duty.duty_id, on.officer_id or ""))


def duty_times(on_duty: Iterable[OnDuty]) -> list[Interval]:
    """The time on duty, without overlaps."""
    return union(on.during for on in on_duty)


def recorder_excuses(
    recorder_id: str, within: Interval, facts: KnownFacts, times: Mapping[str, ReportTimes] = NO_TIMES
) -> list[Excuse]:
    """Excuses for *recorder_id* not being in use: fault reports, loss, repair, a spare that took over.

    *times* holds what readings say, by fault report id.
    """
    return _in_order([*_failures(recorder_id, within, facts, times), *_replaced(recorder_id, within, facts)])


def officer_excuses(
    officer_id: str, within: Interval, facts: KnownFacts, times: Mapping[str, ReportTimes] = NO_TIMES
) -> list[Excuse]:
    """Excuses for *officer_id* recording nothing: his exemptions, and failures of recorders he wore.

    A failure excuses nothing while he certainly had another recorder that worked.
    """
    worn = worn_by(officer_id, within, facts)
    concerned = sorted({w.recorder_id for w in worn} | _reported_by(officer_id, facts))
    failed = {recorder_id: _failures(recorder_id, within, facts, times) for recorder_id in concerned}
    working: list[Interval] = []
    for stretch in worn:
        if stretch.is_certain:
            working += subtract([stretch.during], [excuse.during for excuse in failed[stretch.recorder_id]])
    excuses = exempt_times(officer_id, within, facts)
    for recorder_id, known in failed.items():
        had = [w.during for w in worn if w.recorder_id == recorder_id]
        for excuse in known:
            # His own report counts by itself; another's report only while he wore the failed recorder.
            own = excuse.fact in _own_reports(officer_id, facts)
            explained = [excuse.during] if own else intersect([excuse.during], had)
            excuses += [Excuse(excuse.kind, rest, excuse.fact, excuse.late) for rest in subtract(explained, working)]
    return _in_order(excuses)


def duty_excuses(
    duty: KnownDuty, within: Interval, facts: KnownFacts, times: Mapping[str, ReportTimes] = NO_TIMES
) -> list[Excuse]:
    """Excuses for the team of *duty* recording nothing.

    A moment is excused if it is for every officer who had a recorder; if none had one, for every officer of the team.
    """
    during = clip(duty.starts_at, duty.lasts_to, within)
    equipped = [o for o in duty.officer_ids if worn_by(o, during, facts)] or list(duty.officer_ids)
    by_officer = [officer_excuses(officer_id, during, facts, times) for officer_id in equipped]
    excused = [during]
    for excuses in by_officer:
        excused = intersect(excused, [excuse.during for excuse in excuses])
    found = {
        Excuse(excuse.kind, stretch, excuse.fact, excuse.late)
        for excuses in by_officer
        for excuse in excuses
        for stretch in intersect([excuse.during], excused)
    }
    return _in_order(found)


def unexcused(during: Interval, excuses: Iterable[Excuse]) -> list[Interval]:
    """The part of *during* that no excuse covers."""
    return subtract([during], [excuse.during for excuse in excuses])


def _is_meant(officer_id: str, exemption: KnownExemption, within: Interval, facts: KnownFacts) -> bool:
    if exemption.officer_id is not None:
        return exemption.officer_id == officer_id
    unit_id = facts.unit_of_officer(officer_id, max(exemption.starts_at, within.start))
    return unit_id is not None and exemption.unit_id in facts.ancestors(unit_id)


def _team_exempt(duty: KnownDuty, within: Interval, facts: KnownFacts) -> list[Interval]:
    """When every officer of a duty is exempt."""
    exempt = [within]
    for officer_id in duty.officer_ids:
        exempt = intersect(exempt, [excuse.during for excuse in exempt_times(officer_id, within, facts)])
    return exempt


def _failures(recorder_id: str, within: Interval, facts: KnownFacts, times: Mapping[str, ReportTimes]) -> list[Excuse]:
    """When *recorder_id* was unusable, by fault reports and the register."""
    reported = [
        excuse
        for report in facts.reports
        if report.recorder_id == recorder_id
        for excuse in _report_excuses(report, within, times.get(report.fault_report_id, ReportTimes()))
    ]
    return [*reported, *_in_repair(recorder_id, within, facts)]


def _report_excuses(report: KnownReport, within: Interval, times: ReportTimes) -> list[Excuse]:
    """The time that a report excuses: from the failure to `resolved_at`, or until the recorder is back; and its repair.

    If the recorder worked before it was reported, the time in between isn't excused.
    """
    fact = f"fault_reports/{report.fault_report_id}"
    failed_at = min(report.reported_at, times.failed_at or report.reported_at)
    kind: ExcuseKind = "lost" if report.kind == "lost" else "fault_report"
    ends_at = report.resolved_at or times.back_at
    stretches: list[tuple[ExcuseKind, Interval]] = [(kind, clip(failed_at, ends_at, within))]
    if report.resolved_at is None and times.worked_at is not None and times.worked_at < report.reported_at:
        stretches = [
            (kind, clip(failed_at, times.worked_at, within)),
            (kind, clip(report.reported_at, ends_at, within)),
        ]
    if report.repair_at is not None:
        until = report.resolved_at or times.repaired_at
        stretches.append(("repair", clip(report.repair_at, until, within)))
    return [Excuse(kind, during, fact, report.late) for kind, during in stretches if during.length]


def _in_repair(recorder_id: str, within: Interval, facts: KnownFacts) -> list[Excuse]:
    """While the register says `repair` or `retired`."""
    return [
        Excuse("repair", during, f"recorders/{recorder_id}")
        for during, row in facts.register_during(recorder_id, within)
        if row.status in {"repair", "retired"}
    ]


def _replaced(recorder_id: str, within: Interval, facts: KnownFacts) -> list[Excuse]:
    """While its user had a spare or swapped recorder and nobody else used this one."""
    in_use = [during for during, answer in wearers_during(recorder_id, within, facts) if answer.officer_id is not None]
    return [
        Excuse("spare", rest, f"assignments/{spare.assignment_id}", spare.late)
        for officer_id, claimed in _claims(recorder_id, within, facts)
        for spare in facts.assignments_of_officer.get(officer_id, [])
        if spare.reason in REPLACES and spare.recorder_id != recorder_id
        for rest in subtract(intersect([clip(spare.starts_at, spare.ends_at, within)], [claimed]), in_use)
    ]


def _claims(recorder_id: str, within: Interval, facts: KnownFacts) -> set[tuple[str, Interval]]:
    """Who should have worn *recorder_id*, and when."""
    return {
        *(
            (a.officer_id, clip(a.starts_at, a.ends_at, within))
            for a in facts.assignments_of_recorder.get(recorder_id, [])
        ),
        *((d.officer_id, clip(d.starts_at, d.lasts_to, within)) for d in facts.duties_of_recorder.get(recorder_id, [])),
        *(
            (row.holder_id, during)
            for during, row in facts.register_during(recorder_id, within)
            if row.holder_id is not None
        ),
    }


def _reported_by(officer_id: str, facts: KnownFacts) -> set[str]:
    return {report.recorder_id for report in facts.reports if report.officer_id == officer_id}


def _own_reports(officer_id: str, facts: KnownFacts) -> set[str]:
    return {f"fault_reports/{r.fault_report_id}" for r in facts.reports if r.officer_id == officer_id}


def _in_order(excuses: Iterable[Excuse]) -> list[Excuse]:
    kept = (excuse for excuse in excuses if excuse.during.length)
    return sorted(kept, key=lambda excuse: (excuse.during, excuse.kind, excuse.fact))


def on_duty_ids(on_duty: Sequence[OnDuty], within: Interval) -> tuple[str | None, str | None]:
    """The ids of the shift and the activity that ran in *within*."""
    shift_id = activity_id = None
    for stretch in on_duty:
        duty, during = stretch.duty, stretch.during
        if not during.overlaps(within):
            continue
        if duty.kind == "shift":
            shift_id = shift_id or duty.duty_id
        else:
            activity_id = activity_id or duty.duty_id
    return shift_id, activity_id
