"""An entry of the vocabulary, and the palette of named colours."""

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias


class Tone(NamedTuple):
    """A colour: `fill` for marks, lines and Grafana, `ground` with `ink` for a badge (contrast at least 4.5 to 1)."""

    fill: str
    ground: str
    ink: str


PALETTE: Final[Mapping[str, Tone]] = {
    "alarm": Tone("#e0112b", "#e0112b", "#ffffff"),
    "red": Tone("#d9263f", "#b3132a", "#ffffff"),
    "crimson": Tone("#b8385a", "#6d0f1e", "#ffffff"),
    "rose": Tone("#d2304a", "#fdecee", "#930d21"),
    "orange": Tone("#e07b00", "#a85200", "#ffffff"),
    "amber": Tone("#d99a2b", "#fff0d6", "#7a3d00"),
    "yellow": Tone("#bfa100", "#fdf6d0", "#5f4d00"),
    "green": Tone("#12893f", "#12793a", "#ffffff"),
    "mint": Tone("#4caf7a", "#e5f5ea", "#0a5a2b"),
    "blue": Tone("#1f6fd1", "#1f66c1", "#ffffff"),
    "sky": Tone("#5b9bdb", "#e4eefa", "#0b4a92"),
    "navy": Tone("#4a6fb5", "#1d3f72", "#ffffff"),
    "purple": Tone("#8a3ffc", "#7a35e0", "#ffffff"),
    "lilac": Tone("#a58be0", "#f0eafc", "#55308d"),
    "slate": Tone("#5b6b7b", "#55646f", "#ffffff"),
    "grey": Tone("#8a949e", "#d5dbe1", "#2d3b48"),
    "pale": Tone("#b6bec6", "#e8ecf0", "#46535f"),
}
"""Red: act or decide. Orange and amber: look at it. Purple: an outage. Green: normal. Grey: inactive."""


class Word(NamedTuple):
    """The word for a code, its explanation, and the name of its colour in the palette, if any."""

    text: str
    meaning: str
    tone: str | None = None


Words: TypeAlias = Mapping[str, Word]
"""The words of one group by code, in display order."""
