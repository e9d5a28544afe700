"""Test helper: short builders for one squad's day, for tests of wearers and duties."""

from datetime import datetime, timedelta, timezone
from typing import Any

from alerts.facts.known import (
    KnownAssignment,
    KnownDuty,
    KnownExemption,
    KnownFacts,
    KnownOfficer,
    KnownRecorder,
    KnownReport,
    KnownUnit,
    Login,
)
from alerts.finding import Finding
from alerts.intervals import Interval

SHANGHAI = timezone(timedelta(hours=8))
MIDNIGHT = datetime(2026, 3, 2, tzinfo=SHANGHAI)


def at(clock: str) -> datetime:
    """A time on 2 March 2026 in Shanghai; hours over 24 are on the following days."""
    hours, minutes = clock.split(":")
    return MIDNIGHT + timedelta(hours=int(hours), minutes=int(minutes))


def the_one(findings: list[Finding]) -> Finding:
    """The only finding of a rule."""
    (finding,) = findings
    return finding


def one_or_none(findings: list[Finding]) -> Finding | None:
    """The only finding of a rule, or None."""
    assert len(findings) < 2
    return findings[0] if findings else None


def between(start: str, end: str) -> Interval:
    return Interval(at(start), at(end))


DAY = between("0:00", "24:00")


def hold(
    recorder_id: str,
    officer_id: str,
    start: str,
    end: str | None = None,
    reason: str = "daily",
    *,
    unconfirmed_to: str | None = None,
) -> KnownAssignment:
    name = f"{recorder_id}-{officer_id}-{start}"
    told = (name, recorder_id, officer_id, at(start), None if end is None else at(end), reason)
    return KnownAssignment(*told, unconfirmed_to=None if unconfirmed_to is None else at(unconfirmed_to))


def shift(
    officer_id: str, start: str, end: str, *, recorder_id: str | None = None, purpose: str = "patrol"
) -> KnownDuty:
    return KnownDuty("shift", f"S-{officer_id}-{start}", (officer_id,), recorder_id, at(start), at(end), purpose)


def activity(*officer_ids: str, start: str, end: str | None, recorder_id: str | None = None) -> KnownDuty:
    ends_at = None if end is None else at(end)
    name = f"C-{officer_ids[0]}-{start}"
    return KnownDuty("activity", name, officer_ids, recorder_id, at(start), ends_at, "inspection")


def login(
    recorder_id: str, officer_id: str | None, start: str, end: str | None = None, *, heard_to: str | None = None
) -> Login:
    ends_at = None if end is None else at(end)
    return Login(recorder_id, officer_id, at(start), ends_at, None if heard_to is None else at(heard_to))


def exemption(start: str, end: str, *, officer_id: str | None = None, unit_id: str | None = None) -> KnownExemption:
    return KnownExemption(f"E-{start}", officer_id, unit_id, at(start), at(end), "training", "李示例")


def report(recorder_id: str, officer_id: str, made: str, *, resolved: str | None = None, **more: Any) -> KnownReport:
    kind, repair = more.get("kind", "fault"), more.get("repair")
    resolved_at = None if resolved is None else at(resolved)
    repair_at = None if repair is None else at(repair)
    return KnownReport(f"F-{recorder_id}-{made}", officer_id, recorder_id, kind, at(made), repair_at, resolved_at)


def recorder(
    recorder_id: str,
    holder_id: str | None = None,
    *,
    status: str = "service",
    since: str = "0:00",
    until: str | None = None,
) -> KnownRecorder:
    known_to = None if until is None else at(until)
    told = (recorder_id, at(since), "squad", "HX-4G", holder_id, None, 30)
    return KnownRecorder(*told, senses_sim=True, status=status, known_to=known_to)


def facts(*, registers: list[KnownRecorder] | None = None, **rows: Any) -> KnownFacts:
    """One squad below a detachment, officers P1 to P4 in it and Q1 in another; recorders R1, R2, R9 without a holder."""
    units = [
        KnownUnit("bureau", "局", None, "bureau"),
        KnownUnit("detachment", "支队", "bureau", "detachment"),
        KnownUnit("squad", "第3中队", "detachment", "squad"),
        KnownUnit("other", "第4中队", "bureau", "squad"),
    ]
    people = [KnownOfficer(f"P{n}", f"示例{n}", "squad", ("officer",)) for n in range(1, 5)]
    people.append(KnownOfficer("Q1", "示例五", "other", ("officer",)))
    known = [recorder("R1"), recorder("R2"), recorder("R9", status="spare")] if registers is None else registers
    return KnownFacts(units=units, officers=people, recorders=known, **rows)
