"""Notices, step 5 of 5: decides which channel a notice is sent by next, and when to give up. Pure.

A notice is sent by one channel at a time:

- After a temporary refusal the channel is tried again after a back-off.
- After a final refusal, or while its breaker is open, the next channel in the person's order is tried.
- Load (`limited`) doesn't count as a try. Another channel is used meanwhile, and the busy one is tried again later.
- If the outcome is unknown (time-out, cut connection, sender died), that channel is tried again only if it recognises
  repeats; otherwise the next channel is used. A person may thus get a notice by two channels, but never twice by one.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from alerts.notices.channels.channel import Traits
from alerts.notices.settings import NoticeSettings

AttemptState = Literal["sending", "sent", "failed", "limited", "refused", "unknown"]
_LONGEST_LOAD: Final = timedelta(days=3)
"""A channel that answers "later" for this long is no longer considered merely busy."""
_LEAST_LOAD: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send: channel, outcome, start and end."""

    channel: str
    state: AttemptState
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Try:
    """Send by *channel* to *address* now."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing before *until*."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Dead:
    """Give up; *reason* is shown to people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Queued:
    """A notice that isn't sent yet: its routes [(channel, address)] in order, and its attempts so far."""

    created_at: datetime
    is_urgent: bool
    routes: Sequence[tuple[str, str]]
    attempts: Sequence[Attempt]


def next_step(
    notice: Queued,
    traits: Mapping[str, Traits],
    shut: Mapping[str, datetime],
    settings: NoticeSettings,
    now: datetime,
) -> Try | Wait | Dead:
    """The next step for *notice* at *now*. *shut*: channels with an open breaker, and until when."""
    if not notice.routes:
        return Dead("无可用渠道")
    is_unsure = any(attempt.state == "unknown" for attempt in notice.attempts)
    if now >= _give_up_at(notice, settings):
        return Dead("超过时限仍未确认送达，可能已经送达" if is_unsure else "超过时限仍未送达")
    left = [
        (name, address, ready_at)
        for name, address in notice.routes
        if (ready_at := _ready_at(name, notice, traits, settings, now)) is not None
    ]
    if not left:
        return Dead("各渠道均未确认送达，可能已经送达" if is_unsure else "各渠道均未送达")
    working = [route for route in left if shut.get(route[0], now) <= now and not _is_limited(notice, route, now)]
    if not working:
        return Wait(min(max(ready_at, shut.get(name, now)) for name, _, ready_at in left))
    # Wait for the preferred channel, unless the notice is urgent.
    first = min(working, key=lambda route: route[2]) if notice.is_urgent else working[0]
    name, address, ready_at = first
    return Try(name, address) if ready_at <= now else Wait(ready_at)


def _ready_at(
    channel: str, notice: Queued, traits: Mapping[str, Traits], settings: NoticeSettings, now: datetime
) -> datetime | None:
    """From when *channel* may be tried; None if it may not be tried again."""
    own = [attempt for attempt in notice.attempts if attempt.channel == channel]
    if channel not in traits or sum(attempt.state != "limited" for attempt in own) >= settings.tries:
        return None
    if not own:
        return notice.created_at
    if own[-1].state in {"refused", "sent"}:
        return None
    unsure = [attempt for attempt in own if attempt.state in {"unknown", "sending"}]
    # A margin of a minute, because the channel's clock may differ from ours.
    if unsure and now >= unsure[0].started_at + timedelta(seconds=traits[channel].tells_repeats_s - 60):
        return None
    wait = back_off(len(own), settings, seed=f"{notice.created_at}{channel}{len(own)}")
    return own[-1].ended_at + (max(wait, _LEAST_LOAD) if own[-1].state == "limited" else wait)


def _give_up_at(notice: Queued, settings: NoticeSettings) -> datetime:
    """When to give up: some time after the notice was created, or after a channel last answered "later"."""
    patience = timedelta(seconds=settings.give_up_s)
    asked = max((a.ended_at for a in notice.attempts if a.state == "limited"), default=notice.created_at)
    return max(notice.created_at + patience, min(asked + patience, notice.created_at + _LONGEST_LOAD))


def _is_limited(notice: Queued, route: tuple[str, str, datetime], now: datetime) -> bool:
    """Whether the channel answered "later" and that time hasn't come."""
    name, _, ready_at = route
    last = [attempt for attempt in notice.attempts if attempt.channel == name][-1:]
    return bool(last) and last[0].state == "limited" and ready_at > now


def back_off(tries: int, settings: NoticeSettings, *, seed: str) -> timedelta:
    """The wait after *tries* tries: three times longer each time, with a third of jitter that depends on *seed* only."""
    jitter = random.Random(seed).uniform(0.67, 1.33)  # noqa: S311 - spreads load, keeps no secret
    return timedelta(seconds=min(settings.back_off_s * 3 ** (tries - 1), 3600) * jitter)
