"""What the rules said before: a conduct whose period later evidence moves keeps its key, one that never was is withdrawn.

A key names one conduct. Said twice in one tick it is said once; a conduct that began after another was detected is
another one, whatever key it comes with.
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
    """What a rule said last under one key."""

    rule: str
    key: str
    scope: str
    starts_at: datetime
    ends_at: datetime | None
    standing: str
    content: Mapping[str, Any]
    digest: str
    said_at: datetime | None = None
    """When it was first said; None where no incident was made of it."""


async def remember(questions: Questions, said: Sequence[Scoped], looks: Iterable[Look], now: datetime) -> list[Finding]:
    """The findings to hand on: *said* under lasting keys, and what the rules no longer say as withdrawn."""
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
    """Match what is said now to what was said before; pure. *known* is by rule and scope."""
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
            # Nobody was told of it, and there is nothing left to tell.
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
    """Each conduct that is said, once, with what was said of it before; that is taken out of *free*.

    Two looks at one thing in one tick say it twice: the last counts.
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
    """*finding* with a period that begins no later than it was detected."""
    if same is None:
        return replace(finding, starts_at=min(finding.starts_at, now))
    return finding if _begins_before(finding, same) else replace(finding, starts_at=same.starts_at)


def _taken_back(finding: Finding, old: Remembered) -> Finding:
    """What is withdrawn was never surer than it was said."""
    return replace(
        finding,
        key=old.key,
        confidence=cast("Confidence", old.content["confidence"]),
        weight=cast("Weight", old.content["weight"]),
    )


def _is_named_so(finding: Finding, old: Remembered) -> bool:
    """Whether *old* has its key and is the same conduct: one that was withdrawn is no later one's."""
    if finding.key != old.key:
        return False
    return _begins_before(finding, old) or (old.standing != "withdrawn" and _shares_time(finding, old))


def _as_opened(finding: Finding, old: Remembered) -> Finding:
    """With the figures that opened it, while what keeps its key holds and when it ends."""
    opened = old.content.get("opened")
    lasts = old.standing == "holds" or finding.standing == "resolved"
    if not finding.evidence.keeps_key or opened is None or not lasts:
        return finding
    return replace(finding, evidence=replace(finding.evidence, key=opened["key"], facts=opened["facts"]))


def _overlaps(finding: Finding, old: Remembered) -> bool:
    return _begins_before(finding, old) and _shares_time(finding, old)


def _begins_before(finding: Finding, old: Remembered) -> bool:
    """Whether it had begun when *old* was first said."""
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
    """What was said in what was looked at, and under keys that are used again, by rule and scope."""
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
