"""Memory of earlier findings: a finding keeps its key when its period moves, and is withdrawn when it no longer holds.

One key stands for one conduct. A finding repeated within a tick counts once. A conduct that began after an earlier one
was detected is a new one, whatever key it carries.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from alerts.finding import Confidence, Evidence, Finding, Look, Scoped, Subject, Weight
from alerts.questions import Questions

_TOUCHING = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a rule concluded last under one key."""

    rule: str
    key: str
    scope: str
    starts_at: datetime
    ends_at: datetime | None
    standing: str
    content: Mapping[str, Any]
    digest: str
    said_at: datetime | None = None
    """When it was first concluded; None if it led to no incident."""


async def remember(questions: Questions, said: Sequence[Scoped], looks: Iterable[Look], now: datetime) -> list[Finding]:
    """The findings to pass on: *said* under lasting keys, and withdrawals of what no longer holds.

    Stores the changed findings.
    """
    asked = list(dict.fromkeys(looks))
    names = sorted({(scoped.finding.rule, scoped.finding.key) for scoped in said})
    known = await _known(questions, asked, names)
    handed_on, rows = reconcile_keys(said, asked, known, now)
    await questions.of("put_findings", rows)
    return handed_on


def reconcile_keys(
    said: Sequence[Scoped],
    looks: Sequence[Look],
    known: Mapping[tuple[str, str], Sequence[Remembered]],
    now: datetime,
) -> tuple[list[Finding], list[tuple[Any, ...]]]:
    """Match new findings to earlier ones; pure. *known* holds the earlier ones by (rule, scope).

    Returns the findings to pass on and the rows to store.
    """
    handed_on: list[Finding] = []
    rows: list[tuple[Any, ...]] = []
    free = {place: list(before) for place, before in known.items()}
    names = {(old.rule, old.key) for before in known.values() for old in before}
    for scoped, same in _matched(said, free):
        finding = _dated(scoped.finding, same, now)
        if same is not None:
            finding = _taken_back(finding, same) if finding.standing == "withdrawn" else replace(finding, key=same.key)
            finding = _as_opened(finding, same)
        elif finding.standing == "withdrawn" or (finding.standing == "resolved" and finding.weight == "reminder"):
            # Nobody was told about it, so there is nothing to withdraw or resolve.
            continue
        elif (finding.rule, finding.key) in names:
            finding = replace(finding, key=f"{finding.key}|{scoped.scope}|{finding.starts_at.isoformat()}")
        names.add((finding.rule, finding.key))
        row = _row(finding, scoped.scope)
        if same is None or same.digest != row[-1]:
            rows.append(row)
        handed_on.append(finding)
    for look in looks:
        before = free.get((look.rule, look.scope), [])
        for old in [b for b in before if _is_within(b, look)]:
            before.remove(old)
            if old.standing not in {"withdrawn", look.lost}:
                finding = _withdrawn(old, look)
                rows.append(_row(finding, look.scope))
                handed_on.append(finding)
    return handed_on, rows


def _matched(
    said: Sequence[Scoped], free: Mapping[tuple[str, str], list[Remembered]]
) -> list[tuple[Scoped, Remembered | None]]:
    """Each finding once, with the earlier one that it continues (removed from *free*), if any.

    If a tick judges one thing twice, the last finding counts.
    """
    once = {(s.finding.rule, s.scope, s.finding.key): s for s in said}
    found: dict[tuple[str, str, str], Remembered] = {}
    for is_same in (_is_named_so, _overlaps):
        for name, scoped in sorted(once.items(), key=lambda item: (*item[0][:2], item[1].finding.starts_at)):
            before = free.get(name[:2], [])
            same = None if name in found else next((b for b in before if is_same(scoped.finding, b)), None)
            if same is not None:
                before.remove(same)
                found[name] = same
    ordered = sorted(once.items(), key=lambda item: (*item[0][:2], item[1].finding.starts_at, item[0][2]))
    return [(scoped, found.get(name)) for name, scoped in ordered]


def _dated(finding: Finding, same: Remembered | None, now: datetime) -> Finding:
    """*finding* with a start no later than its detection (domain.md, "Rules")."""
    if same is None:
        return replace(finding, starts_at=min(finding.starts_at, now))
    return finding if _begins_before(finding, same) else replace(finding, starts_at=same.starts_at)


def _taken_back(finding: Finding, old: Remembered) -> Finding:
    """A withdrawal keeps the confidence and weight of the finding that it withdraws."""
    return replace(
        finding,
        key=old.key,
        confidence=cast("Confidence", old.content["confidence"]),
        weight=cast("Weight", old.content["weight"]),
    )


def _is_named_so(finding: Finding, old: Remembered) -> bool:
    """Whether *old* has the same key and is the same conduct; a later conduct can't continue a withdrawn finding."""
    if finding.key != old.key:
        return False
    return _begins_before(finding, old) or (old.standing != "withdrawn" and _shares_time(finding, old))


def _as_opened(finding: Finding, old: Remembered) -> Finding:
    """*finding* with the key sentence that opened the incident, if `keeps_key` is set and the incident lasts."""
    opened = old.content.get("opened")
    lasts = old.standing == "holds" or finding.standing == "resolved"
    if not finding.evidence.keeps_key or opened is None or not lasts:
        return finding
    return replace(finding, evidence=replace(finding.evidence, key=opened["key"], facts=opened["facts"]))


def _overlaps(finding: Finding, old: Remembered) -> bool:
    return _begins_before(finding, old) and _shares_time(finding, old)


def _begins_before(finding: Finding, old: Remembered) -> bool:
    """Whether the conduct had begun before *old* was first concluded."""
    return old.said_at is None or finding.starts_at <= old.said_at


def _shares_time(finding: Finding, old: Remembered) -> bool:
    starts_before = old.ends_at is None or finding.starts_at < old.ends_at + _TOUCHING
    return starts_before and (finding.ends_at is None or old.starts_at < finding.ends_at + _TOUCHING)


def _is_within(old: Remembered, look: Look) -> bool:
    return old.starts_at <= look.to_at and (old.ends_at is None or old.ends_at >= look.from_at)


def _withdrawn(old: Remembered, look: Look) -> Finding:
    content = old.content
    about = f"关于{content['subject']['recorder_id']}" if content["subject"]["recorder_id"] else ""
    return Finding(
        rule=old.rule,
        key=old.key,
        subject=Subject(**content["subject"]),
        starts_at=old.starts_at,
        ends_at=old.ends_at,
        confidence=cast("Confidence", content["confidence"]),
        weight=cast("Weight", content["weight"]),
        standing=look.lost,
        evidence=Evidence(
            f"后到的读数或登记表明，此前{about}的线索不成立，予以撤回。"
            if look.lost == "withdrawn"
            else f"{look.excuse}，此前{about}的线索不再成立。"
        ),
        cause=content["cause"],
        excuse=look.excuse,
        parameters=content["parameters"],
    )


def _row(finding: Finding, scope: str) -> tuple[Any, ...]:
    content = {
        "subject": asdict(finding.subject),
        "confidence": finding.confidence,
        "weight": finding.weight,
        "cause": finding.cause,
        "parameters": finding.parameters,
    }
    if finding.evidence.keeps_key:
        content["opened"] = {"key": finding.evidence.key, "facts": finding.evidence.facts}
    text = json.dumps(content, sort_keys=True, default=str)
    digest = hashlib.blake2b(
        f"{finding.starts_at}|{finding.ends_at}|{finding.standing}|{text}".encode(), digest_size=16
    ).hexdigest()
    return (
        *(finding.rule, finding.key, scope, finding.starts_at, finding.ends_at, finding.standing),
        *(text, digest),
    )


async def _known(
    questions: Questions, looks: Sequence[Look], names: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[Remembered]]:
    """Earlier findings within *looks* or under the keys *names*, by (rule, scope)."""
    records = [(look.rule, look.scope, look.from_at, look.to_at) for look in looks]
    known: dict[tuple[str, str], list[Remembered]] = defaultdict(list)
    rows = [
        *await questions.of("findings_of", records),
        *await questions.of("findings_named", names),
    ]
    for row in rows:
        values = dict(row)
        values["content"] = json.loads(values["content"])
        old = Remembered(**values)
        if old not in known[old.rule, old.scope]:
            known[old.rule, old.scope].append(old)
    return known
