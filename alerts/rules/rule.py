"""What a rule is: everything about it in one value, and the cases that it judges."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Protocol

from alerts.facts.known import KnownDuty
from alerts.finding import Finding, Standing, Weight
from alerts.intervals import Interval

if TYPE_CHECKING:
    from alerts.rules.tick import Tick

SETTLE_S: Final = 300.0
"""How long after a return nothing late may come before its backlog counts as in (s)."""
ASK_LEADER: Final = "请{deadline}核实并签收，反馈初步结论：设备故障／经批准／需核查。"
ASK_WEARER: Final = "请尽快处理。"


class Parameters(Protocol):
    """A frozen dataclass of thresholds with defaults, their units in their names."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class NoParameters:
    """For a rule that has nothing to set."""


@dataclass(frozen=True, slots=True)
class RestsOn:
    """Readings of a recorder, or facts about an officer, in a stretch of time: if they change, the case is judged again."""

    subject: Literal["recorder", "officer"]
    subject_id: str
    during: Interval


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that rules judge, with what the engine has to know of it.

    `scope` is the recorder, duty or other thing within which a finding's key is unique. `content` is what the rule reads;
    None: there is nothing to judge any more. A finding said earlier of a time within `looked_at`, and not said now,
    becomes `lost` (with `excuse`). At the moments `look_again` the case is gathered again under (`kind`, `key`), and
    whenever something that it `rests_on` changes; None leaves that as it is.
    """

    scope: str
    content: Any = None
    looked_at: Interval | None = None
    lost: Standing = "withdrawn"
    excuse: str | None = None
    kind: str | None = None
    key: str | None = None
    look_again: tuple[datetime, ...] = ()
    rests_on: tuple[RestsOn, ...] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where cases come from: one for all rules that judge the same things.

    `name` is the kind under which a case is looked at again. `gather` gives the cases, or whatever the rules' own `cases`
    make them of. `plan` notes, before anything is judged, when facts that
    became known are to be looked at by which of its rules. Sources are gathered in the order of their `rank`.
    """

    name: str
    gather: Callable[["Tick"], Awaitable[Any]]
    plan: Callable[["Tick", Sequence["Rule"]], Awaitable[None]] | None = None
    rank: int = 5


async def as_gathered(_: "Tick", gathered: Sequence[Case]) -> Sequence[Case]:
    """For a source that gathers cases."""
    return gathered


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of domain.md's table: a value that its module builds, and all that the engine and the displays need.

    `clause` is the regulation's; `box` the annex and the number of its box (None: no slip). `weight` is the most that
    the rule may give. `judge` takes a case's content and the rule's parameters. `file` is the rule's module: its SQL
    lies beside it. Columns of `recorder_state` that wake it: `wakes_at` where the value crosses a parameter, `grows_by`
    where it grows by more than a parameter from one reading to the next.
    """

    id: str
    title: str
    what: str
    """What was seen, after who and when; it states, it doesn't accuse."""
    clause: str | None
    box: str | None
    weight: Weight
    parameters: type[Parameters]
    source: Source
    judge: Callable[[Any, Any], Iterable[Finding]]
    file: str
    conduct: str = ""
    """What a slip states as established, after who and when; empty where it is what was seen."""
    cases: Callable[["Tick", Any], Awaitable[Sequence[Case]]] = as_gathered
    """What it judges of what its source gathered."""
    ask_leader: str = ASK_LEADER
    ask_wearer: str = ASK_WEARER
    is_of_any_device: bool = False
    """It holds whichever device speaks under the recorder's name."""
    doubt_s: float = 5.0
    """How long it may be in doubt what the missing readings would have said (s): less than that would hide nothing."""
    wakes_at: Mapping[str, str] = field(default_factory=dict)
    grows_by: Mapping[str, str] = field(default_factory=dict)
    deadlines: Callable[[KnownDuty, Any], Iterable[datetime]] = lambda _duty, _parameters: ()
    """When it judges a duty, of which its source plans the look."""

    @property
    def sql(self) -> Path:
        """Its SQL file; a rule without questions of its own has none."""
        return Path(self.file).with_suffix(".sql")


def thresholds_of(parameters: Parameters) -> dict[str, Any]:
    """The values used, as they are stored with a finding."""
    return asdict(parameters)
