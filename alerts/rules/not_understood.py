"""not-understood: more than half of what a recorder said in an hour was rejected, in whole or in part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject
from alerts.rules.rule import Rule, thresholds_of
from alerts.shanghai_time import span

HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Over which share of an hour's messages, and how many rejected at least."""

    over_share: float = 0.5
    least: int = 2


RULE = Rule(
    id="not-understood",
    name="报文无法读入",
    clause=None,
    box=None,
    weight="reminder",
    parameters=NotUnderstood,
    sql="not_understood",
    is_of_any_device=True,
)


@dataclass(frozen=True, slots=True)
class Hour:
    """What one recorder said in one hour: messages, how many of them were rejected, and the last reason."""

    recorder_id: str
    starts_at: datetime
    rejected: int
    messages: int
    reason: str

    def is_bad(self, parameters: NotUnderstood) -> bool:
        """Whether too much of it was rejected."""
        return self.rejected >= parameters.least and self.rejected > parameters.over_share * self.messages


def runs_of(hours: Sequence[Hour], parameters: NotUnderstood) -> list[list[Hour]]:
    """The bad ones of one recorder's *hours*, those that follow one another together."""
    runs: list[list[Hour]] = []
    for hour in sorted(hours, key=lambda each: each.starts_at):
        if not hour.is_bad(parameters):
            continue
        if runs and hour.starts_at - runs[-1][-1].starts_at == HOUR:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    return runs


def judge(run: Sequence[Hour], facts: KnownFacts, parameters: NotUnderstood, now: datetime) -> Finding:
    """Hours that follow one another; resolved once an hour has passed without."""
    first, last = run[0], run[-1]
    ends_at = last.starts_at + HOUR
    is_over = now >= ends_at + HOUR
    register = facts.recorder_at(first.recorder_id, now)
    of_whom, when = first.recorder_id, span(first.starts_at, ends_at)
    rejected, messages = sum(h.rejected for h in run), sum(h.messages for h in run)
    return Finding(
        rule=RULE.id,
        key=f"{first.recorder_id}|{first.starts_at.isoformat()}",
        subject=Subject(register.unit_id if register else None, first.recorder_id),
        starts_at=first.starts_at,
        ends_at=ends_at if is_over else None,
        confidence="confirmed",
        weight="reminder",
        standing="resolved" if is_over else "holds",
        evidence=Evidence(
            f"{of_whom}于{when}的{messages}条报文中有{rejected}条全部或部分无法读入。",
            (f"最近原因：{last.reason}；请联系厂家。",),
            ("无法读入的报文不作为对任何人的认定依据。",),
            facts={"rejected": rejected, "messages": messages, "reason": last.reason},
        ),
        parameters=thresholds_of(parameters),
    )
