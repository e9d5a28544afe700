"""Rules, the word: what each of them is called, which clause it stands for, and the thresholds a bureau may change."""

from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar, Final, Protocol

from alerts.finding import Weight


class Parameters(Protocol):
    """A frozen dataclass of thresholds with defaults, their units in their names."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of domain.md's table.

    `clause` is the regulation's; `box` the annex and the number of its box (None: no slip). `weight` is the most that
    the rule may give; `sql` the file of sql/rules that gathers its evidence.
    """

    id: str
    name: str
    clause: str | None
    box: str | None
    weight: Weight
    parameters: type[Parameters]
    sql: str | None = None
    is_of_any_device: bool = False
    """It holds whichever device speaks under the recorder's name."""
    doubt_s: float = 5.0
    """How long it may be in doubt what the missing readings would have said (s): less than that would hide nothing."""


@dataclass(frozen=True, slots=True)
class NoParameters:
    """For a rule that has nothing to set."""


SETTLE_S: Final = 300.0
"""How long after a return nothing late may come before its backlog counts as in (s)."""


def thresholds_of(parameters: Parameters) -> dict[str, Any]:
    """The values used, as they are stored with a finding."""
    return asdict(parameters)


def defaults_of(rule: Rule) -> dict[str, Any]:
    """A rule's thresholds as they are without a settings file."""
    return {f.name: f.default for f in fields(rule.parameters) if f.default is not MISSING}
