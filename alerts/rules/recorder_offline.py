"""recorder-offline: on duty and silent, where the cause is no other rule's business; for the command centre."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.causes.evidence import SharedLoss, Verdict
from alerts.causes.words import CAUSES
from alerts.duties import EXCUSES
from alerts.duty import NO_TIMES, OnDuty, ReportTimes, duty_times, recorder_excuses, recorder_on_duty
from alerts.facts.known import KnownFacts
from alerts.findings import Evidence, Finding, Standing, Subject
from alerts.intervals import Interval, intersect, subtract, total
from alerts.rules.rule import Rule, duration, during, thresholds_of
from alerts.rules.sim_removed import on_duty_ids
from alerts.silences.rows import SilenceRow
from alerts.wearer import login_at, wearer


@dataclass(frozen=True, slots=True)
class RecorderOffline:
    """`after_min`: how long on duty and silent; `before_shift_min`: a loss this shortly before a shift belongs to it."""

    after_min: float = 10.0
    before_shift_min: float = 30.0


RULE = Rule(
    id="recorder-offline",
    name="在岗失联",
    clause=None,
    box=None,
    weight="operational",
    parameters=RecorderOffline,
    sql="recorder_offline",
)


def judge(
    row: SilenceRow,
    verdict: Verdict,
    shared: SharedLoss | None,
    facts: KnownFacts,
    parameters: RecorderOffline,
    *,
    now: datetime,
    times: Mapping[str, ReportTimes] = NO_TIMES,
) -> Finding | None:
    """One silence as an operational incident; None where it is too short, off duty or on the dock."""
    begins = row.since
    if shared is not None:
        # An outage explains its own time; who stays away long after it is offline from then on.
        begins = max(begins, shared.ends_at or now)
    silent = Interval(begins, row.until or now)
    if silent.length < timedelta(minutes=parameters.after_min) or verdict.cause == "docked":
        return None
    around = Interval(row.since - timedelta(minutes=parameters.before_shift_min), silent.end)
    on_duty = recorder_on_duty(row.recorder_id, around, facts)
    duties = duty_times(on_duty)
    missed = total(intersect(duties, [silent]))
    began_on_duty = any(
        d.start - timedelta(minutes=parameters.before_shift_min) <= row.since < d.end for d in _whole(on_duty)
    )
    if missed < timedelta(minutes=parameters.after_min) or not began_on_duty:
        return None
    is_elsewhere = verdict.cause == "sim_removed" and verdict.confidence != "suspected"
    excuses = recorder_excuses(row.recorder_id, silent, facts, times)
    is_excused = bool(excuses) and not subtract([silent], [e.during for e in excuses])
    standing: Standing = "holds" if row.until is None else "resolved"
    standing = "withdrawn" if is_elsewhere else ("excused" if is_excused else standing)
    return Finding(
        rule=RULE.id,
        key=f"{row.recorder_id}|{row.since.isoformat()}",
        subject=_subject(row, on_duty_ids(on_duty, silent), facts),
        starts_at=begins,
        ends_at=row.until,
        confidence=verdict.confidence,
        weight="operational",
        standing=standing,
        evidence=_evidence(row, verdict, is_elsewhere=is_elsewhere),
        cause=verdict.cause,
        excuse=f"{EXCUSES[excuses[0].kind]}（{excuses[0].fact}）" if standing == "excused" else None,
        parameters=thresholds_of(parameters),
    )


def _whole(on_duty: Sequence[OnDuty]) -> list[Interval]:
    return [Interval(on.duty.starts_at, on.duty.ends_at or on.during.end) for on in on_duty]


def _evidence(row: SilenceRow, verdict: Verdict, *, is_elsewhere: bool) -> Evidence:
    lasted = f"，共{duration(row.until - row.since)}" if row.until is not None else ""
    silent = f"{row.recorder_id}{during(row.since, row.until)}在岗失联{lasted}"
    cause = CAUSES[verdict.cause]
    reasons = verdict.reasons
    # A suspicion is none of the facts.
    if verdict.confidence == "suspected":
        reasons = (f"疑似原因：{cause}，待查清。", *reasons)
    elif is_elsewhere:
        silent += f"，另按{cause}处理"
    elif verdict.cause == "unknown":
        silent += f"，{cause}"
    else:
        silent += f"，{'查明' if verdict.confidence == 'confirmed' else '很可能'}：{cause}"
    return Evidence(f"{silent}。", reasons, verdict.pleas, facts=dict(verdict.facts))


def _subject(row: SilenceRow, duty_ids: tuple[str | None, str | None], facts: KnownFacts) -> Subject:
    answer = wearer(row.recorder_id, row.since, facts, login_at(row.recorder_id, row.since, facts))
    return Subject(answer.unit_id, row.recorder_id, answer.officer_id, *duty_ids)
