"""sos: the device calls for help; shown at once, with sound, closed by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerts.duty.wearer import login_at, wearer
from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject
from alerts.intervals import Interval
from alerts.rules.rule import Case, NoParameters, Rule, Source
from alerts.rules.tick import Tick, is_judged, over_all
from alerts.shanghai_time import day_and_time

SAME_CALL: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Call:
    """One call for help, with the times of its messages in order."""

    recorder_id: str
    moments: Sequence[datetime]
    facts: KnownFacts


async def gather(tick: Tick) -> Sequence[Case]:
    """Calls in the messages of this tick."""
    told = await tick.told_events("sos", SAME_CALL)
    if not told:
        return []
    facts = await tick.facts(over_all(told), sorted(told))
    return [
        Case(
            f"{recorder_id}|{call[0].isoformat()}",
            Call(recorder_id, call, facts),
            Interval(call[0], tick.now),
        )
        for recorder_id, moments in told.items()
        if is_judged(recorder_id, facts, tick.now)
        for call in calls_of(moments)
    ]


def calls_of(moments: Sequence[datetime]) -> list[list[datetime]]:
    """Group messages into calls: those within half an hour of one another are one call."""
    calls: list[list[datetime]] = []
    for moment in sorted(moments):
        if calls and moment - calls[-1][-1] <= SAME_CALL:
            calls[-1].append(moment)
        else:
            calls.append([moment])
    return calls


def judge(call: Call, _: NoParameters) -> list[Finding]:
    """The finding about one call; it runs until somebody closes it."""
    recorder_id, first = call.recorder_id, call.moments[0]
    answer = wearer(recorder_id, first, call.facts, login_at(recorder_id, first, call.facts))
    times = f"，共{len(call.moments)}次" if len(call.moments) > 1 else ""
    evidence = Evidence(
        f"{recorder_id}于{day_and_time(first)}发出SOS求助{times}。",
        facts={"calls": [moment.isoformat() for moment in call.moments]},
    )
    return [
        Finding(
            key=f"{recorder_id}|{first.isoformat()}",
            subject=Subject(answer.unit_id, recorder_id, answer.officer_id),
            starts_at=first,
            ends_at=None,
            confidence="confirmed",
            weight="operational",
            standing="holds",
            evidence=evidence,
        )
    ]


RULE = Rule(
    id="sos",
    title="SOS求助",
    what="发出SOS求助",
    clause=None,
    box=None,
    weight="operational",
    parameters=NoParameters,
    source=Source("sos", gather, rank=0),
    judge=judge,
    file=__file__,
    ask_leader="请立即联系本人并派员查看，处置后在系统中确认结束。",
    is_urgent=True,
    is_of_any_device=True,
)
