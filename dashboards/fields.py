"""How a panel shows one column of its query: name, unit, decimals, words for codes, link and thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.models import dashboard

from dashboards.words import NO_COLOUR, Words, colour, word

TEXT: Final = "string"
TIMESTAMP: Final = "dateTimeAsIso"
SECONDS: Final = "s"
PERCENT: Final = "percent"
MEGABYTES: Final = "decmbytes"
DBM: Final = "dBm"
CELSIUS: Final = "celsius"
DEGREES: Final = "degree"
DEVICES: Final = "suffix: 台"

TIMES: Final = "suffix: 次"
ENTRIES: Final = "suffix: 条"


@dataclass(frozen=True, slots=True)
class Field:
    """One column. `thresholds` are (value from which it applies, colour); the first has no value."""

    name: str
    label: str
    unit: str = TEXT
    decimals: int | None = None
    words: Words | None = None
    link: str | None = None
    thresholds: Sequence[tuple[float | None, str]] = ()
    coloured: bool = False

    def properties(self) -> list[dashboard.DynamicConfigValue]:
        """Grafana's overrides for this column."""
        values: list[tuple[str, object]] = [("displayName", self.label), ("unit", self.unit)]
        if self.decimals is not None:
            values.append(("decimals", self.decimals))
        if self.words is not None:
            values.append(("mappings", [_mapping(self.words)]))
        if self.link is not None:
            link = {"title": f"在控制台打开{self.label}", "url": self.link, "targetBlank": True}
            values.append(("links", [link]))
        if self.thresholds:
            steps = [dashboard.Threshold(value, colour) for value, colour in self.thresholds]
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
    thresholds = ((None, NO_COLOUR), (1, fill)) if is_warning else ((None, fill),)
    return Field(code, word(group, code), unit, thresholds=thresholds)


def _mapping(words: Words) -> dashboard.ValueMap:
    results = {
        code: dashboard.ValueMappingResult(text, colour, index=index)
        for index, (code, (text, colour)) in enumerate(words.items())
    }
    return dashboard.ValueMap(options=results)
