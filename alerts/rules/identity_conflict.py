"""identity-conflict: more than one device may use a recorder's id, or one device reuses a boot id.

Conflicts are stored, so that no rule uses such readings for or against anybody (`alerts/evaluation/doubts.py`).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, assert_never, get_args

from pydantic import Field

from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject
from alerts.intervals import Interval
from alerts.rules.rule import Case, Rule, Source
from alerts.rules.tick import Tick, is_judged
from alerts.shanghai_time import span
from telemetry.domain.settings_table import Count, Hours, Seconds, Table

KIND: Final = "identity"
ConflictKind = Literal["imei", "two_boots", "reused"]
_BACK: Final = timedelta(days=31)
_AT_ONCE: Final = timedelta(hours=2)
_HEARD_ON: Final = timedelta(minutes=5)
"""A second device shows up within this time after a birth."""
_DAY: Final = timedelta(days=1)


class IdentityConflict(Table):
    """When two boots of one recorder alive at once are a conflict."""

    over_s: Seconds = Field(
        60.0,
        title="新一次开机后，旧的一次仍持续多久",
        description="how long an earlier boot must be heard after a later one began",
    )
    times: Count = Field(
        2,
        title="新一次开机后，旧的一次至少出现几次",
        description="how often an earlier boot must be heard after a later one began",
    )
    over_after_h: Hours = Field(
        24.0,
        title="最后一次冲突后多久视为结束",
        description="hours after the last sign until the conflict counts as over",
    )


@dataclass(frozen=True, slots=True)
class Conflict:
    """One boot whose readings may be another device's; `detail` is the foreign IMEI or the other boot."""

    recorder_id: str
    kind: ConflictKind
    boot: str
    from_at: datetime
    to_at: datetime
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Conflicts of one kind on one recorder, in time order."""

    conflicts: Sequence[Conflict]
    facts: KnownFacts
    now: datetime


async def gather(tick: Tick) -> Sequence[Case]:
    """Recorders with a new birth, a reused boot id or a changed register entry."""
    booted = {c.recorder_id for c in tick.changes if c.kind in {"presence", "reused"}}
    names = sorted(booted | set(tick.changed.get("recorders", ())) | set(tick.keys(KIND)))
    if not names:
        return []
    # The earlier boot may be heard only after this birth, so look once more.
    for recorder_id in booted:
        tick.due(KIND, recorder_id, tick.now + _HEARD_ON)
    parameters = tick.settings.of(IdentityConflict)
    conflicts, is_news = await _keep(tick, names, await _seen(tick, names, parameters))
    if not conflicts and not is_news:
        return []
    facts = await tick.facts(Interval(tick.now - _DAY, tick.now), names)
    by_kind: dict[tuple[str, str], list[Conflict]] = defaultdict(list)
    for conflict in sorted(conflicts, key=lambda c: (c.from_at, c.boot)):
        by_kind[conflict.recorder_id, conflict.kind].append(conflict)
    cases = []
    for recorder_id in names:
        for kind in get_args(ConflictKind):
            known = by_kind.get((recorder_id, kind))
            is_told = known is not None and is_judged(recorder_id, facts, tick.now)
            cases.append(
                Case(
                    f"{recorder_id}|{kind}",
                    Conflicts(known, facts, tick.now) if known and is_told else None,
                    Interval(tick.now - _BACK, tick.now),
                    key=recorder_id,
                    look_again=(over_at(known, parameters),) if known and is_told else (),
                )
            )
    return cases


async def _seen(tick: Tick, names: list[str], parameters: IdentityConflict) -> set[Conflict]:
    """Conflicts in the latest readings; where the register changed, in those of two days."""
    since = min([c.from_at for c in tick.changes if c.kind in {"presence", "reused"}] + [tick.now]) - _AT_ONCE
    since = max(since, tick.now - 2 * _DAY) if not tick.changed.get("recorders") else tick.now - 2 * _DAY
    limits = (since, parameters.over_s, parameters.times)
    rows = await tick.questions.ask("identity_conflict.seen", names, *limits)
    return {Conflict(*row) for row in rows}


async def _keep(tick: Tick, names: list[str], seen: set[Conflict]) -> tuple[set[Conflict], bool]:
    """Store the conflicts in *seen*; return all that stand, and whether any are new or gone."""
    rows = await tick.questions.ask("identity_conflict.kept", names, tick.now - _BACK)
    kept = {Conflict(*row[:6]): row[6] for row in rows}
    named = {(c.recorder_id, c.kind, c.boot) for c in seen}
    others = {conflict for conflict in kept if (conflict.recorder_id, conflict.kind, conflict.boot) not in named}
    standing = {conflict for conflict in others if kept[conflict]}
    gone, fresh = others - standing, seen - kept.keys()
    await tick.questions.of("identity_conflict.drop", [(c.recorder_id, c.kind, c.boot) for c in gone])
    records = [(c.recorder_id, c.kind, c.boot, c.from_at, c.to_at, c.detail) for c in fresh]
    await tick.questions.of("identity_conflict.put", records)
    stretches = [("recorder", c.recorder_id, c.from_at, c.to_at) for c in gone | fresh]
    tick.dirty |= {(row[0], row[1]) for row in await tick.questions.of("watching", stretches)}
    return seen | standing, bool(gone or fresh)


def judge(case: Conflicts, parameters: IdentityConflict) -> list[Finding]:
    """One finding about these conflicts."""
    conflicts, now = case.conflicts, case.now
    first, last = conflicts[0], conflicts[-1]
    is_over = now >= over_at(conflicts, parameters)
    register = case.facts.recorder_at(first.recorder_id, now)
    finding = Finding(
        key=f"{first.recorder_id}|{first.kind}|{first.from_at.isoformat()}",
        subject=Subject(register.unit_id if register else None, first.recorder_id),
        starts_at=first.from_at,
        ends_at=last.to_at if is_over else None,
        confidence="confirmed",
        weight="reminder",
        standing="resolved" if is_over else "holds",
        evidence=Evidence(
            *_said(conflicts),
            ("其间该编号下的数据不归于任何人，也不作为对任何人的认定依据。",),
            facts={
                "kind": first.kind,
                "conflicts": [[c.boot, c.from_at.isoformat(), c.to_at.isoformat(), c.detail] for c in conflicts[-20:]],
            },
        ),
    )
    return [finding]


def over_at(conflicts: Sequence[Conflict], parameters: IdentityConflict) -> datetime:
    """When the conflict counts as over unless it is seen again."""
    return max(c.to_at for c in conflicts) + timedelta(hours=parameters.over_after_h)


def _said(conflicts: Sequence[Conflict]) -> tuple[str, tuple[str, ...]]:
    """The key sentence, and what to do about it."""
    last = conflicts[-1]
    who, when = last.recorder_id, span(last.from_at, last.to_at)
    times = f"（共{len(conflicts)}次）" if len(conflicts) > 1 else ""
    match last.kind:
        case "imei":
            return f"{who}于{when}上报的设备IMEI与登记不符{times}。", (f"自报IMEI {last.detail}；请核对设备与登记。",)
        case "two_boots":
            advice = f"启动标识{last.detail}、{last.boot}；请核对是否有两台设备使用同一编号。"
            return f"{who}于{when}有两次开机同时在线上报{times}。", (advice,)
        case "reused":
            advice = f"启动标识{last.boot}；属设备故障，请联系厂家升级固件。"
            return f"{who}于{when}重复使用启动标识或报文序号回绕{times}。", (advice,)
        case unknown:
            assert_never(unknown)


RULE = Rule(
    id="identity-conflict",
    title="设备身份冲突",
    what="设备身份冲突",
    clause=None,
    box=None,
    weight="reminder",
    parameters=IdentityConflict,
    source=Source(KIND, gather, rank=1),
    judge=judge,
    file=__file__,
    ask_wearer="请核对设备与登记，必要时联系厂家。",
    is_for_engineers=True,
    is_of_any_device=True,
)
