"""Derive a boot's connections from its presence messages, in any order of arrival."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from telemetry.domain.messages import KEEP_ALIVE_S, WILL_AFTER_S

WILL_AFTER: Final = timedelta(seconds=WILL_AFTER_S)
_KEEP_ALIVE: Final = timedelta(seconds=KEEP_ALIVE_S)
# The birth follows CONNECT at once, but a device clock may round to full seconds.
_ROUNDING: Final = timedelta(seconds=2)


@dataclass(slots=True, frozen=True)
class PresenceFact:
    """The part of a presence message that decides about connections. `seq` is None for wills only."""

    at: datetime
    ts: datetime
    received_at: datetime
    seq: int | None
    online: bool
    session: str | None
    reason: str | None


@dataclass(slots=True, frozen=True)
class Connection:
    """One connection: from its birth to its goodbye or will, if either is known."""

    online_at: datetime
    seq: int
    session: str | None
    offline_at: datetime | None = None
    reason: str | None = None


def connections(facts: Iterable[PresenceFact]) -> list[Connection]:
    """Return the connections of one boot in order of birth; depends only on the *set* of its presence messages."""
    known = sorted(facts, key=_order)
    births = [f for f in known if f.online and f.seq is not None]
    spans = {f.seq: Connection(f.at, f.seq, f.session) for f in births if f.seq is not None}
    for fact in known:
        if fact.online:
            continue
        birth = _ended_by_will(fact, births) if fact.seq is None else _ended_by_goodbye(fact, fact.seq, births)
        if birth is not None and birth.seq is not None:
            spans[birth.seq] = _ended(spans[birth.seq], fact)
    return sorted(spans.values(), key=lambda span: span.seq)


def _order(fact: PresenceFact) -> tuple[bool, int, datetime, datetime, str]:
    return (fact.seq is None, fact.seq or 0, fact.received_at, fact.ts, fact.session or "")


def _ended(span: Connection, fact: PresenceFact) -> Connection:
    """A goodbye always stands, as it comes from the recorder; of several wills the first arrival counts."""
    if span.reason is not None:
        return span
    return replace(span, offline_at=max(fact.at, span.online_at), reason=fact.reason)


def _ended_by_goodbye(fact: PresenceFact, seq: int, births: list[PresenceFact]) -> PresenceFact | None:
    before = [b for b in births if b.seq is not None and b.seq < seq]
    if fact.session is not None:
        before = [b for b in before if b.session == fact.session]
    return before[-1] if before else None


def _ended_by_will(will: PresenceFact, births: list[PresenceFact]) -> PresenceFact | None:
    """Return the birth of the connection that *will* ends, or None.

    A will ends the connection of its own session. Without a session it ends the connection that it was registered in,
    unless the boot has reconnected since (wire contract, section 1: "without `session`, only the boot and only if no
    online presence came between its `ts` + keep-alive and its arrival").
    """
    if will.session is not None:
        own = [b for b in births if b.session == will.session]
        return own[-1] if own else None
    if any(will.ts + _KEEP_ALIVE < b.received_at <= will.received_at for b in births):
        return None
    left_it = [b for b in births if will.ts - _ROUNDING <= b.ts <= will.ts + _KEEP_ALIVE]
    heard = [b for b in births if b.received_at <= will.received_at]
    candidates = left_it or heard
    return candidates[-1] if candidates else None
