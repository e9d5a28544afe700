"""What one rule concluded at one moment: the word between the rules and the incidents."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from alerts.intervals import Interval

Confidence = Literal["suspected", "probable", "confirmed"]
Weight = Literal["reminder", "check", "transfer", "operational"]
"""`operational` is the dash of domain.md's table: nothing that a person could be held to."""
Standing = Literal["holds", "excused", "withdrawn", "resolved"]
"""What the rule says of the incident now: it holds, an excuse explains it, evidence took it back, or it has ended."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a finding is about; `officer_id` is None where the wearer isn't certain."""

    unit_id: str | None
    recorder_id: str | None = None
    officer_id: str | None = None
    shift_id: str | None = None
    activity_id: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why: `sentences` in plain official Chinese for people (for and against the wearer), `facts` for machines."""

    sentences: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's conclusion about one subject and one period of conduct.

    `key` names the incident within the rule and never changes while the conduct is the same one (subject and the
    beginning of the period, e.g. "R0017|2026-03-02T02:02:30Z" or an activity's id): the same trouble seen at every
    tick is the same key. `parameters` are the thresholds that were used, with their units in their names.
    """

    rule: str
    key: str
    subject: Subject
    starts_at: datetime
    ends_at: datetime | None
    confidence: Confidence
    weight: Weight
    standing: Standing
    evidence: Evidence
    cause: str | None = None
    excuse: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    absence: tuple[tuple[str, Interval], ...] = ()
    """Recorders and times whose missing readings it rests on: where something else explains that, it is suspected."""
