"""half-empty: a rule from outside, for the test that a rule is two files and a line in the registry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from alerts.duty.wearer import Wearer, wearer
from alerts.finding import Evidence, Finding, Subject
from alerts.intervals import Interval
from alerts.rules.rule import Case, Rule, Source
from alerts.rules.tick import Tick, is_judged
from alerts.shanghai_time import day_and_time
from telemetry.domain.settings_table import Percent, Table


class HalfEmpty(Table):
    """When a battery counts as half empty."""

    below_pct: Percent = Field(50.0, title="电量低于多少时提醒", description="charge under which it opens")


@dataclass(frozen=True, slots=True)
class Charge:
    """The latest charge of a recorder."""

    recorder_id: str
    at: datetime
    level_pct: float
    worn_by: Wearer


async def gather(tick: Tick) -> Sequence[Case]:
    """Recorders whose charge crossed the threshold."""
    names = sorted({c.recorder_id for c in tick.changes if c.kind == "charge"})
    rows = await tick.questions.ask("half_empty.charges", names) if names else []
    if not rows:
        return []
    facts = await tick.facts(Interval(min(row[1] for row in rows), tick.now), names)
    return [
        Case(
            recorder_id,
            Charge(recorder_id, at, level_pct, wearer(recorder_id, at, facts, None)),
            Interval(at, tick.now),
        )
        for recorder_id, at, level_pct in rows
        if is_judged(recorder_id, facts, tick.now)
    ]


def judge(charge: Charge, parameters: HalfEmpty) -> list[Finding]:
    """A reminder while it is under the threshold."""
    if charge.level_pct >= parameters.below_pct:
        return []
    return [
        Finding(
            key=charge.recorder_id,
            subject=Subject(charge.worn_by.unit_id, charge.recorder_id, charge.worn_by.officer_id),
            starts_at=charge.at,
            ends_at=None,
            confidence="confirmed",
            weight="reminder",
            standing="holds",
            evidence=Evidence(
                f"{charge.recorder_id}电量{charge.level_pct:.0f}%（{day_and_time(charge.at)}）。", keeps_key=True
            ),
        )
    ]


RULE = Rule(
    id="half-empty",
    title="电量过半",
    what="电量已不足一半",
    clause=None,
    box=None,
    weight="reminder",
    parameters=HalfEmpty,
    source=Source("half-empty", gather),
    judge=judge,
    file=__file__,
    ask_wearer="请留意电量。",
    wakes_at={"level_pct": "below_pct"},
)
