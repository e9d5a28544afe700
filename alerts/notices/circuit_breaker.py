"""Rate limits and circuit breaker of a channel. Pure.

Their state is one database row per channel, so that all senders share it and it survives a restart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from alerts.notices.channels.channel import Answer, RateLimit, Refused, Sent, Unknown

LONGEST_SHUT: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Breaker:
    """When the breaker opens (failures in a row) and for how long at first; each further time twice as long."""

    failures: int = 5
    shut: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Gate:
    """The state of one channel, stored in `channel_gate`."""

    earliest_at: tuple[datetime, ...] = ()
    failures: int = 0
    opened: int = 0
    shut_until: datetime | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """The channel may not be used before *until*; `is_broken`: its breaker is open, so try another channel."""

    until: datetime
    is_broken: bool


def admit(gate: Gate, limits: Sequence[RateLimit], now: datetime, breaker: Breaker = Breaker()) -> Gate | Held:
    """Admit one message at *now* and count it, or return until when it must wait.

    A generic cell rate algorithm per limit: a quarter of the count may be sent at once and the rest is spread over the
    window, so that no window of that length contains more than the count, wherever it starts.
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
    # A half-open breaker admits a single message; the others wait for its result.
    probing = now + breaker.shut if gate.failures >= breaker.failures else None
    return replace(gate, earliest_at=tuple(after), shut_until=probing)


def after_answer(gate: Gate, answer: Answer, now: datetime, breaker: Breaker = Breaker()) -> Gate:
    """Update the channel's state with the answer to a message."""
    match answer:
        case Sent():
            return replace(gate, failures=0, opened=0, shut_until=None, fault=None)
        case Refused(blame="load") as refused:
            # Load is neither a failure nor proof that the channel works.
            return replace(gate, shut_until=now + timedelta(seconds=refused.after_s or 30), fault=_fault(refused))
        case Refused(blame="address", is_final=False):
            return gate
        case Refused(blame="address"):
            # The channel works; only the address is wrong.
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
