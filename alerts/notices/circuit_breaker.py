"""What all senders share of a channel: how fast it may be used, and whether it is worth trying (a circuit breaker).

Pure; kept in one row a channel, so that several processes keep one limit and a restart doesn't forget it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from alerts.notices.channels.channel import Answer, RateLimit, Refused, Sent, Unknown

LONGEST_SHUT: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Breaker:
    """After how many failures in a row a channel is left alone, and for how long at first; then twice as long."""

    failures: int = 5
    shut: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Gate:
    """A channel's row of `channel_gate`."""

    earliest_at: tuple[datetime, ...] = ()
    failures: int = 0
    opened: int = 0
    shut_until: datetime | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Not now: until when, and whether because the channel is out of order (another may be tried)."""

    until: datetime
    is_broken: bool


def admit(gate: Gate, limits: Sequence[RateLimit], now: datetime, breaker: Breaker = Breaker()) -> Gate | Held:
    """Let one message through at *now* and count it, or say until when it is held.

    A generic cell rate algorithm per limit: a quarter of the count may come at once, the rest is spread over the
    window, so that no window of that length, wherever it begins, holds more than the count.
    """
    if gate.shut_until is not None and now < gate.shut_until:
        return Held(gate.shut_until, is_broken=True)
    earliest = gate.earliest_at if len(gate.earliest_at) == len(limits) else (now,) * len(limits)
    after = []
    for limit, empty_at in zip(limits, earliest, strict=True):
        burst = max(limit.count // 4, 1)
        spacing = timedelta(seconds=limit.window_s / max(limit.count - burst, 1))
        free_at = empty_at - spacing * (burst - 1)
        if now < free_at:
            return Held(free_at, is_broken=False)
        after.append(max(empty_at, now) + spacing)
    # While the breaker is half open one message alone tries: the others wait for what it learns.
    probing = now + breaker.shut if gate.failures >= breaker.failures else None
    return replace(gate, earliest_at=tuple(after), shut_until=probing)


def learn(gate: Gate, answer: Answer, now: datetime, breaker: Breaker = Breaker()) -> Gate:
    """What an answer tells of the channel."""
    match answer:
        case Sent():
            return replace(gate, failures=0, opened=0, shut_until=None, fault=None)
        case Refused(blame="load") as refused:
            # Neither a failure nor proof that it works.
            return replace(gate, shut_until=now + timedelta(seconds=refused.after_s or 30), fault=_fault(refused))
        case Refused(blame="address", is_final=False):
            return gate
        case Refused(blame="address"):
            # It works; it is this address that doesn't.
            return replace(gate, failures=0, opened=0, shut_until=None, fault=None)
        case Refused(blame="content") as refused:
            return replace(gate, failures=0, opened=0, shut_until=None, fault=_fault(refused))
        case Refused() | Unknown():
            return _failed(gate, answer, now, breaker)


def _failed(gate: Gate, answer: Refused | Unknown, now: datetime, breaker: Breaker) -> Gate:
    failures = gate.failures + 1
    after_s = answer.after_s if isinstance(answer, Refused) else None
    if failures < breaker.failures:
        shut = now + timedelta(seconds=after_s) if after_s else gate.shut_until
        return replace(gate, failures=failures, shut_until=shut, fault=_fault(answer))
    shut_for = min(breaker.shut * 2**gate.opened, LONGEST_SHUT)
    opened = min(gate.opened + 1, 10)
    return replace(gate, failures=failures, opened=opened, shut_until=now + shut_for, fault=_fault(answer))


def _fault(answer: Refused | Unknown) -> str:
    return f"{answer.code}: {answer.text}" if isinstance(answer, Refused) else answer.text
