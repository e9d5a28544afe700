"""sos: the device calls for help; shown at once, with sound, closed by hand."""

from collections.abc import Sequence
from datetime import datetime

from alerts.finding import Evidence, Finding
from alerts.rules.device_events import AROUND, DeviceEvent, event_source, finding_of
from alerts.rules.rule import NoParameters, Rule
from alerts.shanghai_time import day_and_time


def calls_of(moments: Sequence[datetime]) -> list[list[datetime]]:
    """Group messages into calls: those within half an hour of one another are one call."""
    calls: list[list[datetime]] = []
    for moment in sorted(moments):
        if calls and moment - calls[-1][-1] <= AROUND:
            calls[-1].append(moment)
        else:
            calls.append([moment])
    return calls


def judge(call: DeviceEvent, _: NoParameters) -> list[Finding]:
    """The finding about one call; it runs until somebody closes it."""
    times = f"，共{len(call.moments)}次" if len(call.moments) > 1 else ""
    evidence = Evidence(
        f"{call.recorder_id}于{day_and_time(call.moments[0])}发出SOS求助{times}。",
        facts={"calls": [moment.isoformat() for moment in call.moments]},
    )
    return finding_of(call, evidence, "operational", None)


RULE = Rule(
    id="sos",
    title="SOS求助",
    what="发出SOS求助",
    clause=None,
    box=None,
    weight="operational",
    parameters=NoParameters,
    source=event_source("sos", calls_of, rank=0),
    judge=judge,
    file=__file__,
    ask_leader="请立即联系本人并派员查看，处置后在系统中确认结束。",
    is_urgent=True,
    is_of_any_device=True,
)
