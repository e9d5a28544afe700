"""not-understood: over half of a recorder's messages in an hour were rejected, wholly or in part."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject
from alerts.intervals import Interval
from alerts.rules.rule import Case, Rule, Source
from alerts.rules.tick import Tick, is_judged
from alerts.shanghai_time import span
from telemetry.domain.settings_table import Count, Share, Table

KIND: Final = "unread"
HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


class NotUnderstood(Table):
    """How many rejected messages of an hour are too many."""

    over_share: Share = Field(
        0.5, title="一小时内被拒收消息的比例超过多少", description="share of an hour's messages over which it opens"
    )
    least: Count = Field(2, title="一小时内至少被拒收几条", description="least number of rejected messages")


@dataclass(frozen=True, slots=True)
class Hour:
    """One recorder's messages in one hour: their number, how many were rejected, and the last reason."""

    recorder_id: str
    starts_at: datetime
    rejected: int
    messages: int
    reason: str

    def is_bad(self, parameters: NotUnderstood) -> bool:
        """Whether too many of them were rejected."""
        return self.rejected >= parameters.least and self.rejected > parameters.over_share * self.messages


def runs_of(hours: Sequence[Hour], parameters: NotUnderstood) -> list[list[Hour]]:
    """The bad hours of one recorder, grouped into runs of consecutive hours."""
    runs: list[list[Hour]] = []
    for hour in sorted(hours, key=lambda each: each.starts_at):
        if not hour.is_bad(parameters):
            continue
        if runs and hour.starts_at - runs[-1][-1].starts_at == HOUR:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    return runs


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive bad hours of one recorder, in order."""

    hours: Sequence[Hour]
    facts: KnownFacts
    now: datetime

    @property
    def ends_at(self) -> datetime:
        """The end of the last hour."""
        return self.hours[-1].starts_at + HOUR

    @property
    def is_over(self) -> bool:
        """Whether a whole hour has passed since the last bad one."""
        return self.now >= self.ends_at + HOUR


async def gather(tick: Tick) -> Sequence[Case]:
    """Recorders with rejected messages, once the hour is over."""
    for change in tick.changes:
        if change.kind == "rejected":
            for hour in {_hour(change.from_at), _hour(change.to_at)}:
                tick.due(KIND, change.recorder_id, _after(hour, tick.now))
    names = tick.keys(KIND)
    if not names:
        return []
    until = _hour(tick.now)
    hours: dict[str, list[Hour]] = defaultdict(list)
    for row in await tick.questions.ask("not_understood.hours", names, until - _DAY, until):
        hours[row[0]].append(Hour(*row))
    facts = await tick.facts(Interval(tick.now - _DAY, tick.now), names)
    cases = []
    for recorder_id in names:
        runs = runs_of(hours[recorder_id], tick.settings.of(NotUnderstood))
        if runs and is_judged(recorder_id, facts, tick.now):
            run = Run(runs[-1], facts, tick.now)
            again = () if run.is_over else (_after(until, tick.now),)
            cases.append(Case(recorder_id, run, look_again=again))
    return cases


def _after(hour: datetime, now: datetime) -> datetime:
    return max(hour + HOUR, now) + timedelta(seconds=5)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def judge(run: Run, _: NotUnderstood) -> list[Finding]:
    """The finding about one run of bad hours; resolved after an hour without."""
    hours, is_over = run.hours, run.is_over
    first, last = hours[0], hours[-1]
    register = run.facts.recorder_at(first.recorder_id, run.now)
    of_whom, when = first.recorder_id, span(first.starts_at, run.ends_at)
    rejected, messages = sum(h.rejected for h in hours), sum(h.messages for h in hours)
    finding = Finding(
        key=f"{first.recorder_id}|{first.starts_at.isoformat()}",
        subject=Subject(register.unit_id if register else None, first.recorder_id),
        starts_at=first.starts_at,
        ends_at=run.ends_at if is_over else None,
        confidence="confirmed",
        weight="reminder",
        standing="resolved" if is_over else "holds",
        evidence=Evidence(
            f"{of_whom}于{when}的{messages}条报文中有{rejected}条全部或部分无法读入。",
            (f"最近原因：{last.reason}；请联系厂家。",),
            ("无法读入的报文不作为对任何人的认定依据。",),
            facts={"rejected": rejected, "messages": messages, "reason": last.reason},
        ),
    )
    return [finding]


RULE = Rule(
    id="not-understood",
    title="报文无法读入",
    what="半数以上报文无法读入",
    clause=None,
    box=None,
    weight="reminder",
    parameters=NotUnderstood,
    source=Source(KIND, gather, rank=1),
    judge=judge,
    file=__file__,
    ask_wearer="请联系厂家检查固件。",
    is_for_engineers=True,
    is_of_any_device=True,
)
