"""tamper: the device reports that somebody tampers with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.duty.wearer import login_at, wearer
from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject
from alerts.intervals import Interval
from alerts.rules.rule import Case, NoParameters, Rule, Source
from alerts.rules.tick import Tick, is_judged, over_all
from alerts.shanghai_time import day_and_time

_SAME_MOMENT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One tamper alarm of a device."""

    recorder_id: str
    at: datetime
    facts: KnownFacts


async def gather(tick: Tick) -> Sequence[Case]:
    """Tamper alarms in the messages of this tick."""
    alarms = await tick.told_events("tamper", _SAME_MOMENT)
    if not alarms:
        return []
    facts = await tick.facts(over_all(alarms), sorted(alarms))
    return [
        Case(f"{recorder_id}|{at.isoformat()}", Alarm(recorder_id, at, facts), Interval(at, tick.now))
        for recorder_id, moments in alarms.items()
        if is_judged(recorder_id, facts, tick.now)
        for at in moments
    ]


def judge(alarm: Alarm, _: NoParameters) -> list[Finding]:
    """States that it happened; people decide why."""
    recorder_id, at = alarm.recorder_id, alarm.at
    answer = wearer(recorder_id, at, alarm.facts, login_at(recorder_id, at, alarm.facts))
    evidence = Evidence(
        f"{recorder_id}于{day_and_time(at)}自报防拆告警。",
        limits=("是人为拆动还是磕碰、跌落触发，系统不能判断。",),
        facts={"at": at.isoformat()},
    )
    return [
        Finding(
            key=f"{recorder_id}|{at.isoformat()}",
            subject=Subject(answer.unit_id, recorder_id, answer.officer_id),
            starts_at=at,
            ends_at=at,
            confidence="confirmed",
            weight="check",
            standing="holds",
            evidence=evidence,
        )
    ]


RULE = Rule(
    id="tamper",
    title="防拆告警",
    what="防拆告警",
    conduct="所持执法记录仪发出防拆告警",
    clause="三(二)8",
    box=(2, 8),
    weight="check",
    parameters=NoParameters,
    source=Source("tamper", gather),
    judge=judge,
    file=__file__,
    score=3.0,
)
