"""sim-removed: an on-duty recorder was cut off because its SIM left the slot, or it came back with another SIM.

Readings show that the SIM was gone, never why. People decide about intent (domain.md, "Rules"; regulation 三(二)5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from alerts.duty.duty_case import EXCUSES
from alerts.duty.on_duty import NO_TIMES, Excuse, duty_times, on_duty_ids, recorder_excuses, recorder_on_duty
from alerts.duty.wearer import wearers_during
from alerts.facts.known import KnownFacts
from alerts.finding import Confidence, Evidence, Finding, Standing, Subject, Weight
from alerts.intervals import Interval, intersect, subtract, total
from alerts.rules.rule import Rule
from alerts.rules.silences import SILENCES, Times
from alerts.rules.sim_cards import AROUND, RULE_ID, KnownCards, cases
from alerts.shanghai_time import day_and_time, duration, during, span
from alerts.silences.cause_evidence import SimEvidence, Verdict
from alerts.silences.foreign_sims import ForeignCard
from alerts.silences.rows import SilenceRow
from telemetry.domain.settings_table import Minutes, Table

INTENT: Final = "是否人为、是否故意，系统不能判断。"
_MOMENT = timedelta(seconds=1)
_HOUR = timedelta(hours=1)


class SimRemoved(Table):
    """When a removal is shown before it is proven."""

    suspect_after_min: Minutes = Field(
        10.0,
        title="静默疑似拔卡，多久后向指挥中心显示为疑似",
        description="minutes until a loss that looks like a removal is shown to the command centre as suspected",
    )


@dataclass(frozen=True, slots=True)
class Pull:
    """A missing SIM: the window of its removal, the measured absence (`away`), and the time from loss to return."""

    recorder_id: str
    pulled_from: datetime
    pulled_to: datetime
    away: Interval
    starts_at: datetime
    ends_at: datetime | None
    confidence: Confidence
    is_blind: bool = False
    """Name nobody: it happened on the dock, or the time of the swap is unknown."""


def judge(known: KnownCards, parameters: SimRemoved) -> list[Finding]:
    """One finding for each foreign SIM, and for each removal that isn't part of such a swap.

    A foreign SIM that was told only once is no more than a reason of the removal that it came in by.
    """
    rows = [row for row, _ in known.losses]
    swaps = [
        (card, finding)
        for card in known.cards
        if (finding := judge_card(known.recorder_id, card, rows, known.facts, times=known.times))
    ]
    pulls = [
        finding
        for row, verdict in known.losses
        if verdict is not None
        and (finding := judge_silence(row, verdict, known.facts, parameters, now=known.now, times=known.times))
    ]
    found: list[Finding] = []
    for card, swap in swaps:
        measured = [pull for pull in pulls if _is_part(pull, swap) and pull.confidence != "suspected"]
        if swap.confidence == "suspected" and measured:
            pulls = [_with_card(pull, card) if pull in measured else pull for pull in pulls]
        else:
            found.append(swap)
            pulls = [pull for pull in pulls if not _is_part(pull, swap)]
    return found + pulls


def _with_card(pull: Finding, card: ForeignCard) -> Finding:
    """The removal, with the foreign SIM seen after it among its reasons."""
    said = f"{day_and_time(card.first_at)}自报的SIM卡号{card.iccid}与登记绑定的不符（1次报告）。"
    return replace(pull, evidence=replace(pull.evidence, reasons=(*pull.evidence.reasons, said)))


def _is_part(pull: Finding, swap: Finding) -> bool:
    """Whether the removal belongs to the swap: it is how the foreign SIM came in or went out."""
    ends_before = swap.ends_at is not None and pull.starts_at > swap.ends_at + AROUND
    starts_after = pull.ends_at is not None and pull.ends_at < swap.starts_at - AROUND
    return not ends_before and not starts_after


def judge_silence(
    row: SilenceRow,
    verdict: Verdict,
    facts: KnownFacts,
    parameters: SimRemoved,
    *,
    now: datetime,
    times: Times = NO_TIMES,
) -> Finding | None:
    """The finding about a SIM removal in one silence; None if the cause is another or nobody was on duty."""
    if verdict.cause != "sim_removed":
        return None
    if verdict.sim is None:
        return _suspected(row, verdict, facts, parameters, now=now)
    sim = verdict.sim
    away_to = sim.last_at if sim.proof != "event" else max(sim.last_at, sim.first_at + timedelta(seconds=60))
    # If the SIM left long after the loss, the loss had another cause and the conduct starts at the removal.
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
    return _finding(pull, evidence, facts, times)


def _suspected(
    row: SilenceRow, verdict: Verdict, facts: KnownFacts, parameters: SimRemoved, *, now: datetime
) -> Finding | None:
    """A loss that looks like a removal; `suspected`, for the command centre's screens only."""
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
        f"{row.recorder_id}自{day_and_time(row.since)}起离线，疑似SIM卡脱离，尚待查清。",
        (*verdict.reasons, "离线前电量、信号良好且未发送下线报文，与SIM卡脱离相符。"),
        limits=("SIM卡是否脱离，待恢复后由补传数据查清，目前仅供指挥中心参考。",),
        facts=dict(verdict.facts),
    )
    return _finding(pull, evidence, facts)


def judge_card(
    recorder_id: str,
    card: ForeignCard,
    losses: Sequence[SilenceRow],
    facts: KnownFacts,
    *,
    times: Times = NO_TIMES,
) -> Finding | None:
    """The finding about a foreign SIM, from the loss before it until a bound SIM is back; None if it wasn't on duty."""
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
    return _finding(pull, _card_evidence(recorder_id, card), facts, times)


def _card_evidence(recorder_id: str, card: ForeignCard) -> Evidence:
    reasons = [f"所报卡号{card.iccid}。"]
    if card.bound_at is not None:
        reasons.append(f"此前最后一次自报已绑定卡号{card.bound_iccid}为{day_and_time(card.bound_at)}。")
    if card.back_at is not None:
        reasons.append(f"{day_and_time(card.back_at)}起恢复为已绑定卡。")
    limits = [f"{INTENT}如系经批准换卡，请补登绑定。"]
    if card.bound_at is None:
        limits.append("系统此前没有该机已绑定卡号的记录，何时换卡不能确定。")
    return Evidence(
        f"{recorder_id}{during(card.first_at, card.back_at)}自报的SIM卡号与登记绑定的不符（{card.sightings}次报告）。",
        tuple(reasons),
        limits=tuple(limits),
        facts={
            "iccid": card.iccid,
            "bound_iccid": card.bound_iccid,
            "first_at": card.first_at.isoformat(),
            "bound_at": card.bound_at.isoformat() if card.bound_at else None,
            "back_at": card.back_at.isoformat() if card.back_at else None,
        },
    )


def _measured(recorder_id: str, sim: SimEvidence, facts: Mapping[str, object]) -> str:
    """The key sentence: what was measured of the SIM."""
    # Round down to whole minutes, so that the sentence never claims more than was measured.
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


def _finding(pull: Pull, evidence: Evidence, facts: KnownFacts, times: Times = NO_TIMES) -> Finding | None:
    within = Interval(pull.pulled_from, max(pull.pulled_to, pull.away.end) + _MOMENT)
    on_duty = recorder_on_duty(pull.recorder_id, within, facts)
    duties = duty_times(on_duty)
    if not total(intersect(duties, [pull.away])):
        return None
    act = Interval(pull.pulled_from, pull.pulled_to + _MOMENT)
    was_on_duty = not subtract([act], duties)
    subject = _subject(pull, act, on_duty_ids(on_duty, pull.away), facts)
    # `transfer` needs a duty during the whole window of the removal: the SIM may have left at any moment of it.
    is_sure = pull.confidence == "confirmed" and was_on_duty and subject.officer_id is not None
    weight: Weight = "transfer" if is_sure else "check"
    excuse = _excuse(pull, facts, times)
    standing: Standing = "holds" if excuse is None else "excused"
    return Finding(
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
    )


def _subject(pull: Pull, act: Interval, duty_ids: tuple[str | None, str | None], facts: KnownFacts) -> Subject:
    """Name the wearer if exactly one officer certainly had the recorder in the whole window; else only the unit."""
    answers = [answer for _, answer in wearers_during(pull.recorder_id, act, facts)]
    officers = {answer.officer_id for answer in answers}
    officer_id = officers.pop() if len(officers) == 1 and not pull.is_blind else None
    register = facts.recorder_at(pull.recorder_id, act.start)
    unit_id = answers[0].unit_id if officer_id is not None and answers else (register.unit_id if register else None)
    return Subject(unit_id, pull.recorder_id, officer_id, *duty_ids)


def _excuse(pull: Pull, facts: KnownFacts, times: Times) -> Excuse | None:
    """The repair, loss or report of a fault that excuses the removal; a flat battery doesn't explain a missing SIM."""
    within = Interval(pull.pulled_from, min(pull.away.end, pull.pulled_to + _HOUR) + _MOMENT)
    kinds = {f"fault_reports/{report.fault_report_id}": report.kind for report in facts.reports}
    for excuse in recorder_excuses(pull.recorder_id, within, facts, times):
        explains = excuse.kind in {"repair", "lost"} or kinds.get(excuse.fact) == "fault"
        if explains and excuse.during.overlaps(within):
            return excuse
    return None


RULE = Rule(
    id=RULE_ID,
    title="SIM卡脱离",
    what="离线{duration}",
    conduct="所持执法记录仪的SIM卡脱离卡槽或者被换用其他卡，导致无法连接传输",
    clause="三(二)5",
    box=(2, 5),
    weight="transfer",
    parameters=SimRemoved,
    source=SILENCES,
    cases=cases,
    judge=judge,
    file=__file__,
    score=5.0,
    ask_leader="请{deadline}查看卡槽并签收，反馈初步结论：已换卡／设备故障／经批准／需核查。",
)
