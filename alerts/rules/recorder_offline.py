"""recorder-offline: on duty and silent, and no other rule covers the cause; for the command centre only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from alerts.duty.duty_case import EXCUSES
from alerts.duty.on_duty import OnDuty, ReportTimes, duty_times, on_duty_ids, recorder_excuses, recorder_on_duty
from alerts.duty.wearer import login_at, wearer
from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Standing, Subject
from alerts.intervals import Interval, intersect, subtract, total
from alerts.rules.rests_on import worn
from alerts.rules.rule import SETTLE_S, Case, Rule
from alerts.rules.silences import SILENCES, Judged, Silences
from alerts.rules.tick import Tick
from alerts.shanghai_time import duration, during
from alerts.silences.cause_evidence import SharedLoss, Verdict
from alerts.silences.cause_texts import CAUSES
from alerts.silences.rows import SilenceRow
from telemetry.domain.settings_table import Minutes, Table
from telemetry.vocabulary import text

_MOMENT = timedelta(seconds=1)
_RECOUNT = timedelta(minutes=5)
_AROUND = timedelta(hours=1)


class RecorderOffline(Table):
    """How long a silence on duty is left alone."""

    after_min: Minutes = Field(
        10.0, title="在勤静默多久生成事件", description="minutes of silence on duty until it opens"
    )
    before_shift_min: Minutes = Field(
        30.0, title="班次开始前多久内的静默也计入该班次", description="a loss this close before a shift counts for it"
    )


@dataclass(frozen=True, slots=True)
class Offline:
    """One silence with its verdict, the outage that explains it, and the facts about who was on duty."""

    row: SilenceRow
    verdict: Verdict
    shared: SharedLoss | None
    facts: KnownFacts
    times: Mapping[str, ReportTimes]
    now: datetime


async def cases(tick: Tick, silences: Silences) -> Sequence[Case]:
    """The silences of this tick, and those that no longer exist."""
    gone = [Case(row.recorder_id, None, Interval(row.since, row.until or tick.now)) for row in silences.gone]
    return gone + [_case(tick, each, silences) for each in silences.judged]


def _case(tick: Tick, each: Judged, silences: Silences) -> Case:
    row, facts = each.row, silences.facts
    lasted = Interval(row.since, row.until or tick.now)
    return Case(
        row.recorder_id,
        Offline(row, each.verdict, each.shared, facts, silences.times, tick.now),
        lasted,
        key=str(row.silence_id),
        look_again=tuple(_look_again(tick, each)),
        rests_on=worn(row.recorder_id, Interval(lasted.start, lasted.end + _MOMENT), facts, _AROUND),
    )


def _look_again(tick: Tick, each: Judged) -> Iterable[datetime]:
    """When time alone can change the conclusion about a silence."""
    row = each.row
    after = timedelta(minutes=tick.settings.of(RecorderOffline).after_min)
    if row.until is None and each.shared is not None and each.shared.ends_at is not None:
        yield each.shared.ends_at + after
    # An outage schedules its members itself when it ends.
    if row.until is None and row.outage_key is None:
        yield row.since + after
        if row.on_duty:
            yield row.since + _RECOUNT
            yield row.since + timedelta(minutes=tick.settings.value("sim-removed", "suspect_after_min"))
    elif row.until is not None and not row.settled:
        yield max(row.until, row.touched_at) + timedelta(seconds=SETTLE_S)


def judge(offline: Offline, parameters: RecorderOffline) -> list[Finding]:
    """The operational finding about one silence; none if it is too short, off duty or on the dock."""
    row, verdict, shared, facts, now = offline.row, offline.verdict, offline.shared, offline.facts, offline.now
    begins = row.since
    if shared is not None:
        # An outage explains its own time; a recorder that stays away longer is offline from its end on.
        begins = max(begins, shared.ends_at or now)
    silent = Interval(begins, row.until or now)
    if silent.length < timedelta(minutes=parameters.after_min) or verdict.cause == "docked":
        return []
    around = Interval(row.since - timedelta(minutes=parameters.before_shift_min), silent.end)
    on_duty = recorder_on_duty(row.recorder_id, around, facts)
    duties = duty_times(on_duty)
    missed = total(intersect(duties, [silent]))
    began_on_duty = any(
        d.start - timedelta(minutes=parameters.before_shift_min) <= row.since < d.end for d in _whole(on_duty)
    )
    if missed < timedelta(minutes=parameters.after_min) or not began_on_duty:
        return []
    is_elsewhere = verdict.cause == "sim_removed" and verdict.confidence != "suspected"
    excuses = recorder_excuses(row.recorder_id, silent, facts, offline.times)
    is_excused = bool(excuses) and not subtract([silent], [e.during for e in excuses])
    standing: Standing = "holds" if row.until is None else "resolved"
    standing = "withdrawn" if is_elsewhere else ("excused" if is_excused else standing)
    finding = Finding(
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
    )
    return [finding]


def _whole(on_duty: Sequence[OnDuty]) -> list[Interval]:
    return [Interval(on.duty.starts_at, on.duty.ends_at or on.during.end) for on in on_duty]


def _evidence(row: SilenceRow, verdict: Verdict, *, is_elsewhere: bool) -> Evidence:
    lasted = f"，共{duration(row.until - row.since)}" if row.until is not None else ""
    silent = f"{row.recorder_id}{during(row.since, row.until)}在岗离线{lasted}"
    cause = CAUSES[verdict.cause]
    reasons = verdict.reasons
    # A suspicion is not a fact, so it stays out of the key sentence.
    if verdict.confidence == "suspected":
        reasons = (f"疑似原因：{cause}，待查清。", *reasons)
    elif is_elsewhere:
        silent += f"，另按{cause}处理"
    elif verdict.cause == "unknown":
        silent += f"，{cause}"
    else:
        silent += f"，{text('confidence', verdict.confidence)}：{cause}"
    return Evidence(f"{silent}。", reasons, verdict.pleas, facts=dict(verdict.facts))


def _subject(row: SilenceRow, duty_ids: tuple[str | None, str | None], facts: KnownFacts) -> Subject:
    answer = wearer(row.recorder_id, row.since, facts, login_at(row.recorder_id, row.since, facts))
    return Subject(answer.unit_id, row.recorder_id, answer.officer_id, *duty_ids)


RULE = Rule(
    id="recorder-offline",
    title="记录仪离线",
    what="离线{duration}",
    clause=None,
    box=None,
    weight="operational",
    parameters=RecorderOffline,
    source=SILENCES,
    cases=cases,
    judge=judge,
    file=__file__,
)
