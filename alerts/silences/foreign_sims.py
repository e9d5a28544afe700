"""Causes: which SIM belongs in a recorder's slot, and when another one was in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.silences.cause_evidence import Binding, Sighting
from telemetry.domain.measurement import is_told_twice
from telemetry.domain.messages import normalise_iccid

_HAND = timedelta(seconds=65)
"""Nobody swaps a SIM and swaps it back in less time; includes the reading's own second."""


@dataclass(frozen=True, slots=True)
class ForeignCard:
    """A SIM that isn't bound to the recorder: when it was seen first and last, and the bound SIM before and after it.

    `bound_at` is None if no bound SIM was seen before, `back_at` is None while the foreign SIM is in. `online_to` is
    the last time with mobile service before: swapping a SIM always interrupts the network. If not `is_told_twice`, the
    SIM was seen only once, which accuses nobody (domain.md, "Nothing convicts on one sight").
    """

    iccid: str
    first_at: datetime
    last_at: datetime
    bound_at: datetime | None
    bound_iccid: str | None
    back_at: datetime | None
    sightings: int
    online_to: datetime | None = None
    is_told_twice: bool = True


def is_same_card(left: str, right: str) -> bool:
    """Whether two ICCIDs name one SIM: a filler F, or a check digit that only one of them has, is ignored."""
    one, other = normalise_iccid(left) or "", normalise_iccid(right) or ""
    if len(one) == len(other):
        return one == other
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= 18 and longer.startswith(shorter)


def is_bound(
    sighting: Sighting, bindings: Sequence[Binding], sightings: Sequence[Sighting], *, slack: timedelta
) -> bool:
    """Whether the SIM of *sighting* may be in the slot: bound then, bound within *slack* later, or not yet replaced.

    A binding may be entered before or after the physical swap. Until the new SIM has been seen, the one bound before it
    simply hasn't been taken out yet. Without any binding no SIM is foreign.
    """
    known = sorted(bindings, key=lambda binding: (binding.valid_from is not None, binding.valid_from or sighting.at))
    current = [b for b in known if b.valid_from is None or b.valid_from <= sighting.at]
    if not current:
        # No binding is in force yet, so nothing is known about the SIM in the slot.
        return True
    coming = [b for b in known[len(current) :] if b.valid_from is not None and b.valid_from <= sighting.at + slack]
    allowed = [b.iccid for b in (current[-1], *coming)]
    if len(current) > 1 and not _was_seen(current[-1].iccid, sightings, before=sighting.at):
        allowed.append(current[-2].iccid)
    return any(is_same_card(sighting.iccid, iccid) for iccid in allowed)


def _was_seen(iccid: str, sightings: Sequence[Sighting], *, before: datetime) -> bool:
    return any(s.at <= before and is_same_card(s.iccid, iccid) for s in sightings)


def foreign_cards(sightings: Sequence[Sighting], bindings: Sequence[Binding], *, slack: timedelta) -> list[ForeignCard]:
    """The periods in which a SIM that isn't bound was in the slot; *sightings* must be in order of measurement.

    If the same boot reports the bound SIM again within about a minute, it was a misread: nobody swaps that fast.
    """
    found: list[ForeignCard] = []
    bound_at: datetime | None = None
    bound_iccid: str | None = None
    stretch: list[Sighting] = []
    for sighting in sightings:
        if not is_bound(sighting, bindings, sightings, slack=slack):
            stretch.append(sighting)
            continue
        if stretch:
            if not _is_misread(stretch, sighting):
                found.append(_stretch(stretch, bound_at, bound_iccid, sighting.at))
            stretch = []
        bound_at, bound_iccid = sighting.at, sighting.iccid
    if stretch:
        found.append(_stretch(stretch, bound_at, bound_iccid, None))
    return found


def _is_misread(stretch: Sequence[Sighting], back: Sighting) -> bool:
    """Whether the same boot reported a foreign SIM and then, within `_HAND`, the right one."""
    return {s.boot for s in stretch} == {back.boot} and back.at - stretch[0].at <= _HAND


def _stretch(
    stretch: Sequence[Sighting], bound_at: datetime | None, bound_iccid: str | None, back_at: datetime | None
) -> ForeignCard:
    first, last = stretch[0], stretch[-1]
    is_sure = any(is_told_twice((s.at, s.kind) for s in stretch if is_same_card(s.iccid, one.iccid)) for one in stretch)
    return ForeignCard(
        first.iccid, first.at, last.at, bound_at, bound_iccid, back_at, len(stretch), is_told_twice=is_sure
    )
