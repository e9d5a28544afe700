"""identity-conflict: it isn't sure which device speaks under a recorder's id, or one device uses a boot id again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, assert_never

from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject
from alerts.rules.rule import Rule, thresholds_of
from alerts.shanghai_time import span

ConflictKind = Literal["imei", "two_boots", "reused"]


@dataclass(frozen=True, slots=True)
class IdentityConflict:
    """`over_s`: for how long, and `times`: how often an earlier boot must be heard after a later one began.

    `over_after_h`: so long after the last sight of it, it is over.
    """

    over_s: float = 60.0
    times: int = 2
    over_after_h: float = 24.0


RULE = Rule(
    id="identity-conflict",
    name="设备身份冲突",
    clause=None,
    box=None,
    weight="reminder",
    parameters=IdentityConflict,
    sql="identity_conflict",
    is_of_any_device=True,
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


def judge(conflicts: Sequence[Conflict], facts: KnownFacts, parameters: IdentityConflict, now: datetime) -> Finding:
    """What there is to say of the *conflicts* of one recorder and one kind, in the order of time."""
    first, last = conflicts[0], conflicts[-1]
    is_over = now >= over_at(conflicts, parameters)
    register = facts.recorder_at(first.recorder_id, now)
    return Finding(
        rule=RULE.id,
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
        parameters=thresholds_of(parameters),
    )


def over_at(conflicts: Sequence[Conflict], parameters: IdentityConflict) -> datetime:
    """When it counts as over, unless it is seen again."""
    return max(c.to_at for c in conflicts) + timedelta(hours=parameters.over_after_h)


def _said(conflicts: Sequence[Conflict]) -> tuple[str, tuple[str, ...]]:
    """The deciding sentence, and what is to be done about it."""
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
