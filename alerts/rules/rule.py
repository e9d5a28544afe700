"""Rules, the word: what each of them is called, which clause it stands for, and the thresholds a bureau may change."""

from dataclasses import MISSING, asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Protocol

from alerts.rules.finding import Weight
from alerts.silences.cause_texts import SHANGHAI


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


def day_and_time(moment: datetime) -> str:
    """A moment in Shanghai, as people read it: 3月2日10:02."""
    local = moment.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日{local:%H:%M}"


def clock(moment: datetime) -> str:
    """The time of day in Shanghai, to the minute: 10:02."""
    return f"{moment.astimezone(SHANGHAI):%H:%M}"


def duration(length: timedelta) -> str:
    """A length as people say it, in minutes or hours and minutes."""
    minutes = max(round(length.total_seconds() / 60), 1)
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return f"{minutes}分钟"
    return f"{hours}小时{rest}分钟" if rest else f"{hours}小时"


def during(start: datetime, end: datetime | None) -> str:
    """When something was, as part of a sentence: 于3月2日10:02至10:29, or 自3月2日10:02起 where it still is."""
    return f"{'自' if end is None else '于'}{span(start, end)}"


def deadline(moment: datetime) -> str:
    """A moment before which something is due; midnight belongs to the day that ends: 3月2日24:00."""
    if clock(moment) != "00:00":
        return day_and_time(moment)
    day = moment.astimezone(SHANGHAI) - timedelta(minutes=1)
    return f"{day.month}月{day.day}日24:00"


def span(start: datetime, end: datetime | None) -> str:
    """From when to when, the day once: 3月2日10:02至10:29."""
    if end is None:
        return f"{day_and_time(start)}起"
    same_day = start.astimezone(SHANGHAI).date() == end.astimezone(SHANGHAI).date()
    until = clock(end) if same_day else day_and_time(end)
    return f"{day_and_time(start)}至{until}"
