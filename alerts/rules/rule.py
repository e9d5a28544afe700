"""What a rule is: one value with everything about it, and the cases it judges."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from alerts.facts.known import KnownDuty
from alerts.finding import Finding, Standing, Weight
from alerts.intervals import Interval
from alerts.rules.rests_on import RestsOn
from alerts.rules.tick import Tick
from telemetry.domain.settings_table import Table

SETTLE_S: Final = 300.0
"""A backlog counts as complete if nothing late arrives for this long after the return (s)."""
ASK_LEADER: Final = "请{deadline}核实并签收，反馈初步结论：设备故障／经批准／需核查。"
ASK_WEARER: Final = "请尽快处理。"


Box = tuple[Literal[1, 2], int | None]
"""An annex of the regulation and the number of its box; annex 1 has no boxes."""


class NoParameters(Table):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that rules judge, and what the engine must know about it.

    `scope` is the recorder, duty or other thing within which a finding's key is unique. `content` is what the rule
    reads; None means that there is nothing to judge any more. An earlier finding within `looked_at` that isn't
    concluded again becomes `lost` (with `excuse`). The case is gathered again under (`kind`, `key`) at the times
    `look_again`, and when something in `rests_on` changes; `rests_on` None keeps the earlier list.
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
    """Where cases come from; rules that judge the same things share a source.

    `name` is the kind under which its cases are scheduled. `gather` returns the cases, or the input of each rule's
    `cases`. `plan` runs before any judgement and schedules facts that became known. Sources are gathered in order of
    `rank`.
    """

    name: str
    gather: Callable[[Tick], Awaitable[Any]]
    plan: Callable[[Tick, Sequence["Rule"]], Awaitable[None]] | None = None
    rank: int = 5


async def as_gathered(_: Tick, gathered: Sequence[Case]) -> Sequence[Case]:
    """The default `cases` of a rule: what its source gathered."""
    return gathered


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of domain.md's table, with all that the engine and the displays need.

    `clause` is the regulation's clause; `box` is the annex and box number (None: no slip, or only through an activity).
    `weight` is the greatest weight the rule may give. `judge` takes a case's content and the parameters. `file` is the
    rule's module; its SQL lies beside it. `wakes_at` and `grows_by` name the `recorder_state` columns that trigger it:
    when the value crosses a parameter, or grows by more than a parameter between two readings.
    """

    id: str
    title: str
    what: str
    """What was observed, after who and when; it accuses nobody."""
    clause: str | None
    box: Box | None
    weight: Weight
    parameters: type[Table]
    source: Source
    judge: Callable[[Any, Any], Iterable[Finding]]
    file: str
    cases: Callable[[Tick, Any], Awaitable[Sequence[Case]]] = as_gathered
    """Turns what the source gathered into this rule's cases."""
    conduct: str = ""
    """The conduct that a slip states, after who and when; empty if that is what was observed."""
    score: float = 0.0
    """Points that an upheld incident takes off the unit's yearly score, unless the settings change it."""
    ask_leader: str = ASK_LEADER
    ask_wearer: str = ASK_WEARER
    is_urgent: bool = False
    """Its notices go out at once, at night too, ahead of all others."""
    is_for_engineers: bool = False
    """It concerns a device, and its wearer can do nothing about it."""
    is_of_any_device: bool = False
    """It holds whichever device uses the recorder's id."""
    doubt_s: float = 5.0
    """Doubt about missing readings shorter than this is ignored (s): it could hide nothing that matters."""
    wakes_at: Mapping[str, str] = field(default_factory=dict)
    grows_by: Mapping[str, str] = field(default_factory=dict)
    deadlines: Callable[[KnownDuty, Any], Iterable[datetime]] = lambda _duty, _parameters: ()
    """When to judge a duty; its source schedules these times."""

    @property
    def box_zh(self) -> str:
        """Annex and box in Chinese; empty without a box."""
        if self.box is None:
            return ""
        annex, number = self.box
        return f"附件{annex}" if number is None else f"附件{annex} №{number}"

    @property
    def sql(self) -> Path:
        """Path of its SQL file; the file is missing if the rule asks no questions of its own."""
        return Path(self.file).with_suffix(".sql")
