"""What the rules conclude in one tick: findings, periods judged, times to judge again, and what it all rests on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from alerts.finding import Finding, Look, Scoped
from alerts.rules.rule import Case, Rule, Source
from telemetry.records.evaluation import Watch


@dataclass(slots=True)
class Conclusions:
    """The conclusions of one tick, or of one attempt at a part of it."""

    now: datetime
    said: list[Scoped] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    dues: list[tuple[str, str, datetime]] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    watched: set[tuple[str, str]] = field(default_factory=set)

    def add(
        self, source: Source, rule: Rule, case: Case, findings: Iterable[Finding], parameters: Mapping[str, Any]
    ) -> None:
        """Add a rule's findings on a case, the *parameters* it used, and what the case asks of the engine."""
        looked_at = case.looked_at
        if looked_at is not None:
            look = Look(rule.id, case.scope, looked_at.start, looked_at.end, case.lost, case.excuse)
            self.looks.append(look)
        self.said += [
            Scoped(case.scope, replace(finding, rule=rule.id, parameters=dict(parameters))) for finding in findings
        ]
        kind, key = case.kind or source.name, case.key or case.scope
        self.dues += [(kind, key, at) for at in case.look_again if at > self.now]
        if case.rests_on is not None and (kind, key) not in self.watched:
            self.watched.add((kind, key))
            self.watches += [
                Watch(kind, key, rest.subject, rest.subject_id, rest.during.start, rest.during.end)
                for rest in case.rests_on
            ]
