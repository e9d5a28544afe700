"""The yearly score of each unit, from the closed months and the points in the settings. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, Field, field_validator

from alerts.notices.texts import TITLES
from alerts.paperwork.circulars.figures import Entry, Figures, ledger
from alerts.rules.registry import RULES
from telemetry.domain.settings_table import Table

_DEFAULTS: Final[dict[str, float]] = {
    **{rule.id: rule.score for rule in RULES if rule.score},
    "footage-leaked": 10.0,
    "other-breach": 2.0,
}


def _is_rule(code: str) -> str:
    if code not in TITLES:
        raise ValueError("there is no such rule")
    return code


Points = Annotated[float, Field(ge=0, le=1000)]


class ScoreSettings(Table):
    """A unit's score of the year."""

    full: Points = Field(100.0, title="满分", description="points to begin with")
    weights: Mapping[Annotated[str, AfterValidator(_is_rule)], Points] = Field(
        _DEFAULTS, title="每起认定事件扣分", description="points that each upheld incident takes off, by rule"
    )

    @field_validator("weights")
    @classmethod
    def _over_the_defaults(cls, weights: Mapping[str, float]) -> Mapping[str, float]:
        return {**_DEFAULTS, **weights}


@dataclass(frozen=True, slots=True)
class Deduction:
    """The points that a unit lost by incidents of one rule."""

    rule: str
    name: str
    count: int
    weight: float
    points: float
    incident_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitScore:
    """A unit's yearly score, at least 0, by its own incidents without those of units below it."""

    unit_id: str
    name: str
    score: float
    deductions: tuple[Deduction, ...]


@dataclass(frozen=True, slots=True)
class YearScores:
    """The scores of a year, from the months that are closed."""

    year: int
    months: tuple[str, ...]
    full: float
    units: tuple[UnitScore, ...]


def year_scores(year: int, months: Sequence[Figures], settings: ScoreSettings) -> YearScores:
    """Compute a year's scores from the closed *months*; later ones correct earlier ones."""
    of_year = sorted(month.period for month in months if month.period.startswith(f"{year}-"))
    names = {t.unit_id: t.name for m in sorted(months, key=lambda m: m.period) for t in m.tallies}
    grouped: dict[str, list[Entry]] = defaultdict(list)
    for entry in ledger(months).values():
        if entry.of_period in of_year:
            grouped[entry.unit_id].append(entry)
    units = [
        _score(unit_id, names.get(unit_id, unit_id or "未定单位"), grouped[unit_id], settings)
        for unit_id in sorted({*names, *grouped})
    ]
    return YearScores(year, tuple(of_year), settings.full, tuple(units))


def _score(unit_id: str, name: str, entries: Iterable[Entry], settings: ScoreSettings) -> UnitScore:
    by_rule: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        by_rule[entry.rule].append(entry.incident_id)
    deductions = tuple(
        Deduction(
            rule=rule,
            name=TITLES.get(rule, rule),
            count=len(ids),
            weight=settings.weights.get(rule, 0.0),
            points=round(len(ids) * settings.weights.get(rule, 0.0), 2),
            incident_ids=tuple(sorted(ids)),
        )
        for rule, ids in sorted(by_rule.items())
    )
    left = settings.full - sum(deduction.points for deduction in deductions)
    return UnitScore(unit_id, name, round(max(left, 0.0), 2), deductions)
