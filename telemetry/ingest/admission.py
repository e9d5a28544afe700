"""Ingest, step 3: find which messages of a batch are new, and assign each to a generation of its boot.

A message is named by (boot, `seq`). Normally a repeated name is a redelivery. Firmware that reuses a boot id, or a
`seq` that wraps, gives the same name to different messages; each reuse is a new generation of the boot. A new
generation starts when the name is taken but no stored message with that name has this `ts`, or when a birth reports a
restarted uptime. Late messages go to the generation that covers their `ts`.
"""

from bisect import bisect_left
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from telemetry.domain.boot_clock import MAX_LATE
from telemetry.domain.messages import (
    Battery,
    Body,
    Event,
    Heartbeat,
    Location,
    PresenceOffline,
    PresenceOnline,
    PresenceWill,
    ReadingKind,
    Recording,
    Storage,
)
from telemetry.domain.seq_ranges import MAX_RUNS, add_seq, is_seen, opens_hole
from telemetry.ingest.sort import NAMELESS, Pending
from telemetry.records.boots import Boot

MAX_GENERATIONS: Final = 64
"""Most generations of one boot id. With more, the device has no working clock or counter; its messages are rejected."""
_SLACK: Final = timedelta(seconds=10)
"""Tolerance for rounded uptimes and for the delay between CONNECT and birth."""
_AGAIN_S: Final = 600
"""An alarm without time or name that repeats within this many seconds is a redelivery."""

# A tuple: `isinstance` with a union would build the union on every call.
_TELL_UPTIME: Final = (Heartbeat, PresenceOnline)

_KINDS: Final[Mapping[type[Body], ReadingKind]] = {
    PresenceOnline: "presence",
    PresenceOffline: "presence",
    Heartbeat: "heartbeat",
    Battery: "battery",
    Storage: "storage",
    Recording: "recording",
    Location: "location",
    Event: "event",
}
_POSITION_LASTS: Final = timedelta(days=2)
"""Off-duty positions are deleted within three days, so a missing older one proves nothing."""
_BOOT_LASTS: Final = MAX_LATE
"""The same for any reading of a boot that has been silent this long."""

Name = tuple[int, datetime]
"""(`seq`, `ts`)."""
Stored = Mapping[str, AbstractSet[Name]]
"""Names of the doubtful messages that are stored, by generation."""


@dataclass(slots=True)
class Generation:
    """One generation of a boot, with the new messages of the batch."""

    name: str
    boot: Boot
    fresh: list[Pending] = field(default_factory=list)
    names: set[Name] = field(default_factory=set)
    is_new: bool = False


@dataclass(slots=True)
class Admission:
    """Result for one boot: new messages by generation, number of duplicates, rejected messages with the reason."""

    generations: list[Generation]
    duplicates: int = 0
    refused: list[tuple[Pending, str]] = field(default_factory=list)


def name_of_generation(boot: str, index: int) -> str:
    """Return the stored name of generation *index* (from 0). `~` can't occur in an id, so the name is unique."""
    return f"{boot}~{index + 1}" if index else boot


def doubtful(name: str, boot: Boot, waiting: list[Pending]) -> list[tuple[str, ReadingKind, int, datetime]]:
    """Return (generation, kind, `seq`, `ts`) of each message that `admit` needs to look up in the database."""
    generations = [(name_of_generation(name, index), each) for index, each in enumerate((boot, *boot.later))]
    return [
        (generation, _KINDS[type(body)], seq, ts)
        for seq, ts, body, arrival, _, _, _ in waiting
        if seq is not None and body is not None and ts is not arrival.received_at
        for generation, each in generations
        if each.last_ts is not None and ts <= each.last_ts and is_seen(each.seen, seq)
    ]


def admit_next(boot: Boot, waiting: list[Pending]) -> bool:
    """Admit *waiting* if each message is the next one of a boot with one generation. The fast path for most boots."""
    seen, last_ts = boot.seen, boot.last_ts
    if not seen or last_ts is None or boot.later:
        return False
    expected = seen[-1] + 1
    for pending in waiting:
        if pending[0] != expected or type(pending[2]) is PresenceOnline:
            return False
        expected += 1
        if pending[1] > last_ts:  # noqa: PLR1730 - `max` would cost a call per message
            last_ts = pending[1]
    seen[-1], boot.last_ts = expected - 1, last_ts
    received_at = waiting[-1].arrival.received_at
    if boot.last_received_at is None or received_at > boot.last_received_at:
        boot.last_received_at = received_at
    return True


def admit(name: str, boot: Boot, waiting: list[Pending], stored: Stored) -> Admission:
    """Sort *waiting* into new, duplicate and rejected messages. Updates *boot* and its later generations in place."""
    admission = Admission([Generation(name, boot)])
    for index, later in enumerate(boot.later, start=1):
        admission.generations.append(Generation(name_of_generation(name, index), later))
    for pending in waiting:
        _admit_one(admission, pending, stored)
    return admission


def _admit_one(admission: Admission, pending: Pending, stored: Stored) -> None:
    generations = admission.generations
    seq, ts = pending.seq, pending.ts
    if seq is None:
        generations[_of_time(generations, ts + _SLACK)].fresh.append(pending)
        return
    if any(_is_stored(generation, pending, stored) for generation in generations):
        admission.duplicates += 1
        return
    is_timed = ts is not pending.arrival.received_at
    for generation in generations[_of_time(generations, ts) if is_timed else -1 :]:
        if not is_seen(generation.boot.seen, seq) and not _began_anew(generation.boot, pending):
            _add(admission, generation, pending, is_timed=is_timed)
            return
    if len(generations) >= MAX_GENERATIONS:
        admission.refused.append((pending, f"boot: its generation number {MAX_GENERATIONS + 1}"))
        return
    first = generations[0]
    later = Generation(name_of_generation(first.name, len(generations)), Boot(), is_new=True)
    generations.append(later)
    first.boot.later.append(later.boot)
    for generation in generations:
        generation.boot.reused = True
    _add(admission, later, pending, is_timed=is_timed)


def _of_time(generations: list[Generation], ts: datetime) -> int:
    """Return the index of the latest generation that had begun by *ts*."""
    for index in range(len(generations) - 1, 0, -1):
        began_ts = generations[index].boot.began_ts
        if began_ts is not None and began_ts <= ts:
            return index
    return 0


def _is_stored(generation: Generation, pending: Pending, stored: Stored) -> bool:
    """Return whether *pending* is already stored, also if two messages of its name can't be told apart."""
    boot, seq, ts = generation.boot, pending.seq, pending.ts
    assert seq is not None
    if generation.name.startswith(NAMELESS):
        return _is_near(boot.seen, seq)
    if not is_seen(boot.seen, seq):
        return False
    if ts is pending.arrival.received_at:
        return True
    if boot.last_ts is None or ts > boot.last_ts:
        return False
    names = stored.get(generation.name, ())
    return (seq, ts) in generation.names or (seq, ts) in names or not _would_be_there(boot, pending)


def _would_be_there(boot: Boot, pending: Pending) -> bool:
    """Return whether a stored message of this name would still have a row: envelopes have none, and old rows go."""
    arrival, body = pending.arrival, pending.body
    if body is None or arrival.retained:
        return False
    if boot.last_received_at is not None and arrival.received_at - boot.last_received_at > _BOOT_LASTS:
        return False
    return type(body) is not Location or arrival.received_at - pending.ts <= _POSITION_LASTS


def _began_anew(boot: Boot, pending: Pending) -> bool:
    """Return whether a birth newer than everything seen of *boot* reports a shorter uptime."""
    body, known_s = pending.body, boot.clock.uptime_s
    if not isinstance(body, PresenceOnline) or boot.last_ts is None or known_s is None:
        return False
    return pending.ts > boot.last_ts and body.uptime_s < known_s - _SLACK.total_seconds()


def _is_near(seen: list[int], seq: int) -> bool:
    at = bisect_left(seen, seq)
    return any(abs(other - seq) <= _AGAIN_S for other in seen[max(at - 1, 0) : at + 1])


def _add(admission: Admission, generation: Generation, pending: Pending, *, is_timed: bool) -> None:
    boot, seq, ts = generation.boot, pending.seq, pending.ts
    assert seq is not None
    if len(boot.seen) >= 2 * MAX_RUNS and opens_hole(boot.seen, seq):
        admission.refused.append((pending, f"seq: {seq} would be hole number {MAX_RUNS} in this boot"))
        return
    add_seq(boot.seen, seq)
    generation.fresh.append(pending)
    generation.names.add((seq, ts))
    received_at = pending.arrival.received_at
    if boot.last_received_at is None or received_at > boot.last_received_at:
        boot.last_received_at = received_at
    if not is_timed:
        return
    uptime_s = None if pending.body is None else uptime_of(pending.body)
    if uptime_s is not None:
        boot.clock.observe_uptime(uptime_s)
    boot.last_ts = ts if boot.last_ts is None else max(boot.last_ts, ts)
    index = next(index for index, known in enumerate(admission.generations) if known is generation)
    if index > 0:
        began_ts = _began_ts(pending, admission.generations[index - 1].boot.last_ts)
        boot.began_ts = began_ts if boot.began_ts is None else min(boot.began_ts, began_ts)


def _began_ts(pending: Pending, before: datetime | None) -> datetime:
    """Return the device time of the power-on that a birth reports, or the message's `ts`.

    A power-on at or before *before*, the last time of the previous generation, is not believed.
    """
    if not isinstance(pending.body, PresenceOnline):
        return pending.ts
    power_on = pending.ts - timedelta(seconds=pending.body.uptime_s)
    return pending.ts if before is not None and power_on <= before else power_on


def uptime_of(body: Body) -> float | None:
    """Return the seconds since power-on, or None if the message doesn't carry them."""
    if isinstance(body, _TELL_UPTIME):
        return body.uptime_s
    return None if isinstance(body, PresenceWill) else body.up_s
