"""Events that a device reports by itself, as cases for the rules that pass them on (tamper)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.duty.wearer import login_at, wearer
from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject, Weight
from alerts.intervals import Interval
from alerts.rules.rule import Case, Source
from alerts.rules.tick import Tick, is_judged, over_all


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """What a recorder reported at one moment, under the key of its finding."""

    key: str
    recorder_id: str
    at: datetime
    facts: KnownFacts


def event_source(kind: str) -> Source:
    """The source of *kind* events, each a case of its own."""

    async def gather(tick: Tick) -> Sequence[Case]:
        told = await tick.told_events(kind)
        if not told:
            return []
        facts = await tick.facts(over_all(told), sorted(told))
        events = [
            DeviceEvent(f"{recorder_id}|{at.isoformat()}", recorder_id, at, facts)
            for recorder_id, moments in told.items()
            for at in moments
        ]
        return [
            Case(event.key, event, Interval(event.at, tick.now))
            for event in events
            if is_judged(event.recorder_id, facts, tick.now)
        ]

    return Source(kind, gather)


def finding_of(event: DeviceEvent, evidence: Evidence, weight: Weight, ends_at: datetime | None) -> Finding:
    """The finding that states *event*, about whoever wore the recorder then."""
    answer = wearer(event.recorder_id, event.at, event.facts, login_at(event.recorder_id, event.at, event.facts))
    return Finding(
        key=event.key,
        subject=Subject(answer.unit_id, event.recorder_id, answer.officer_id),
        starts_at=event.at,
        ends_at=ends_at,
        confidence="confirmed",
        weight=weight,
        standing="holds",
        evidence=evidence,
    )
