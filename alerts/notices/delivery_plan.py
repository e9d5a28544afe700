"""Notices, step 5 of 5, the deciding: by which channel a notice is tried next, and when it is given up. Pure.

A notice goes by one channel at a time. A refusal for now is tried again after a back-off; a final one, or a breaker
that is open, hands it to the next channel in the person's order. Load (`limited`) uses up no tries and kills no notice:
another channel is taken meanwhile, and as long as a channel asks to come later, it is asked later. Where a channel did not say whether it took a notice
(`unknown`: a time-out, a cut connection, a sender that died), it is never given it again, unless it recognises repeats:
the next channel gets it instead. A person may so read one notice on two channels, never twice on one.
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
"""Whoever asks to come later for so long isn't merely busy."""
_LEAST_LOAD: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: by which channel, how it ended, from when to when."""

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
    """Nothing to do before *until*."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Dead:
    """No channel is left; *reason* for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Queued:
    """What is known of a notice that isn't sent: its routes [(channel, address)] in order, its tries so far."""

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
    """What to do with *notice* at *now*. *shut*: channels whose breaker is open, and until when."""
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
    # Patience with the preferred channel, but not when it burns.
    first = min(working, key=lambda route: route[2]) if notice.is_urgent else working[0]
    name, address, ready_at = first
    return Try(name, address) if ready_at <= now else Wait(ready_at)


def _ready_at(
    channel: str, notice: Queued, traits: Mapping[str, Traits], settings: NoticeSettings, now: datetime
) -> datetime | None:
    """From when *channel* may be tried; None where it is used up."""
    own = [attempt for attempt in notice.attempts if attempt.channel == channel]
    if channel not in traits or sum(attempt.state != "limited" for attempt in own) >= settings.tries:
        return None
    if not own:
        return notice.created_at
    if own[-1].state in {"refused", "sent"}:
        return None
    unsure = [attempt for attempt in own if attempt.state in {"unknown", "sending"}]
    # A minute's margin: its clock isn't ours.
    if unsure and now >= unsure[0].started_at + timedelta(seconds=traits[channel].tells_repeats_s - 60):
        return None
    wait = back_off(len(own), settings, seed=f"{notice.created_at}{channel}{len(own)}")
    return own[-1].ended_at + (max(wait, _LEAST_LOAD) if own[-1].state == "limited" else wait)


def _give_up_at(notice: Queued, settings: NoticeSettings) -> datetime:
    """When it is too late: some time after it was made, or after a channel last asked to come later."""
    patience = timedelta(seconds=settings.give_up_s)
    asked = max((a.ended_at for a in notice.attempts if a.state == "limited"), default=notice.created_at)
    return max(notice.created_at + patience, min(asked + patience, notice.created_at + _LONGEST_LOAD))


def _is_limited(notice: Queued, route: tuple[str, str, datetime], now: datetime) -> bool:
    """Whether its channel asked to come later, and it isn't later yet."""
    name, _, ready_at = route
    last = [attempt for attempt in notice.attempts if attempt.channel == name][-1:]
    return bool(last) and last[0].state == "limited" and ready_at > now


def back_off(tries: int, settings: NoticeSettings, *, seed: str) -> timedelta:
    """The wait after *tries* tries: threefold each time, give or take a third, the same whenever it is asked."""
    jitter = random.Random(seed).uniform(0.67, 1.33)  # noqa: S311 - spreads load, keeps no secret
    return timedelta(seconds=min(settings.back_off_s * 3 ** (tries - 1), 3600) * jitter)
