"""Scores the incidents of a back-test against labels, per rule and per cause.

An incident counts if somebody would be notified: not withdrawn, excused or dismissed, not `suspected`, no reminder.
Rules without labels are left out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

Row = Mapping[str, Any]
_SLACK: Final = timedelta(minutes=15)
_SILENT_STATUSES: Final = frozenset({"withdrawn", "excused", "dismissed", "revoked"})
_LEAST_SILENCE: Final = timedelta(minutes=10)
_BY_ACTIVITY: Final = frozenset({"activity-unrecorded", "recording-incomplete"})
_BY_SHIFT: Final = frozenset({"shift-unrecorded", "recorder-not-carried"})
_SHARED: Final = frozenset({"platform_outage", "cell_outage"})
NOTHING: Final = "(none)"


@dataclass(slots=True)
class RuleScore:
    """One rule: labels found and missed, incidents without a label, seconds from decidable to detected."""

    found: int = 0
    missed: int = 0
    false: int = 0
    wrong_person: int = 0
    not_observable: int = 0
    delays_s: list[float] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        """The share of incidents that are right; None if there are none."""
        said = self.found + self.false
        return self.found / said if said else None

    @property
    def recall(self) -> float | None:
        """The share of labels that were found; None if there are none."""
        wanted = self.found + self.missed
        return self.found / wanted if wanted else None


@dataclass(slots=True)
class Score:
    """All rules, the confusion matrix of causes ((true, found) → number), and each error as a sentence."""

    rules: dict[str, RuleScore] = field(default_factory=lambda: defaultdict(RuleScore))
    causes: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        """Add the figures of another scenario."""
        for rule, theirs in other.rules.items():
            mine = self.rules[rule]
            mine.found += theirs.found
            mine.missed += theirs.missed
            mine.false += theirs.false
            mine.wrong_person += theirs.wrong_person
            mine.not_observable += theirs.not_observable
            mine.delays_s += theirs.delays_s
        self.causes += other.causes
        self.errors += other.errors


def score(incidents: Sequence[Row], labels: Sequence[Row], rules: Iterable[str] | None = None) -> Score:
    """Compare *incidents* (wire contract, section 4) with *labels*; only *rules*, or those that have labels."""
    result = Score()
    wanted = [label for label in labels if label.get("label") == "incident"]
    known = set(rules) if rules is not None else {label["rule"] for label in wanted}
    for rule in sorted(known):
        own = [incident for incident in incidents if incident["rule"] == rule]
        _score_rule(rule, own, [label for label in wanted if label["rule"] == rule], result)
    _score_causes(incidents, [label for label in labels if label.get("label") == "silence"], result)
    return result


def _score_rule(rule: str, incidents: Sequence[Row], labels: Sequence[Row], result: Score) -> None:
    mine = result.rules[rule]
    free = [incident for incident in incidents if counts(incident)]
    expected = sorted(labels, key=lambda label: label["expected"] != "open")
    for label in expected:
        found = next((incident for incident in free if _matches(rule, incident, label)), None)
        if found is not None:
            free.remove(found)
        if label["expected"] != "open":
            if found is not None:
                mine.false += 1
                result.errors.append(f"{rule}: not excused: {_describe(label)}")
        elif not label.get("observable", True):
            mine.not_observable += 1
        elif found is None:
            mine.missed += 1
            result.errors.append(f"{rule}: missed: {_describe(label)}")
        else:
            mine.found += 1
            _note_match(mine, found, label, result)
    mine.false += len(free)
    result.errors += [f"{rule}: false: {_describe(incident)} {incident['confidence']}" for incident in free]


def counts(incident: Row) -> bool:
    """Whether somebody would be notified of an incident."""
    told = incident["confidence"] != "suspected" and incident["weight"] != "reminder"
    return told and incident["status"] not in _SILENT_STATUSES


def _matches(rule: str, incident: Row, label: Row) -> bool:
    if rule in _BY_ACTIVITY:
        return bool(incident["activity_id"] == label["activity_id"])
    if rule in _BY_SHIFT:
        return bool(incident["shift_id"] == label["shift_id"])
    if rule == "outage":
        return _overlaps(incident, label)
    if label.get("recorder_id") is not None and incident["recorder_id"] is not None:
        return bool(incident["recorder_id"] == label["recorder_id"]) and _overlaps(incident, label)
    if incident["officer_id"] is None and incident["unit_id"] != label["unit_id"]:
        return False
    return bool(incident["officer_id"] == label["officer_id"]) and _overlaps(incident, label)


def _overlaps(one: Row, other: Row) -> bool:
    one_end, other_end = _moment(one["ends_at"]), _moment(other["ends_at"])
    one_start, other_start = _moment(one["starts_at"]), _moment(other["starts_at"])
    assert one_start is not None
    assert other_start is not None
    return (other_end is None or one_start <= other_end + _SLACK) and (
        one_end is None or other_start <= one_end + _SLACK
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _note_match(mine: RuleScore, found: Row, label: Row, result: Score) -> None:
    named, meant = found["officer_id"], label["officer_id"]
    if named is not None and meant is not None and named not in {meant, *label.get("officer_ids", ())}:
        mine.wrong_person += 1
        result.errors.append(f"{label['rule']}: names {named}: {_describe(label)}")
    told, decidable = _moment(found.get("confirmed_at") or found["detected_at"]), _moment(label.get("decidable_at"))
    if told is not None and decidable is not None:
        mine.delays_s.append(max(0.0, (told - decidable).total_seconds()))


def _describe(row: Row) -> str:
    names = [row.get("activity_id"), row.get("shift_id"), row.get("recorder_id"), row.get("officer_id")]
    return f"{'/'.join(str(name) for name in names if name)} {row['starts_at']}..{row['ends_at']}"


def _score_causes(incidents: Sequence[Row], silences: Sequence[Row], result: Score) -> None:
    """Count the causes found for silences on duty that were long enough for an incident."""
    by_recorder: dict[str, list[Row]] = defaultdict(list)
    for incident in incidents:
        if incident["status"] in {"withdrawn", "dismissed"} or incident["rule"] not in {
            "sim-removed",
            "recorder-offline",
            "outage",
        }:
            continue
        named = incident["evidence"].get("facts", {}).get("members", []) if incident["rule"] == "outage" else []
        for recorder_id in named or [incident["recorder_id"]]:
            by_recorder[recorder_id].append(incident)
    for label in silences:
        starts, ends = _moment(label["starts_at"]), _moment(label["ends_at"])
        if label.get("on_duty") and starts is not None and ends is not None and ends - starts >= _LEAST_SILENCE:
            said = _found_cause(label, by_recorder.get(label["recorder_id"], []))
            # A silence may have several phases (a pull in a dead zone); the cause of any of them is right.
            phases = {phase["cause"] for phase in label.get("phases", ())}
            truth = said if said in phases else label["cause"]
            result.causes[truth, said] += 1
            if said not in {truth, NOTHING}:
                result.errors.append(f"cause: {label['cause']} said {said}: {_describe(label)}")


def _found_cause(label: Row, incidents: Sequence[Row]) -> str:
    order = {"sim-removed": 0, "outage": 1, "recorder-offline": 2}
    near = [i for i in incidents if _shares_most(i, label)]
    for incident in sorted(near, key=lambda i: order[i["rule"]]):
        if incident["confidence"] != "suspected" or incident["rule"] == "recorder-offline":
            return str(incident["cause"])
    return NOTHING


def _shares_most(incident: Row, label: Row) -> bool:
    """Whether they overlap by more than half a minute, which clocks may differ by."""
    start = max(_moment(incident["starts_at"]), _moment(label["starts_at"]))  # type: ignore[type-var]
    ends = [moment for moment in (_moment(incident["ends_at"]), _moment(label["ends_at"])) if moment is not None]
    return start is not None and (not ends or min(ends) - start > timedelta(seconds=30))


def as_json(result: Score) -> dict[str, Any]:
    """The figures as JSON values."""
    return {
        "rules": {
            rule: {
                "found": s.found,
                "missed": s.missed,
                "false": s.false,
                "wrong_person": s.wrong_person,
                "not_observable": s.not_observable,
                "precision": s.precision,
                "recall": s.recall,
                "delay_median_s": median(s.delays_s) if s.delays_s else None,
                "delay_max_s": max(s.delays_s) if s.delays_s else None,
            }
            for rule, s in sorted(result.rules.items())
        },
        "causes": [{"truth": t, "said": s, "number": n} for (t, s), n in sorted(result.causes.items())],
        "errors": result.errors,
    }


def as_table(result: Score) -> str:
    """The figures as text: a line per rule, then the confusion matrix with true causes in the rows."""
    head = f"{'rule':24}{'found':>7}{'missed':>8}{'false':>7}{'person':>8}{'precision':>11}{'recall':>8}{'delay s':>9}"
    lines = [head]
    for rule, s in sorted(result.rules.items()):
        delay = f"{median(s.delays_s):.0f}" if s.delays_s else "-"
        lines.append(
            f"{rule:24}{s.found:7}{s.missed:8}{s.false:7}{s.wrong_person:8}"
            f"{_percent(s.precision):>11}{_percent(s.recall):>8}{delay:>9}"
        )
    truths, said = cause_axes(result)
    lines += ["", f"{'cause':18}" + "".join(f"{cause[:10]:>12}" for cause in said)]
    lines += [f"{t:18}" + "".join(f"{result.causes[t, s] or '':>12}" for s in said) for t in truths]
    return "\n".join(lines)


def cause_axes(result: Score) -> tuple[list[str], list[str]]:
    """The rows and columns of the confusion matrix; causes that many recorders share come last."""
    truths = sorted({truth for truth, _ in result.causes}, key=lambda cause: (cause in _SHARED, cause))
    extra = {said for _, said in result.causes} - set(truths)
    return truths, [*truths, *sorted(extra)]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def as_svg(result: Score) -> str:
    """The confusion matrix as an SVG picture; the darker a cell, the larger its share of the row."""
    truths, said = cause_axes(result)
    cell, left, top = 64, 170, 130
    width, height = left + cell * len(said) + 20, top + cell * len(truths) + 20
    size = f'width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        '<text x="10" y="24" font-size="16">Causes: truth (rows), said (columns)</text>',
    ]
    for column, cause in enumerate(said):
        x = left + cell * column + cell // 2
        parts.append(f'<text x="{x}" y="{top - 8}" transform="rotate(-40 {x} {top - 8})">{cause}</text>')
    for row, truth in enumerate(truths):
        y = top + cell * row
        total = sum(result.causes[truth, cause] for cause in said) or 1
        parts.append(f'<text x="{left - 8}" y="{y + cell // 2 + 4}" text-anchor="end">{truth}</text>')
        for column, cause in enumerate(said):
            number = result.causes[truth, cause]
            shade = number / total
            colour = "#1a7f37" if truth == cause else "#c0392b"
            x = left + cell * column
            parts.append(
                f'<rect x="{x}" y="{y}" width="{cell}" height="{cell}" stroke="#ccc" fill="{colour}" '
                f'fill-opacity="{shade:.3f}"/>'
            )
            if number:
                parts.append(f'<text x="{x + cell // 2}" y="{y + cell // 2 + 4}" text-anchor="middle">{number}</text>')
    return "".join([*parts, "</svg>\n"])
