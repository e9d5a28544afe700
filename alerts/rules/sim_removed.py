"""sim-removed: on duty a recorder was cut off because its SIM left the slot, or it came back with a card that isn't bound.

What is measured is that the card was gone, never why: intent is for people to find.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerts.duty.duty_case import EXCUSES
from alerts.duty.on_duty import NO_TIMES, Excuse, OnDuty, ReportTimes, duty_times, recorder_excuses, recorder_on_duty
from alerts.duty.wearer import wearers_during
from alerts.facts.known import KnownFacts
from alerts.finding import Confidence, Evidence, Finding, Standing, Subject, Weight
from alerts.intervals import Interval, intersect, subtract, total
from alerts.rules.rule import Rule, thresholds_of
from alerts.shanghai_time import day_and_time, duration, during, span
from alerts.silences.cause_evidence import SimEvidence, Verdict
from alerts.silences.foreign_sims import ForeignCard
from alerts.silences.rows import SilenceRow

INTENT: Final = "是否人为、是否故意，系统不能判断。"
_MOMENT = timedelta(seconds=1)
_HOUR = timedelta(hours=1)
Times = Mapping[str, ReportTimes]


@dataclass(frozen=True, slots=True)
class SimRemoved:
    """`suspect_after_min`: after how long a loss that looks like a pull is shown to the command centre as suspected."""

    suspect_after_min: float = 10.0
    binding_slack_min: float = 60.0


RULE = Rule(
    id="sim-removed",
    name="SIM卡脱离",
    clause="三(二)5",
    box="附件2 №5",
    weight="transfer",
    parameters=SimRemoved,
    sql="sim_removed",
)


@dataclass(frozen=True, slots=True)
class Pull:
    """A card that was gone: the window in which it left, when it is known to have been away, from loss to return."""

    recorder_id: str
    pulled_from: datetime
    pulled_to: datetime
    away: Interval
    starts_at: datetime
    ends_at: datetime | None
    confidence: Confidence
    is_blind: bool = False
    """Nobody can be named: it happened on the dock, or nobody knows when."""


def judge_silence(
    row: SilenceRow,
    verdict: Verdict,
    facts: KnownFacts,
    parameters: SimRemoved,
    *,
    now: datetime,
    times: Times = NO_TIMES,
) -> Finding | None:
    """What one silence says about the SIM; None where it says nothing or nobody was on duty."""
    if verdict.cause != "sim_removed":
        return None
    if verdict.sim is None:
        return _suspected(row, verdict, facts, parameters, now=now)
    sim = verdict.sim
    away_to = sim.last_at if sim.proof != "event" else max(sim.last_at, sim.first_at + timedelta(seconds=60))
    is_later = sim.pulled_from - row.since > timedelta(seconds=120)
    pull = Pull(
        row.recorder_id,
        sim.pulled_from,
        sim.pulled_to,
        Interval(sim.first_at, max(away_to, sim.first_at + _MOMENT)),
        sim.pulled_from if is_later else row.since,
        row.until,
        verdict.confidence,
        is_blind=row.goodbye == "docked",
    )
    evidence = Evidence(
        _measured(row.recorder_id, sim, verdict.facts),
        verdict.reasons,
        verdict.pleas,
        limits=(INTENT,),
        facts=dict(verdict.facts),
    )
    return _finding(pull, evidence, facts, parameters, times)


def _suspected(
    row: SilenceRow, verdict: Verdict, facts: KnownFacts, parameters: SimRemoved, *, now: datetime
) -> Finding | None:
    """A loss that looks like a pull, for the screens of the command centre only."""
    if row.until is not None or now < row.since + timedelta(minutes=parameters.suspect_after_min):
        return None
    pull = Pull(
        row.recorder_id,
        row.since,
        row.since + _MOMENT,
        Interval(row.since, row.since + _MOMENT),
        row.since,
        None,
        "suspected",
    )
    evidence = Evidence(
        f"{row.recorder_id}自{day_and_time(row.since)}起失联，疑似SIM卡脱离，尚待查清。",
        (*verdict.reasons, "失联前电量、信号良好且未道别，与SIM卡脱离相符。"),
        limits=("SIM卡是否脱离，待恢复后补传查清，目前仅供指挥中心参考。",),
        facts=dict(verdict.facts),
    )
    return _finding(pull, evidence, facts, parameters)


def judge_card(
    recorder_id: str,
    card: ForeignCard,
    losses: Sequence[SilenceRow],
    facts: KnownFacts,
    parameters: SimRemoved,
    *,
    times: Times = NO_TIMES,
) -> Finding | None:
    """A foreign card, from the loss before it to the return of a bound one; None where nobody was on duty with it."""
    lost = [row.since for row in losses if row.since < card.first_at]
    told = [
        at for at in (*lost[-1:], card.online_to) if at is not None and (card.bound_at is None or at >= card.bound_at)
    ]
    loss = max(told, default=None)
    known_in = max(filter(None, (card.bound_at, loss)), default=card.first_at)
    pull = Pull(
        recorder_id,
        min(known_in, card.first_at),
        card.first_at,
        Interval(card.first_at, max(card.back_at or card.last_at, card.first_at + _MOMENT)),
        loss or card.first_at,
        card.back_at,
        "confirmed" if card.is_told_twice else "suspected",
        is_blind=card.bound_at is None,
    )
    reasons = [f"所报卡号{card.iccid}。"]
    if card.bound_at is not None:
        reasons.append(f"此前最后一次自报已绑定卡号{card.bound_iccid}为{day_and_time(card.bound_at)}。")
    if card.back_at is not None:
        reasons.append(f"{day_and_time(card.back_at)}起恢复为已绑定卡。")
    limits = [f"{INTENT}如系经批准换卡，请补登绑定。"]
    if card.bound_at is None:
        limits.append("系统此前未见过该机的已绑定卡号，何时换卡不能确知。")
    facts_said = {
        "iccid": card.iccid,
        "bound_iccid": card.bound_iccid,
        "first_at": card.first_at.isoformat(),
        "bound_at": card.bound_at.isoformat() if card.bound_at else None,
        "back_at": card.back_at.isoformat() if card.back_at else None,
    }
    evidence = Evidence(
        f"{recorder_id}{during(card.first_at, card.back_at)}自报的SIM卡号与登记绑定的不符（{card.sightings}次报告）。",
        tuple(reasons),
        limits=tuple(limits),
        facts=facts_said,
    )
    return _finding(pull, evidence, facts, parameters, times)


def _measured(recorder_id: str, sim: SimEvidence, facts: Mapping[str, object]) -> str:
    """What was measured of the SIM: the deciding fact."""
    # Whole minutes only: never more than is proven.
    proven = timedelta(minutes=sim.proven_s // 60)
    match sim.proof:
        case "absent":
            length, reports = duration(proven), facts["sim_absent_heartbeats"]
            said = f"检测不到SIM卡（连续{length}，{reports}条报告）"
            return f"{recorder_id}于{span(sim.first_at, sim.last_at)}{said}。"
        case "event":
            return f"{recorder_id}于{day_and_time(sim.first_at)}自报SIM卡脱离。"
        case "unsensed":
            return f"{recorder_id}于{span(sim.first_at, sim.last_at)}信号良好而无网络（{duration(proven)}），与SIM卡不在位相符。"


def _finding(
    pull: Pull, evidence: Evidence, facts: KnownFacts, parameters: SimRemoved, times: Times = NO_TIMES
) -> Finding | None:
    within = Interval(pull.pulled_from, max(pull.pulled_to, pull.away.end) + _MOMENT)
    on_duty = recorder_on_duty(pull.recorder_id, within, facts)
    duties = duty_times(on_duty)
    if not total(intersect(duties, [pull.away])):
        return None
    act = Interval(pull.pulled_from, pull.pulled_to + _MOMENT)
    was_on_duty = not subtract([act], duties)
    subject = _subject(pull, act, on_duty_ids(on_duty, pull.away), facts)
    is_sure = pull.confidence == "confirmed" and was_on_duty and subject.officer_id is not None
    weight: Weight = "transfer" if is_sure else "check"
    excuse = _excuse(pull, facts, times)
    standing: Standing = "holds" if excuse is None else "excused"
    return Finding(
        rule=RULE.id,
        key=f"{pull.recorder_id}|{pull.starts_at.isoformat()}",
        subject=subject,
        starts_at=pull.starts_at,
        ends_at=pull.ends_at,
        confidence=pull.confidence,
        weight=weight,
        standing=standing,
        evidence=evidence,
        cause="sim_removed",
        excuse=None if excuse is None else f"{EXCUSES[excuse.kind]}（{excuse.fact}）",
        parameters=thresholds_of(parameters),
    )


def on_duty_ids(on_duty: Sequence[OnDuty], within: Interval) -> tuple[str | None, str | None]:
    """The shift and the activity that ran in a stretch."""
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


def _subject(pull: Pull, act: Interval, duty_ids: tuple[str | None, str | None], facts: KnownFacts) -> Subject:
    """One certain wearer over the whole window in which the card can have left; else the unit, and nobody is named."""
    answers = [answer for _, answer in wearers_during(pull.recorder_id, act, facts)]
    officers = {answer.officer_id for answer in answers}
    officer_id = officers.pop() if len(officers) == 1 and not pull.is_blind else None
    register = facts.recorder_at(pull.recorder_id, act.start)
    unit_id = answers[0].unit_id if officer_id is not None and answers else (register.unit_id if register else None)
    return Subject(unit_id, pull.recorder_id, officer_id, *duty_ids)


def _excuse(pull: Pull, facts: KnownFacts, times: Times) -> Excuse | None:
    """A repair, a loss, or a report of a fault over the time of the pull; a flat battery explains no missing card."""
    within = Interval(pull.pulled_from, min(pull.away.end, pull.pulled_to + _HOUR) + _MOMENT)
    kinds = {f"fault_reports/{report.fault_report_id}": report.kind for report in facts.reports}
    for excuse in recorder_excuses(pull.recorder_id, within, facts, times):
        explains = excuse.kind in {"repair", "lost"} or kinds.get(excuse.fact) == "fault"
        if explains and excuse.during.overlaps(within):
            return excuse
    return None
