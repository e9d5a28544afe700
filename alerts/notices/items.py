"""Notices, step 2 of 5: what each person is still to be told of an incident, or no longer. Pure.

It compares what somebody should know (`alerts.notices.routing`) with what he was told, not one change with the next:
however many changes lie between two looks, he is told once, and what was overtaken before it left is never sent.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from alerts.incidents.revise import effective_weight
from alerts.notices.routing import URGENT, Capacity
from telemetry.records.incidents import IncidentRow
from telemetry.records.notices import ItemRow, NewItem

Kind = Literal["new", "update", "escalation", "withdrawal"]
_QUIET_ENDS: Final = frozenset({"resolved", "upheld", "reopened"})
"""Statuses after which nothing more is said: it is over, or a decision that the person reads in the console."""
_HIMSELF: Final = frozenset({"subject", "wearer"})
_RANK: Final = {"operational": 0, "reminder": 1, "check": 2, "transfer": 3}


@dataclass(slots=True)
class ItemPlan:
    """What to write: new items, waiting ones to drop (with why), unsent notices to recall."""

    new: list[NewItem] = field(default_factory=list)
    drop: dict[int, str] = field(default_factory=dict)
    recall: set[int] = field(default_factory=set)

    def add(self, other: "ItemPlan") -> None:
        """Take over what *other* writes."""
        self.new.extend(other.new)
        self.drop.update(other.drop)
        self.recall |= other.recall


def plan_items(
    incident: IncidentRow,
    wanted: Mapping[str, Capacity],
    items: Sequence[ItemRow],
    now: datetime,
    *,
    not_before: datetime | None = None,
) -> ItemPlan:
    """What *items* (all of this incident, oldest first) lack so that exactly *wanted* know of it as it stands.

    *not_before* holds what is new (planned maintenance), never a withdrawal.
    """
    plan = ItemPlan()
    by_person: dict[str, list[ItemRow]] = defaultdict(list)
    for item in items:
        if item.dropped is None:
            by_person[item.person].append(item)
    for person in sorted(by_person.keys() | wanted.keys()):
        story = _Story(incident, person, by_person[person], now, not_before or now)
        capacity = wanted.get(person)
        if incident.status != "open":
            story.stop_escalating(plan)
        if capacity is not None:
            story.keep_told(plan, capacity)
        elif not wanted or not story.is_escalated():
            story.stop_telling(plan)
    return plan


@dataclass(frozen=True, slots=True)
class _Story:
    """What one person was told of one incident."""

    incident: IncidentRow
    person: str
    items: Sequence[ItemRow]
    now: datetime
    not_before: datetime

    def is_escalated(self) -> bool:
        """Whether he knows of it only because others did not answer: right for as long as it is told at all."""
        return bool(self.items) and self.items[-1].kind == "escalation"

    def stop_escalating(self, plan: ItemPlan) -> None:
        for item in self._unsent():
            if item.kind == "escalation":
                self._unsay(plan, item, self.incident.status)

    def keep_told(self, plan: ItemPlan, capacity: Capacity) -> None:
        believed = self._said()
        for item in self._unsent():
            if item.kind == "escalation":
                continue
            is_stale = item.notice_id is not None and self._is_outdated(item)
            if item.kind != "withdrawal" and item.capacity == capacity and not is_stale:
                return
            self._unsay(plan, item, "overtaken")
        if believed is None:
            plan.new.append(self._item("new", capacity))
        elif believed.capacity in _HIMSELF and capacity not in _HIMSELF:
            plan.new.append(self._item("withdrawal", believed.capacity))
            plan.new.append(self._item("new", capacity))
        elif self._is_outdated(believed) or (believed.capacity, capacity) == ("subject", "wearer"):
            plan.new.append(self._item("update", capacity))

    def stop_telling(self, plan: ItemPlan) -> None:
        believed = self._believed()
        for item in self._unsent():
            if item.kind != "withdrawal":
                self._unsay(plan, item, self.incident.status)
            elif believed is not None:
                return
        if believed is not None and self.incident.status not in _QUIET_ENDS:
            plan.new.append(self._item("withdrawal", believed.capacity))

    def _believed(self) -> ItemRow | None:
        """The latest that reached him, unless it took everything back."""
        return self._standing([item for item in self.items if item.has_reached])

    def _said(self) -> ItemRow | None:
        """The latest that was said to him, though no channel may have carried it: a dead notice isn't made anew."""
        return self._standing([item for item in self.items if not item.is_unsent])

    @staticmethod
    def _standing(items: Sequence[ItemRow]) -> ItemRow | None:
        return items[-1] if items and items[-1].kind != "withdrawal" else None

    def _unsent(self) -> list[ItemRow]:
        return [item for item in self.items if item.is_unsent]

    def _unsay(self, plan: ItemPlan, item: ItemRow, why: str) -> None:
        plan.drop[item.item_id] = why
        if item.notice_id is not None:
            plan.recall.add(item.notice_id)

    def _is_outdated(self, believed: ItemRow) -> bool:
        rose = _RANK[effective_weight(self.incident)] > _RANK[believed.weight]
        return rose or believed.cause != self.incident.cause or believed.officer_id != self.incident.officer_id

    def _item(self, kind: Kind, capacity: str) -> NewItem:
        is_held = kind in {"new", "update"} and self.incident.rule != "sos"
        return NewItem(
            incident_id=self.incident.incident_id,
            person=self.person,
            capacity=capacity,
            kind=kind,
            urgent=self.incident.rule in URGENT and kind != "withdrawal",
            weight=effective_weight(self.incident),
            cause=self.incident.cause,
            officer_id=self.incident.officer_id,
            created_at=self.now,
            not_before=self.not_before if is_held else self.now,
        )
