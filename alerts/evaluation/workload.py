"""Evaluation, input: what one tick must judge, by subject, so that it can be narrowed to one at fault. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from telemetry.records.evaluation import Change

Subject = tuple[str, str]
"""(kind, key): `recorder` and its id, a collection of facts and an id, or the kind and key of what came due."""
Quiet = tuple[str, datetime, bool]
"""A recorder that may have fallen silent or come back; since when; whether it is silent now."""
RECORDER = "recorder"


@dataclass(frozen=True, slots=True)
class Work:
    """Changed readings, recorders that went quiet, changed facts, and what came due."""

    changes: tuple[Change, ...] = ()
    quiet: tuple[Quiet, ...] = ()
    facts: frozenset[Subject] = frozenset()
    due: frozenset[Subject] = frozenset()

    @property
    def subjects(self) -> list[Subject]:
        """All its subjects, sorted."""
        recorders = {(RECORDER, c.recorder_id) for c in self.changes} | {(RECORDER, q[0]) for q in self.quiet}
        return sorted(recorders | self.facts | self.due)

    @property
    def news(self) -> set[Subject]:
        """Its subjects without recorders that are only still quiet."""
        return {(RECORDER, c.recorder_id) for c in self.changes} | self.facts | self.due

    def of(self, subjects: Collection[Subject]) -> "Work":
        """The part about these subjects."""
        return Work(
            tuple(c for c in self.changes if (RECORDER, c.recorder_id) in subjects),
            tuple(q for q in self.quiet if (RECORDER, q[0]) in subjects),
            frozenset(self.facts & set(subjects)),
            frozenset(self.due & set(subjects)),
        )

    def without(self, subjects: Collection[Subject]) -> "Work":
        """The part about all other subjects."""
        return self.of(set(self.subjects) - set(subjects)) if subjects else self

    def with_due(self, due: Iterable[Subject]) -> "Work":
        """The same work with more that is due."""
        return Work(self.changes, self.quiet, self.facts, self.due | frozenset(due))

    def facts_by_collection(self) -> Mapping[str, Sequence[str]]:
        """Ids of the changed facts, by collection."""
        found: dict[str, list[str]] = defaultdict(list)
        for collection, fact_id in sorted(self.facts):
            found[collection].append(fact_id)
        return found


def joined(changes: Iterable[Change]) -> tuple[Change, ...]:
    """One change per recorder and kind, covering the time of all of them."""
    found: dict[Subject, Change] = {}
    for change in changes:
        name = (change.recorder_id, change.kind)
        known = found.get(name, change)
        found[name] = Change(
            *name,
            min(known.from_at, change.from_at),
            max(known.to_at, change.to_at),
            tuple(sorted({*known.officer_ids, *change.officer_ids})),
        )
    return tuple(found[name] for name in sorted(found))
