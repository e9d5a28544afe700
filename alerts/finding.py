"""Finding: what one rule concluded at one moment. Rules produce findings; incidents are built from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Self

from alerts.intervals import Interval

Confidence = Literal["suspected", "probable", "confirmed"]
Weight = Literal["reminder", "check", "transfer", "operational"]
"""`operational` is the dash in domain.md's table: nothing that a person is held to."""
Standing = Literal["holds", "excused", "withdrawn", "resolved"]
"""State of the incident by the rule: it holds, is excused, is withdrawn on later evidence, or has ended."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a finding is about; `officer_id` is None if the wearer is uncertain."""

    unit_id: str | None
    recorder_id: str | None = None
    officer_id: str | None = None
    shift_id: str | None = None
    activity_id: str | None = None


CALLED_AT: Final = "called_at"
"""Name in a finding's facts: when the latest call of an alarm became known. Who was told before is told again."""
_OLD_PLEA: Final = "有利情节"
_CANNOT_TELL: Final = "系统不能判断"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence in official Chinese; each sentence is true of what settled this finding. `facts` are for machines.

    `key` is the key sentence with its figures: which recorder, when, what was measured, how long. It leads every text
    about the incident, on public channels too, so it names a recorder and never a person. `reasons` are further
    evidence, `pleas` speak for the person concerned, `limits` say what the system can't judge. `keeps_key`: keep the
    figures that opened the incident while it lasts.
    """

    key: str
    reasons: tuple[str, ...] = ()
    pleas: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    keeps_key: bool = False

    def as_values(self) -> dict[str, Any]:
        """The evidence as stored with an incident."""
        return {
            "key": self.key,
            "reasons": list(self.reasons),
            "pleas": list(self.pleas),
            "limits": list(self.limits),
            "facts": self.facts,
        }

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Stored evidence. Version 0.1 kept all sentences in one list; there the first reason is the key sentence."""
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
    """Whether a sentence that version 0.1 stored as a plea only says what the system can't judge."""
    return _CANNOT_TELL in sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's conclusion about one subject and one period of conduct.

    `key` identifies the incident within the rule and doesn't change as long as the conduct is the same: subject and
    start (e.g. "R0017|2026-03-02T02:02:30Z"), or an activity's id. Every tick that sees the same conduct uses the same
    key. The engine adds the `rule` and the `parameters` that it used.
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
    """Recorders and times whose missing readings it rests on; if something else explains them, it is `suspected`."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a rule has examined in this tick: one scope (a recorder, a duty, ...) over one period."""

    rule: str
    scope: str
    from_at: datetime
    to_at: datetime
    lost: Standing = "withdrawn"
    """State of an earlier incident in this period that the rule no longer reports."""
    excuse: str | None = None


@dataclass(frozen=True, slots=True)
class Scoped:
    """A finding, and the scope within which its key is unique and lasting."""

    scope: str
    finding: Finding
