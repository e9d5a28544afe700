"""Evaluation, last step: a finding that rests on missing readings is no surer than their absence.

If readings are missing through a fault of our system or of the device, the finding is `suspected` until other evidence
settles it (domain.md, "Nothing convicts on one sight"). Every finding passes here. A rule lists the readings whose
absence a finding rests on (`Finding.absence`), but not what gapless readings, an import with segments or the device's
own report settle.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from alerts.finding import Finding, Scoped
from alerts.intervals import Interval, total, union
from alerts.rules.registry import RULE_OF
from alerts.rules.tick import Tick
from alerts.shanghai_time import span
from telemetry.vocabulary import texts

CONFLICTS: Final = frozenset({"imei", "two_boots", "clock"})
"""Reasons for which a reading may come from another device, or be of another time."""
REASONS: Final = texts("evidence_doubt")
_MOMENT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A period in which missing readings of one recorder prove nothing, and the reason."""

    reason: str
    during: Interval


async def in_doubt(tick: Tick, said: Sequence[Scoped]) -> list[Scoped]:
    """The findings in *said*, lowered to `suspected` where doubts require it."""
    found: dict[int, list[Doubt]] = defaultdict(list)
    for query, places_of in (("doubts", _missing), ("conflicts", _spoken)):
        records = [
            (n, recorder_id, scoped.finding.subject.unit_id, during.start, during.end)
            for n, scoped in enumerate(said)
            if scoped.finding.standing != "withdrawn" and scoped.finding.confidence != "suspected"
            for recorder_id, during in places_of(scoped.finding, tick)
        ]
        for n, reason, start, end in await tick.questions.of(query, records):
            found[n].append(Doubt(reason, Interval(start, end)))
    return [
        replace(scoped, finding=weighed(scoped.finding, found[n])) if n in found else scoped
        for n, scoped in enumerate(said)
    ]


def _missing(finding: Finding, _: Tick) -> Iterable[tuple[str, Interval]]:
    """Recorders and times where any doubt matters; without a known recorder, that of the finding's subject."""
    of_whom = finding.subject.recorder_id
    return sorted({(recorder_id or of_whom or "", during) for recorder_id, during in finding.absence})


def _spoken(finding: Finding, tick: Tick) -> Iterable[tuple[str, Interval]]:
    """The time in which the recorder's own messages must not come from another device, or have a time of a wrong clock."""
    if finding.subject.recorder_id is None or RULE_OF[finding.rule].is_of_any_device:
        return []
    ends_at = max(finding.ends_at or tick.now, finding.starts_at + _MOMENT)
    return [(finding.subject.recorder_id, Interval(finding.starts_at, ends_at))]


def weighed(finding: Finding, doubts: Sequence[Doubt]) -> Finding:
    """*finding* lowered to `suspected` if *doubts* cover more than the rule's `doubt_s`; pure."""
    hidden = total(union(d.during for d in doubts))
    is_foreign = any(d.reason in CONFLICTS for d in doubts)
    if not is_foreign and hidden <= timedelta(seconds=RULE_OF[finding.rule].doubt_s):
        return finding
    by_reason: Mapping[str, list[Interval]] = {
        reason: union(d.during for d in doubts if d.reason == reason) for reason in sorted({d.reason for d in doubts})
    }
    pleas = tuple(
        f"{'、'.join(span(i.start, i.end) for i in when[:5])}{REASONS[reason]}，不作为认定依据。"
        for reason, when in by_reason.items()
    )
    facts = {
        **finding.evidence.facts,
        "doubts": {r: [[i.start.isoformat(), i.end.isoformat()] for i in when] for r, when in by_reason.items()},
    }
    return replace(
        finding,
        confidence="suspected",
        weight="check" if finding.weight == "transfer" else finding.weight,
        evidence=replace(finding.evidence, pleas=(*finding.evidence.pleas, *pleas), facts=facts),
    )
