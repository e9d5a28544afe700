"""What a tick knows: its time, what changed, and the questions that rules may ask. Gathering only reads."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from alerts.duty.calendar import BureauCalendar
from alerts.duty.on_duty import ReportTimes
from alerts.facts.known import KnownDuty, KnownFacts, KnownReport
from alerts.intervals import Interval
from alerts.questions import AskFacts, Questions
from alerts.rules.on_duty_snapshot import OnDutySnapshot
from alerts.silences.cause_parameters import CauseParameters
from telemetry.domain.settings_table import Table
from telemetry.records.evaluation import Change

PAD = timedelta(hours=12)
T = TypeVar("T")
FIRST_SLACK = timedelta(minutes=15)
"""A duty that began this shortly before the first reading ever is judged: the readings began with it."""


class Thresholds(Protocol):
    """The thresholds of all rules."""

    def parameters(self, rule_id: str) -> Table:
        """Those of one rule."""
        ...

    def of(self, kind: type[T]) -> T:
        """The parameters of type *kind*."""
        ...

    def value(self, rule_id: str, name: str) -> Any:
        """One threshold of one rule; for thresholds that several rules share."""
        ...

    @property
    def causes(self) -> CauseParameters:
        """The thresholds of the cause decision."""
        ...


@dataclass(slots=True)
class Tick:
    """One tick. Rules add to `dirty`, the (kind, key) to judge in this tick, and to `dues`, those to judge later."""

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
    """Ids of changed facts, by collection."""
    aside: frozenset[tuple[str, str]] = frozenset()
    dirty: set[tuple[str, str]] = field(default_factory=set)
    dues: list[tuple[str, str, datetime]] = field(default_factory=list)

    def keys(self, kind: str) -> list[str]:
        """The keys of *kind* to judge in this tick, without those set aside."""
        return sorted(key for k, key in self.dirty - self.aside if k == kind)

    def due(self, kind: str, key: str, at: datetime) -> None:
        """Schedule (*kind*, *key*) for *at*, if that is in the future."""
        if at > self.now:
            self.dues.append((kind, key, at))

    def is_judged(self, starts_at: datetime) -> bool:
        """Whether a duty is judged: none is that began before the first reading ever (domain.md, "Rules")."""
        return self.first_reading_at is not None and starts_at >= self.first_reading_at - FIRST_SLACK

    async def facts(self, within: Interval, recorder_ids: Sequence[str], officer_ids: Sequence[str] = ()) -> KnownFacts:
        """What is known now about these recorders and officers over *within*, plus half a day on each side."""
        around = Interval(within.start - PAD, within.end + PAD)
        return await self.ask_facts(self.now, around, sorted(set(recorder_ids)), sorted(set(officer_ids)))

    async def report_times(self, reports: Sequence[KnownReport]) -> dict[str, ReportTimes]:
        """What readings say about fault reports, by report id."""
        records = [(n, r.recorder_id, r.reported_at, r.repair_at) for n, r in enumerate(reports)]
        rows = await self.questions.of("report_times", records, self.now)
        return {reports[row[0]].fault_report_id: ReportTimes(*row[1:]) for row in rows}

    async def shifts(self, names: Sequence[str]) -> list[KnownDuty]:
        """Shifts by id, as known now."""
        rows = await self.questions.ask("known_shifts_named", self.now, names) if names else []
        return [KnownDuty.of("shift", row) for row in rows]

    async def activities(self, names: Sequence[str]) -> list[KnownDuty]:
        """Activities by id, as known now."""
        rows = await self.questions.ask("known_activities_named", self.now, names) if names else []
        return [KnownDuty.of("activity", row) for row in rows]

    async def told_events(self, kind: str) -> dict[str, list[datetime]]:
        """Times of *kind* events among this tick's event messages, by recorder."""
        told = [change for change in self.changes if change.kind == "event"]
        stretches = [(n, c.recorder_id, c.from_at, c.to_at) for n, c in enumerate(told)]
        found: dict[str, set[datetime]] = {}
        for key, at, event, *_ in await self.questions.over("events", stretches):
            if event == kind:
                found.setdefault(told[key].recorder_id, set()).add(at)
        return {recorder_id: sorted(moments) for recorder_id, moments in found.items()}


def is_judged(recorder_id: str, facts: KnownFacts, now: datetime) -> bool:
    """Whether rules judge this recorder: it is registered now and not a test device."""
    register = facts.recorder_at(recorder_id, now)
    return register is not None and register.is_judged


def over_all(moments: Mapping[str, Sequence[datetime]]) -> Interval:
    """The interval from the first to the last of all these moments."""
    every: list[Any] = [moment for known in moments.values() for moment in known]
    return Interval(min(every), max(every))
