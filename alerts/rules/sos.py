"""sos: the device calls for help; at once, with sound, closed by hand."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from alerts.duty.wearer import login_at, wearer
from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject
from alerts.rules.rule import NoParameters, Rule
from alerts.shanghai_time import day_and_time

RULE = Rule(
    id="sos",
    name="SOS求助",
    clause=None,
    box=None,
    weight="operational",
    parameters=NoParameters,
    sql="sos",
    is_of_any_device=True,
)
SAME_CALL: Final = timedelta(minutes=30)


def calls_of(moments: Sequence[datetime]) -> list[list[datetime]]:
    """Calls within half an hour of one another are one."""
    calls: list[list[datetime]] = []
    for moment in sorted(moments):
        if calls and moment - calls[-1][-1] <= SAME_CALL:
            calls[-1].append(moment)
        else:
            calls.append([moment])
    return calls


def judge(recorder_id: str, call: Sequence[datetime], facts: KnownFacts) -> Finding:
    """One call for help; it runs until somebody closes it."""
    answer = wearer(recorder_id, call[0], facts, login_at(recorder_id, call[0], facts))
    times = f"，共{len(call)}次" if len(call) > 1 else ""
    return Finding(
        rule=RULE.id,
        key=f"{recorder_id}|{call[0].isoformat()}",
        subject=Subject(answer.unit_id, recorder_id, answer.officer_id),
        starts_at=call[0],
        ends_at=None,
        confidence="confirmed",
        weight="operational",
        standing="holds",
        evidence=Evidence(
            f"{recorder_id}于{day_and_time(call[0])}发出SOS求助{times}。",
            facts={"calls": [moment.isoformat() for moment in call]},
        ),
    )
