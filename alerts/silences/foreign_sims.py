"""Causes: which card is the right one in a recorder's slot, and from when to when a foreign one was in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.silences.cause_evidence import Binding, Sighting
from telemetry.domain.measurement import is_told_twice
from telemetry.domain.messages import normalise_iccid

_HAND = timedelta(seconds=65)
"""No hand changes a card and changes it back in less time, a reading's own second included."""


@dataclass(frozen=True, slots=True)
class ForeignCard:
    """A card that isn't bound: its first and latest sighting, the last sighting of a right card before, and the first after.

    `bound_at` is None where no right card was ever seen before, `back_at` None while the foreign one is in. `online_to`
    is when it was last in service before: a card can't be changed without losing the network. Not `is_told_twice`: one
    sight, which convicts nobody.
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
    """Whether two spellings name one card: the filler F and a check digit that one of them lacks don't count."""
    one, other = normalise_iccid(left) or "", normalise_iccid(right) or ""
    if len(one) == len(other):
        return one == other
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= 18 and longer.startswith(shorter)


def is_bound(
    sighting: Sighting, bindings: Sequence[Binding], sightings: Sequence[Sighting], *, slack: timedelta
) -> bool:
    """Whether the card of *sighting* may be there: bound then, bound within *slack* after, or not yet replaced.

    The desk enters a binding before or after the hand changes the card: until the new card was first seen, the one
    bound before it has simply not been taken out. Without any binding nothing is foreign.
    """
    known = sorted(bindings, key=lambda binding: (binding.valid_from is not None, binding.valid_from or sighting.at))
    current = [b for b in known if b.valid_from is None or b.valid_from <= sighting.at]
    if not current:
        # Without a card in force, and a binding that begins later, nothing is known of the one that is in the slot.
        return True
    coming = [b for b in known[len(current) :] if b.valid_from is not None and b.valid_from <= sighting.at + slack]
    allowed = [b.iccid for b in (current[-1], *coming)]
    if len(current) > 1 and not _was_seen(current[-1].iccid, sightings, before=sighting.at):
        allowed.append(current[-2].iccid)
    return any(is_same_card(sighting.iccid, iccid) for iccid in allowed)


def _was_seen(iccid: str, sightings: Sequence[Sighting], *, before: datetime) -> bool:
    return any(s.at <= before and is_same_card(s.iccid, iccid) for s in sightings)


def foreign_cards(sightings: Sequence[Sighting], bindings: Sequence[Binding], *, slack: timedelta) -> list[ForeignCard]:
    """The stretches in which a card that isn't bound was in the slot; *sightings* in the order of measurement.

    What the same boot takes back within a minute is a misread, not a card: no hand is that fast.
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
    """Whether the boot that told of a foreign card told of the right one within a minute of the first sight of it."""
    return {s.boot for s in stretch} == {back.boot} and back.at - stretch[0].at <= _HAND


def _stretch(
    stretch: Sequence[Sighting], bound_at: datetime | None, bound_iccid: str | None, back_at: datetime | None
) -> ForeignCard:
    first, last = stretch[0], stretch[-1]
    is_sure = any(is_told_twice((s.at, s.kind) for s in stretch if is_same_card(s.iccid, one.iccid)) for one in stretch)
    return ForeignCard(
        first.iccid, first.at, last.at, bound_at, bound_iccid, back_at, len(stretch), is_told_twice=is_sure
    )
