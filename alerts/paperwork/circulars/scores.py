"""The yearly score of each unit, from the closed months and the points in the settings. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alerts.notices.texts import TITLES
from alerts.paperwork.circulars.figures import Entry, Figures, ledger
from alerts.rules.registry import RULES
from telemetry.domain.errors import SettingsError

_DEFAULTS: Final[dict[str, float]] = {
    **{rule.id: rule.score for rule in RULES if rule.score},
    "footage-leaked": 10.0,
    "other-breach": 2.0,
}


@dataclass(frozen=True, slots=True)
class ScoreSettings:
    """A unit starts with `full` points and loses `weights[rule]` for each upheld incident."""

    full: float = 100.0
    weights: Mapping[str, float] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", {**_DEFAULTS, **(self.weights or {})})


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


def read_score_settings(table: Mapping[str, Any]) -> ScoreSettings:
    """Read `[paper.score]`: `full`, and `weights` by rule. Raises SettingsError that names the setting."""
    unknown = table.keys() - {"full", "weights"}
    if unknown:
        raise SettingsError(f"settings: paper.score: {min(unknown)}: no such setting")
    weights = table.get("weights", {})
    if not isinstance(weights, Mapping):
        raise SettingsError("settings: paper.score.weights: not a table")
    for rule, weight in weights.items():
        if rule not in TITLES:
            raise SettingsError(f"settings: paper.score.weights: {rule}: no such rule")
        if not _is_points(weight):
            raise SettingsError(f"settings: paper.score.weights: {rule}: not a number from 0 to 1000")
    full = table.get("full", 100.0)
    if not _is_points(full):
        raise SettingsError("settings: paper.score: full: not a number from 0 to 1000")
    return ScoreSettings(float(full), {rule: float(weight) for rule, weight in weights.items()})


def _is_points(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1000


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
