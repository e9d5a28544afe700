"""What one tick knows: its moment, what changed, and the questions that rules may ask. Gathering only reads it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from alerts.duty.calendar import BureauCalendar
from alerts.duty.on_duty import ReportTimes
from alerts.duty.wearer import wearers_during
from alerts.facts.known import KnownDuty, KnownFacts, KnownReport
from alerts.intervals import Interval
from alerts.questions import AskFacts, Questions
from alerts.rules.on_duty_snapshot import OnDutySnapshot
from alerts.rules.rule import Parameters, RestsOn
from alerts.silences.cause_parameters import CauseParameters
from telemetry.records.evaluation import Change

PAD = timedelta(hours=12)
T = TypeVar("T")
FIRST_SLACK = timedelta(minutes=15)
"""A duty that began this shortly before the first reading ever is judged: it was the one that the readings began with."""


class Thresholds(Protocol):
    """All rules' thresholds, by rule."""

    @property
    def rules(self) -> Mapping[str, Parameters]:
        """By the rule's id."""
        ...

    def of(self, kind: type[T]) -> T:
        """Those of the rule whose parameters are of *kind*."""
        ...

    def value(self, rule_id: str, name: str) -> Any:
        """One of one rule, for what several rules share."""
        ...

    @property
    def causes(self) -> CauseParameters:
        """Those of the decision about causes."""
        ...


@dataclass(slots=True)
class Tick:
    """One tick. `dirty` are the (kind, key) to look at again, `dues` those to come; rules add to both."""

    questions: Questions
    ask_facts: AskFacts
    calendar: Callable[[], Awaitable[BureauCalendar]]
    now: datetime
    settings: Thresholds
    on_duty_snapshot: OnDutySnapshot
    first_reading_at: datetime | None
    has_ticked: bool = True
    changes: Sequence[Change] = ()
    quiet: Sequence[tuple[str, datetime, bool]] = ()
    changed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Ids of facts that changed, by their collection."""
    aside: frozenset[tuple[str, str]] = frozenset()
    dirty: set[tuple[str, str]] = field(default_factory=set)
    dues: list[tuple[str, str, datetime]] = field(default_factory=list)

    def keys(self, kind: str) -> list[str]:
        """What of *kind* is to be looked at again, but for what is set aside."""
        return sorted(key for k, key in self.dirty - self.aside if k == kind)

    def due(self, kind: str, key: str, at: datetime) -> None:
        """Have something looked at again at a moment to come."""
        if at > self.now:
            self.dues.append((kind, key, at))

    def is_judged(self, starts_at: datetime) -> bool:
        """Duties before the first reading that the system ever took in are not judged."""
        return self.first_reading_at is not None and starts_at >= self.first_reading_at - FIRST_SLACK

    async def facts(self, within: Interval, recorder_ids: Sequence[str], officer_ids: Sequence[str] = ()) -> KnownFacts:
        """What is known now about some recorders and officers over *within*, with half a day around."""
        around = Interval(within.start - PAD, within.end + PAD)
        return await self.ask_facts(self.now, around, sorted(set(recorder_ids)), sorted(set(officer_ids)))

    async def report_times(self, reports: Sequence[KnownReport]) -> dict[str, ReportTimes]:
        """What readings say of fault reports, by their id."""
        records = [(n, r.recorder_id, r.reported_at, r.repair_at) for n, r in enumerate(reports)]
        rows = await self.questions.of("report_times", records, self.now)
        return {reports[row[0]].fault_report_id: ReportTimes(*row[1:]) for row in rows}

    async def shifts(self, names: Sequence[str]) -> list[KnownDuty]:
        """Shifts by their ids, as they are known now."""
        rows = await self.questions.ask("known_shifts_named", self.now, names) if names else []
        return [KnownDuty("shift", row[0], (row[1],), *row[2:]) for row in rows]

    async def activities(self, names: Sequence[str]) -> list[KnownDuty]:
        """Activities by their ids, as they are known now."""
        rows = await self.questions.ask("known_activities_named", self.now, names) if names else []
        return [KnownDuty("activity", row[0], tuple(row[1]), *row[2:]) for row in rows]

    async def told_events(self, kind: str, around: timedelta) -> dict[str, list[datetime]]:
        """When recorders that sent events just now told of one *kind* of it, *around* what they sent."""
        told = [change for change in self.changes if change.kind == "event"]
        stretches = [(n, c.recorder_id, c.from_at - around, c.to_at + around) for n, c in enumerate(told)]
        found: dict[str, set[datetime]] = {}
        for key, at, event, *_ in await self.questions.over("events", stretches):
            if event == kind:
                found.setdefault(told[key].recorder_id, set()).add(at)
        return {recorder_id: sorted(moments) for recorder_id, moments in found.items()}


def worn(
    recorder_id: str, within: Interval, facts: KnownFacts, around: timedelta = timedelta(0)
) -> tuple[RestsOn, ...]:
    """A recorder's readings and facts, and facts of whoever may have worn it.

    A shift that is cancelled, an exemption that comes late name the person and not what he wore.
    """
    during = Interval(within.start - around, within.end + around)
    wearers = {who for _, answer in wearers_during(recorder_id, within, facts) for who in answer.candidates}
    return (
        RestsOn("recorder", recorder_id, during),
        *(RestsOn("officer", officer_id, during) for officer_id in sorted(wearers)),
    )


def is_judged(recorder_id: str, facts: KnownFacts, now: datetime) -> bool:
    """Whether a recorder is one that rules look at, as the register has it now."""
    register = facts.recorder_at(recorder_id, now)
    return register is not None and register.is_judged


def over_all(moments: Mapping[str, Sequence[datetime]]) -> Interval:
    """From the first to the last of some recorders' moments."""
    every: list[Any] = [moment for known in moments.values() for moment in known]
    return Interval(min(every), max(every))
