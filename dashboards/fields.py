"""What one column of a board's query is to people: its name, its unit, its words for codes, where it leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.models import dashboard

from dashboards.words import NO_COLOUR, Words, colour, word

TEXT: Final = "string"
MOMENT: Final = "dateTimeAsIso"
SECONDS: Final = "s"
PERCENT: Final = "percent"
MEGABYTES: Final = "decmbytes"
DBM: Final = "dBm"
CELSIUS: Final = "celsius"
DEGREES: Final = "degree"
DEVICES: Final = "suffix: 台"
PIECES: Final = "suffix: 件"
TIMES: Final = "suffix: 次"
ENTRIES: Final = "suffix: 条"


@dataclass(frozen=True, slots=True)
class Field:
    """A column. `limits` are (from this value on, colour), the first of them without a value."""

    name: str
    label: str
    unit: str = TEXT
    decimals: int | None = None
    words: Words | None = None
    link: str | None = None
    limits: Sequence[tuple[float | None, str]] = ()
    coloured: bool = False

    def properties(self) -> list[dashboard.DynamicConfigValue]:
        """What a panel overrides for this column."""
        values: list[tuple[str, object]] = [("displayName", self.label), ("unit", self.unit)]
        if self.decimals is not None:
            values.append(("decimals", self.decimals))
        if self.words is not None:
            values.append(("mappings", [_mapping(self.words)]))
        if self.link is not None:
            link = {"title": f"在控制台打开{self.label}", "url": self.link, "targetBlank": True}
            values.append(("links", [link]))
        if self.limits:
            steps = [dashboard.Threshold(value, colour) for value, colour in self.limits]
            values.append(("thresholds", dashboard.ThresholdsConfig(dashboard.ThresholdsMode.ABSOLUTE, steps)))
            values.append(("color", {"mode": "thresholds"}))
        if self.coloured:
            values.append(("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
        return [dashboard.DynamicConfigValue(name, value) for name, value in values]


def count_of(group: str, code: str, unit: str, *, is_warning: bool = False) -> Field:
    """A column that counts one code, by its word and in its colour; a warning is coloured from one on only."""
    fill = colour(group, code)
    if fill == NO_COLOUR:
        return Field(code, word(group, code), unit)
    limits = ((None, NO_COLOUR), (1, fill)) if is_warning else ((None, fill),)
    return Field(code, word(group, code), unit, limits=limits)


def _mapping(words: Words) -> dashboard.ValueMap:
    results = {
        code: dashboard.ValueMappingResult(text, colour, index=index)
        for index, (code, (text, colour)) in enumerate(words.items())
    }
    return dashboard.ValueMap(options=results)
