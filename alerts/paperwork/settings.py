"""The table `[paper]`: the numbering of slips, and the points that upheld incidents cost in the yearly score."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alerts.paperwork.circulars.scores import ScoreSettings, read_score_settings
from alerts.paperwork.slips.forms import NUMBERS
from telemetry.domain.errors import SettingsError

_NUMBERS: Final = {"number_1": 1, "number_2": 2}
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class PaperSettings:
    """`numbers`: the format of slip numbers by annex, with `{year}` and `{serial}`; `score`: the points."""

    numbers: Mapping[int, str] = field(default_factory=lambda: dict(NUMBERS))
    score: ScoreSettings = field(default_factory=ScoreSettings)


def read_paper_settings(table: Mapping[str, Any]) -> PaperSettings:
    """Read the table `[paper]`: `number_1`, `number_2`, `score`. Raises SettingsError that names the setting."""
    unknown = table.keys() - {*_NUMBERS, "score"}
    if unknown:
        raise SettingsError(f"settings: paper: {min(unknown)}: no such setting")
    numbers = dict(NUMBERS)
    for name, annex in _NUMBERS.items():
        if name in table:
            numbers[annex] = _number(name, table[name])
    score = table.get("score", {})
    if not isinstance(score, Mapping):
        raise SettingsError("settings: paper.score: not a table")
    return PaperSettings(numbers, read_score_settings(score))


def _number(name: str, text: Any) -> str:
    try:
        is_fit = isinstance(text, str) and len(text) <= _LONGEST and "{year}" in text and "{serial}" in text
        said = text.format(year=2026, serial=1) if is_fit else ""
    except (LookupError, ValueError, AttributeError):
        said = ""
    if not said:
        raise SettingsError(f"settings: paper: {name}: a text with {{year}} and {{serial}} is wanted")
    return str(text)
