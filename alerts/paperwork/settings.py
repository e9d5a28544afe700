"""The table `[paper]`: the numbering of slips, and the points that upheld incidents cost in the yearly score."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from alerts.paperwork.circulars.scores import ScoreSettings
from alerts.paperwork.slips.forms import NUMBERS
from telemetry.domain.settings_table import Table


def _says_year_and_serial(text: str) -> str:
    try:
        said = text.format(year=2026, serial=1) if "{year}" in text and "{serial}" in text else ""
    except (LookupError, ValueError, AttributeError):
        said = ""
    if not said:
        raise ValueError("a text with {year} and {serial} is wanted")
    return text


Number = Annotated[str, Field(max_length=60), AfterValidator(_says_year_and_serial)]


class PaperSettings(Table):
    """Slips and scores."""

    number_1: Number = Field(NUMBERS[1], title="附件1文号", description="how slips of annex 1 are numbered")
    number_2: Number = Field(NUMBERS[2], title="附件2文号", description="how slips of annex 2 are numbered")
    score: ScoreSettings = Field(ScoreSettings(), title="年度考核")

    @property
    def numbers(self) -> Mapping[int, str]:
        """A slip's number by annex, with `{year}` and `{serial}` in it."""
        return {1: self.number_1, 2: self.number_2}
