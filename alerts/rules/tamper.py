"""tamper: the device says that somebody meddles with it."""

from datetime import datetime

from alerts.duty.wearer import login_at, wearer
from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject
from alerts.rules.rule import NoParameters, Rule
from alerts.shanghai_time import day_and_time

RULE = Rule(
    id="tamper",
    name="防拆告警",
    clause="三(二)8",
    box="附件2 №8",
    weight="check",
    parameters=NoParameters,
    sql="tamper",
)


def judge(recorder_id: str, at: datetime, facts: KnownFacts) -> Finding:
    """One alarm of the device."""
    answer = wearer(recorder_id, at, facts, login_at(recorder_id, at, facts))
    return Finding(
        rule=RULE.id,
        key=f"{recorder_id}|{at.isoformat()}",
        subject=Subject(answer.unit_id, recorder_id, answer.officer_id),
        starts_at=at,
        ends_at=at,
        confidence="confirmed",
        weight="check",
        standing="holds",
        evidence=Evidence(
            f"{recorder_id}于{day_and_time(at)}自报防拆告警。",
            limits=("是人为拆动还是磕碰、跌落触发，系统不能判断。",),
            facts={"at": at.isoformat()},
        ),
    )
