"""Events that a device reports by itself, as cases for the rules that pass them on (sos, tamper)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerts.duty.wearer import login_at, wearer
from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject, Weight
from alerts.intervals import Interval
from alerts.rules.rule import Case, Source
from alerts.rules.tick import Tick, is_judged, over_all

AROUND: Final = timedelta(minutes=30)
"""Events this far from a new one are read again: together they may be one conduct."""


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """One event as a conduct, with the times of its messages in order."""

    recorder_id: str
    moments: Sequence[datetime]
    facts: KnownFacts


def event_source(
    kind: str, group: Callable[[Sequence[datetime]], Iterable[Sequence[datetime]]], rank: int = 5
) -> Source:
    """The source of *kind* events; *group* divides the times of a recorder's messages into conducts."""

    async def gather(tick: Tick) -> Sequence[Case]:
        told = await tick.told_events(kind, AROUND)
        if not told:
            return []
        facts = await tick.facts(over_all(told), sorted(told))
        return [
            Case(
                f"{recorder_id}|{event[0].isoformat()}",
                DeviceEvent(recorder_id, event, facts),
                Interval(event[0], tick.now),
            )
            for recorder_id, moments in told.items()
            if is_judged(recorder_id, facts, tick.now)
            for event in group(moments)
        ]

    return Source(kind, gather, rank=rank)


def finding_of(event: DeviceEvent, evidence: Evidence, weight: Weight, ends_at: datetime | None) -> list[Finding]:
    """The finding that states *event*, about whoever wore the recorder at its first message."""
    recorder_id, first = event.recorder_id, event.moments[0]
    answer = wearer(recorder_id, first, event.facts, login_at(recorder_id, first, event.facts))
    return [
        Finding(
            key=f"{recorder_id}|{first.isoformat()}",
            subject=Subject(answer.unit_id, recorder_id, answer.officer_id),
            starts_at=first,
            ends_at=ends_at,
            confidence="confirmed",
            weight=weight,
            standing="holds",
            evidence=evidence,
        )
    ]
