"""What one rule concluded at one moment: the word between the rules and the incidents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Self

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


_OLD_PLEA: Final = "有利情节"
_CANNOT_TELL: Final = "系统不能判断"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why, in sentences of plain official Chinese, each true of what settled this finding; `facts` are for machines.

    `key` is the deciding fact with its figures: which recorder, from when to when, what was measured, how long. It
    leads wherever the incident is told of, on public channels too, so it names a recorder and never a person.
    `reasons` are the rest of what speaks for the finding, `pleas` what speaks for the person concerned, `limits` what
    the system can't judge. `keeps_key`: the figures are those that opened the incident, and stay while it lasts.
    """

    key: str
    reasons: tuple[str, ...] = ()
    pleas: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    keeps_key: bool = False

    def as_values(self) -> dict[str, Any]:
        """As it is kept with an incident."""
        return {
            "key": self.key,
            "reasons": list(self.reasons),
            "pleas": list(self.pleas),
            "limits": list(self.limits),
            "facts": self.facts,
        }

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Evidence as it is kept; of version 0.1, where all sentences were one list, the first reason is the key."""
        facts = dict(values.get("facts", {}))
        if "sentences" not in values:
            reasons, pleas, limits = (tuple(map(str, values.get(name, ()))) for name in ("reasons", "pleas", "limits"))
            return cls(str(values.get("key", "")), reasons, pleas, limits, facts)
        said = [str(sentence) for sentence in values["sentences"]]
        key, *others = [one for one in said if not one.startswith(_OLD_PLEA)] or [""]
        rest = [one.removeprefix(_OLD_PLEA).lstrip("：:，, ") for one in said if one.startswith(_OLD_PLEA)]
        told = tuple(one for one in rest if not is_limit(one)), tuple(one for one in rest if is_limit(one))
        return cls(key, tuple(others), *told, facts)


def is_limit(sentence: str) -> bool:
    """Whether a sentence that version 0.1 told as a plea only says what the system can't judge."""
    return _CANNOT_TELL in sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's conclusion about one subject and one period of conduct.

    `key` names the incident within the rule and never changes while the conduct is the same one (subject and the
    beginning of the period, e.g. "R0017|2026-03-02T02:02:30Z" or an activity's id): the same trouble seen at every
    tick is the same key. The engine adds the `rule` that judged and the `parameters` that it used.
    """

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
    rule: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    absence: tuple[tuple[str, Interval], ...] = ()
    """Recorders and times whose missing readings it rests on: where something else explains that, it is suspected."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a rule has looked at in this tick: one scope (a recorder, a duty, ...) over one stretch of time."""

    rule: str
    scope: str
    from_at: datetime
    to_at: datetime
    lost: Standing = "withdrawn"
    """What becomes of an incident in it that the rule no longer speaks of."""
    excuse: str | None = None


@dataclass(frozen=True, slots=True)
class Scoped:
    """A finding, and the scope within which its key must be unique and lasting."""

    scope: str
    finding: Finding
