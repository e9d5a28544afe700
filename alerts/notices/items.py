"""Notices, step 2 of 5: decides what each person must still be told about an incident, or told is withdrawn. Pure.

It compares what a person should know (`alerts.notices.routing`) with what he was told. However often the incident
changed in between, he gets one notice, and an outdated notice that hasn't left yet is never sent.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from alerts.finding import CALLED_AT
from alerts.incidents.revise import effective_weight
from alerts.notices.routing import URGENT, Capacity
from telemetry.records.incidents import IncidentRow
from telemetry.records.notices import ItemRow, NewItem

Kind = Literal["new", "update", "escalation", "withdrawal"]
_QUIET_ENDS: Final = frozenset({"resolved", "upheld", "reopened"})
"""Statuses that send no withdrawal: the incident is over, or its decision is read in the console."""
_AS_SUBJECT: Final = frozenset({"subject", "wearer"})
_CALL_AGAIN_AFTER: Final = timedelta(minutes=30)
"""Calls of an alarm that nobody has answered are told again to whom nothing was told for this long."""
_RANK: Final = {"operational": 0, "reminder": 1, "check": 2, "transfer": 3}


@dataclass(slots=True)
class ItemPlan:
    """Changes to store: new items, waiting items to drop with the reason, unsent notices to recall."""

    new: list[NewItem] = field(default_factory=list)
    drop: dict[int, str] = field(default_factory=dict)
    recall: set[int] = field(default_factory=set)

    def add(self, other: "ItemPlan") -> None:
        """Add the changes of *other*."""
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
    """The changes after which exactly the people in *wanted* know the incident's current state.

    *items* are all items of the incident, oldest first. *not_before* delays new notices (planned maintenance), but no
    withdrawal, no SOS or outage, and nothing that the person concerned is owed.
    """
    plan = ItemPlan()
    by_person: dict[str, list[ItemRow]] = defaultdict(list)
    for item in items:
        if item.dropped is None:
            by_person[item.person].append(item)
    for person in sorted(by_person.keys() | wanted.keys()):
        told = _PersonHistory(incident, person, by_person[person], now, not_before or now)
        capacity = wanted.get(person)
        if incident.status != "open":
            told.stop_escalating(plan)
        if capacity is not None:
            told.keep_told(plan, capacity)
        elif not wanted or not told.is_escalated():
            told.stop_telling(plan)
    return plan


@dataclass(frozen=True, slots=True)
class _PersonHistory:
    """What one person was told about one incident."""

    incident: IncidentRow
    person: str
    items: Sequence[ItemRow]
    now: datetime
    not_before: datetime

    def is_escalated(self) -> bool:
        """Whether the latest item is an escalation; it stays valid as long as the incident is sent to anybody."""
        return bool(self.items) and self.items[-1].kind == "escalation"

    def stop_escalating(self, plan: ItemPlan) -> None:
        for item in self._unsent():
            if item.kind == "escalation":
                self._cancel(plan, item, self.incident.status)

    def keep_told(self, plan: ItemPlan, capacity: Capacity) -> None:
        known = self._sent_or_dead()
        for item in self._unsent():
            if item.kind == "escalation":
                continue
            is_stale = item.notice_id is not None and self._is_outdated(item)
            if item.kind != "withdrawal" and item.capacity == capacity and not is_stale:
                return
            self._cancel(plan, item, "overtaken")
        if known is None:
            plan.new.append(self._item("new", capacity))
        elif known.capacity in _AS_SUBJECT and capacity not in _AS_SUBJECT:
            plan.new.append(self._item("withdrawal", known.capacity))
            plan.new.append(self._item("new", capacity))
        elif self.incident.rule == "sos":
            # An alarm is never an update of what was told before.
            if self._is_outdated(known) or self._calls_again(known):
                plan.new.append(self._item("new", capacity))
        elif self._is_outdated(known) or (known.capacity, capacity) == ("subject", "wearer"):
            plan.new.append(self._item("update", capacity))

    def stop_telling(self, plan: ItemPlan) -> None:
        known = self._delivered()
        for item in self._unsent():
            if item.kind != "withdrawal":
                self._cancel(plan, item, self.incident.status)
            elif known is not None:
                return
        if known is not None and self.incident.status not in _QUIET_ENDS:
            plan.new.append(self._item("withdrawal", known.capacity))

    def _delivered(self) -> ItemRow | None:
        """The latest item that was delivered, unless it is a withdrawal."""
        return self._standing([item for item in self.items if item.has_reached])

    def _sent_or_dead(self) -> ItemRow | None:
        """The latest item that was sent or given up, unless it is a withdrawal; a dead notice isn't created again."""
        return self._standing([item for item in self.items if not item.is_unsent])

    @staticmethod
    def _standing(items: Sequence[ItemRow]) -> ItemRow | None:
        return items[-1] if items and items[-1].kind != "withdrawal" else None

    def _unsent(self) -> list[ItemRow]:
        return [item for item in self.items if item.is_unsent]

    def _cancel(self, plan: ItemPlan, item: ItemRow, why: str) -> None:
        plan.drop[item.item_id] = why
        if item.notice_id is not None:
            plan.recall.add(item.notice_id)

    def _is_outdated(self, known: ItemRow) -> bool:
        rose = _RANK[effective_weight(self.incident)] > _RANK[known.weight]
        return rose or known.cause != self.incident.cause or known.officer_id != self.incident.officer_id

    def _calls_again(self, known: ItemRow) -> bool:
        """Whether calls that nobody has answered became known some time after the person was last told."""
        if self.incident.status != "open":
            return False
        called_at = self.incident.evidence.get("facts", {}).get(CALLED_AT)
        return called_at is not None and datetime.fromisoformat(called_at) >= known.created_at + _CALL_AGAIN_AFTER

    def _item(self, kind: Kind, capacity: str) -> NewItem:
        is_held = kind in {"new", "update"} and self.incident.rule not in URGENT and capacity not in _AS_SUBJECT
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
