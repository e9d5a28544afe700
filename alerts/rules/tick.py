"""Evaluation, the ground: what one tick knows and what it gathers on its way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alerts.duty.on_duty import ReportTimes
from alerts.duty.wearer import wearers_during
from alerts.facts.known import KnownDuty, KnownFacts, KnownReport
from alerts.facts.known_query import known_facts
from alerts.finding import Finding, Look, Scoped
from alerts.intervals import Interval
from alerts.rules.on_duty_snapshot import Census
from alerts.rules.settings import RuleSettings
from telemetry.records.evaluation import Change, Watch
from telemetry.store.evaluation import fetch
from telemetry.store.pool import Connection

SETTLE_S = 300.0
PAD = timedelta(hours=12)
FIRST_SLACK = timedelta(minutes=15)
"""A duty that began this shortly before the first reading ever is judged: it was the one that the readings began with."""


@dataclass(slots=True)
class Tick:
    """One tick: its moment, the database inside its transaction, and the results so far."""

    connection: Connection
    now: datetime
    settings: RuleSettings
    census: Census
    first_reading_at: datetime | None
    has_ticked: bool = True
    changes: Sequence[Change] = ()
    quiet: Sequence[tuple[str, datetime, bool]] = ()
    changed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Ids of facts that changed, by their collection."""
    aside: frozenset[tuple[str, str]] = frozenset()
    dirty: set[tuple[str, str]] = field(default_factory=set)
    said: list[Scoped] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    dues: list[tuple[str, str, datetime]] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    watched: set[tuple[str, str]] = field(default_factory=set)

    def keys(self, kind: str) -> list[str]:
        """What of *kind* is to be looked at again, but for what is set aside."""
        return sorted(key for k, key in self.dirty - self.aside if k == kind)

    def say(self, scope: str, finding: Finding | None) -> None:
        """Hand a conclusion on."""
        if finding is not None:
            self.said.append(Scoped(scope, finding))

    def say_under(self, scope: str, finding: Finding) -> None:
        """Hand on a conclusion whose scope is its own: what is said once there is never taken back by silence."""
        self.say(scope, finding)
        self.looks.append(Look(finding.rule, scope, finding.starts_at, self.now))

    def due(self, kind: str, key: str, at: datetime) -> None:
        """Have something looked at again at a moment to come."""
        if at > self.now:
            self.dues.append((kind, key, at))

    def watch_worn(
        self,
        kind: str,
        key: str,
        recorder_id: str,
        within: Interval,
        *,
        facts: KnownFacts,
        around: timedelta = timedelta(0),
    ) -> None:
        """Have something looked at again when readings or facts change of a recorder, or facts of who may have worn it.

        A shift that is cancelled, an exemption that comes late name the person and not what he wore.
        """
        wearers = {who for _, answer in wearers_during(recorder_id, within, facts) for who in answer.candidates}
        self.watched.add((kind, key))
        for subject, subject_id in [("recorder", recorder_id), *(("officer", who) for who in sorted(wearers))]:
            self.watches.append(Watch(kind, key, subject, subject_id, within.start - around, within.end + around))

    def is_judged(self, starts_at: datetime) -> bool:
        """Duties before the first reading that the system ever took in are not judged."""
        return self.first_reading_at is not None and starts_at >= self.first_reading_at - FIRST_SLACK

    async def facts(self, within: Interval, recorder_ids: Sequence[str], officer_ids: Sequence[str] = ()) -> KnownFacts:
        """What is known now about some recorders and officers over *within*, with half a day around."""
        return await known_facts(
            self.connection,
            self.now,
            Interval(within.start - PAD, within.end + PAD),
            recorder_ids=sorted(set(recorder_ids)),
            officer_ids=sorted(set(officer_ids)),
        )

    async def report_times(self, reports: Sequence[KnownReport]) -> dict[str, ReportTimes]:
        """What readings say of fault reports, by their id."""
        records = [(n, r.recorder_id, r.reported_at, r.repair_at) for n, r in enumerate(reports)]
        rows = await fetch(self.connection, "report_times", records, self.now)
        return {reports[row[0]].fault_report_id: ReportTimes(*row[1:]) for row in rows}


def shift_of(row: Sequence[Any]) -> KnownDuty:
    """A shift out of a row of `known_shifts_named`."""
    name, officer_id, recorder_id, starts_at, ends_at, kind, late = row
    return KnownDuty("shift", name, (officer_id,), recorder_id, starts_at, ends_at, kind, late)
