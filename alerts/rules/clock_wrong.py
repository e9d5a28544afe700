"""clock-wrong: a device's clock is off by more than five minutes from the arrival of its live messages."""

from dataclasses import dataclass
from datetime import datetime

from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject
from alerts.rules.rule import NoParameters, Rule
from alerts.shanghai_time import day_and_time

RULE = Rule(
    id="clock-wrong",
    name="时钟不准",
    clause=None,
    box=None,
    weight="reminder",
    parameters=NoParameters,
    sql="clock_wrong",
    is_of_any_device=True,
)


@dataclass(frozen=True, slots=True)
class WrongClock:
    """One boot whose clock was wrong; `offset_s` is the server's time minus the device's (s)."""

    recorder_id: str
    boot: str
    since: datetime
    offset_s: float
    is_right_again: bool


def judge(wrong: WrongClock, facts: KnownFacts) -> Finding:
    """A reminder to set the clock, resolved once it is right."""
    register = facts.recorder_at(wrong.recorder_id, wrong.since)
    return Finding(
        rule=RULE.id,
        key=f"{wrong.recorder_id}|{wrong.boot}",
        subject=Subject(register.unit_id if register else None, wrong.recorder_id),
        starts_at=wrong.since,
        ends_at=None,
        confidence="confirmed",
        weight="reminder",
        standing="resolved" if wrong.is_right_again else "holds",
        evidence=Evidence(
            f"{wrong.recorder_id}自{day_and_time(wrong.since)}起时钟与服务器相差{abs(wrong.offset_s) / 60:.0f}分钟。",
            ("此后时钟已恢复准确。",) if wrong.is_right_again else (),
            facts={"offset_s": round(wrong.offset_s), "boot": wrong.boot},
            keeps_key=True,
        ),
    )
