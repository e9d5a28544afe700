"""tamper: the device reports that somebody tampers with it."""

from alerts.finding import Evidence, Finding
from alerts.rules.device_events import DeviceEvent, event_source, finding_of
from alerts.rules.rule import NoParameters, Rule
from alerts.shanghai_time import day_and_time


def judge(alarm: DeviceEvent, _: NoParameters) -> list[Finding]:
    """States that it happened; people decide why."""
    at = alarm.at
    evidence = Evidence(
        f"{alarm.recorder_id}于{day_and_time(at)}自报防拆告警。",
        limits=("是人为拆动还是磕碰、跌落触发，系统不能判断。",),
        facts={"at": at.isoformat()},
    )
    return [finding_of(alarm, evidence, "check", at)]


RULE = Rule(
    id="tamper",
    title="防拆告警",
    what="防拆告警",
    conduct="所持执法记录仪发出防拆告警",
    clause="三(二)8",
    box=(2, 8),
    weight="check",
    parameters=NoParameters,
    source=event_source("tamper"),
    judge=judge,
    file=__file__,
    score=3.0,
)
