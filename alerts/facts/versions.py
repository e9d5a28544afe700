"""What of a fact can be known when: turn writings into versions and slices; pure.

Wire contract, section 2: a fact counts from `entered_at`. Without it, a fault report counts from `reported_at`, an
import from `imported_at`, footage from each of its own times, and everything else from its loading (in a back-test:
from the start of the file). `cancelled_at` ends it. No fact counts before it was loaded.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from alerts.facts.fields import Fact
from alerts.facts.models import (
    Activity,
    Assignment,
    DockImport,
    Exemption,
    FaultReport,
    PhoneFootage,
    Shift,
    SimBinding,
)

START_OF_FILE: Final = datetime(1900, 1, 1, tzinfo=UTC)
"""`now` when loading for a back-test: earlier than any time in a file."""
GRACE: Final = timedelta(minutes=15)
"""A fact entered this soon after its start isn't 事后补录: other systems take minutes to pass it on."""
_OWN_TIMES: Final[dict[type[Fact], tuple[str, ...]]] = {
    FaultReport: ("repair_at", "resolved_at"),
    PhoneFootage: ("uploaded_at", "delivered_at"),
}
"""Times of a fact at which more of it becomes known."""
_BEGINNING: Final[dict[type[Fact], str]] = {
    Assignment: "starts_at",
    SimBinding: "valid_from",
    Shift: "starts_at",
    Activity: "starts_at",
    Exemption: "starts_at",
    FaultReport: "reported_at",
}
"""Kinds that can take away a duty or a name, and the field from which they do."""
_SAYS_NOTHING: Final = frozenset({"entered_at", "case_no", "approved_by", "override"})
"""A change of these fields alone affects nobody's duty."""


class Writing(NamedTuple):
    """One element as written: `content` is its JSON, `digest` a 16-byte hash of it.

    Missing fields are left out, so that a new field in a later program version doesn't change the digest.
    """

    fact: Fact
    content: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Slice:
    """What is known of a version from `known_from` on."""

    known_from: datetime
    fact: Fact


@dataclass(frozen=True, slots=True)
class Version:
    """One version with its slices; `late`: entered after the fact, which may require approval."""

    number: int
    writing: Writing
    late: bool
    needs_approval: bool
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """What decides until when a stored slice counts; `cancelled_at` is its version's."""

    version: int
    slice: int
    known_from: datetime
    cancelled_at: datetime | None


def write(fact: Fact) -> Writing:
    """*fact* as stored in the journal."""
    content = fact.model_dump_json(by_alias=True, exclude_none=True)
    return Writing(fact, content, hashlib.blake2b(content.encode(), digest_size=16).digest())


def new_writings(writings: Sequence[Writing], stored: Sequence[bytes]) -> Sequence[Writing]:
    """The part of *writings* of one id that isn't stored yet; *stored* holds the digests of its versions, in order.

    The longest end of *stored* that equals the start of *writings* is skipped. So loading a file again, or one that
    continues where it ended, stores nothing twice.
    """
    if not stored:
        return writings
    digests = [writing.digest for writing in writings]
    for length in range(min(len(digests), len(stored)), 0, -1):
        if list(stored[-length:]) == digests[:length]:
            return writings[length:]
    return writings


def next_version(number: int, before: Fact | None, writing: Writing, now: datetime, *, approve: bool) -> Version:
    """Version *number* of a fact, loaded at *now*; *before* is its last version in full effect, if any.

    With *approve*, a late version waits for approval, and only what it says about the time after its entry counts at
    once. Without it, as in a back-test, it counts from its entry.
    """
    fact = writing.fact
    known_from = max(counts_from(fact) or now, now)
    since = changed_since(before, fact)
    entered_at = fact.entered_at or (now if approve else None)
    late = since is not None and entered_at is not None and entered_at > since + GRACE
    needs_approval = approve and late and _can_excuse(before, fact)
    counted = _without_approval(before, fact, known_from) if needs_approval else fact
    slices = () if counted is None else slices_of(counted, known_from)
    return Version(number, writing, late, needs_approval, slices)


def counts_from(fact: Fact) -> datetime | None:
    """When a fact counts by its own times; None: from its loading."""
    if fact.entered_at is not None:
        return fact.entered_at
    match fact:
        case FaultReport():
            return fact.reported_at
        case DockImport():
            return fact.imported_at
        case PhoneFootage():
            return fact.recorded_at
        case _:
            return None


def slices_of(fact: Fact, known_from: datetime) -> tuple[Slice, ...]:
    """What is known of *fact* from when on; nothing before *known_from*."""
    names = _OWN_TIMES.get(type(fact))
    if names is None:
        return (Slice(known_from, fact),)
    later = sorted({at for name in names if (at := getattr(fact, name)) is not None and at > known_from})
    return tuple(Slice(moment, _as_of(fact, names, moment)) for moment in (known_from, *later))


def _as_of(fact: Fact, names: tuple[str, ...], moment: datetime) -> Fact:
    hidden = {name: None for name in names if (at := getattr(fact, name)) is not None and at > moment}
    if "delivered_at" in hidden:
        hidden["received_by"] = None
    return fact.model_copy(update=hidden) if hidden else fact


def changed_since(before: Fact | None, after: Fact) -> datetime | None:
    """The earliest moment for which *after* differs from *before*; None if nobody's duty is affected."""
    beginning = _BEGINNING.get(type(after))
    if beginning is None:
        return None
    starts_at: datetime = getattr(after, beginning)
    if before is None:
        return starts_at
    changed = {name for name in type(after).model_fields if getattr(before, name) != getattr(after, name)}
    changed -= _SAYS_NOTHING
    if not changed:
        return None
    if changed <= {"ends_at", "repair_at", "resolved_at"}:
        times: list[datetime | None] = [getattr(fact, name) for name in changed for fact in (before, after)]
        return min(at for at in times if at is not None)
    started_at: datetime = getattr(before, beginning)
    return min(starts_at, started_at)


def _can_excuse(before: Fact | None, after: Fact) -> bool:
    """Whether a late change can remove a duty or a name; one that only adds a duty or ends a running one can't."""
    if before is None:
        return not isinstance(after, Shift | Activity)
    if isinstance(before, Activity) and isinstance(after, Activity):
        return before.ends_at is not None or before.model_copy(update={"ends_at": after.ends_at}) != after
    if isinstance(before, FaultReport) and isinstance(after, FaultReport):
        return before.model_copy(update={"repair_at": after.repair_at}) != after
    return True


def _without_approval(before: Fact | None, after: Fact, known_from: datetime) -> Fact | None:
    """What a late fact says about the time after its entry; None if that can't be separated."""
    beginning = _BEGINNING[type(after)]
    ends_at: datetime | None = getattr(after, "ends_at", getattr(after, "resolved_at", None))
    if before is None:
        return after.model_copy(update={beginning: known_from}) if ends_at is None or known_from < ends_at else None
    if isinstance(before, Assignment) and before.model_copy(update={"ends_at": ends_at}) == after:
        was_handed_out = before.ends_at is None or before.ends_at >= known_from
        return after.model_copy(update={"ends_at": known_from}) if was_handed_out else None
    return None


def settle(marks: Sequence[Mark]) -> list[datetime | None]:
    """The end of each slice of one fact (None: still counts), in the order of *marks*.

    A version counts until the next one does: versions are ordered by when they first count, then by writing. Its slices
    follow each other; a cancellation ends it. A slice that is superseded before it counts has no length.
    """
    if len(marks) == 1 and marks[0].cancelled_at is None:
        return [None]
    begins: dict[int, datetime] = {}
    for mark in marks:
        begins[mark.version] = min(begins.get(mark.version, mark.known_from), mark.known_from)
    order = sorted(begins, key=lambda version: (begins[version], version))
    ends = {version: begins[following] for version, following in pairwise(order)}
    settled: list[datetime | None] = []
    for mark in marks:
        following = [
            other.known_from
            for other in marks
            if other.version == mark.version and (other.known_from, other.slice) > (mark.known_from, mark.slice)
        ]
        limits = [at for at in (*following, ends.get(mark.version), mark.cancelled_at) if at is not None]
        settled.append(max(mark.known_from, min(limits)) if limits else None)
    return settled
