"""Ingest, step 3 of 4: turn a sorted batch and the locked boots into rows.

Drops what is already stored, places each message on the server's time line, widens spans and keeps the latest values.
Pure, so that tests can shuffle and repeat batches: no database, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from telemetry.domain import messages as m
from telemetry.domain.connection import WILL_AFTER, PresenceFact, connections
from telemetry.domain.decode import reject
from telemetry.domain.readings import Counted, Rejection
from telemetry.ingest.admission import Stored, admit, admit_next, doubtful, uptime_of
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.latest_state import Latest
from telemetry.ingest.row_layout import Head, lay_out_presence, lay_out_reading
from telemetry.ingest.sort import NAMELESS, Pending, Sorted
from telemetry.records.boots import Boot, BootKey, DoubtfulName, Rows

# A tuple: `isinstance` with a union would build the union on every call.
_PRESENCE: Final = (m.PresenceOnline, m.PresenceOffline, m.PresenceWill)
# The rollup job always recomputes the hour before its last run, and a batch waits for the database at most a minute
# before merge_stage marks the hours it belongs to.
_ROLLED_UP_ANYWAY: Final = timedelta(minutes=50)
_NONE: Final[Mapping[Any, Any]] = MappingProxyType({})


@dataclass(slots=True)
class Plan:
    """The rows of a batch, with its counters."""

    rows: Rows = field(default_factory=Rows)
    presence: dict[BootKey, list[tuple[PresenceFact, tuple[Any, ...]]]] = field(default_factory=dict)
    stored: int = 0
    duplicates: int = 0


def plan_rows(batch: Sorted, boots: dict[BootKey, Boot], stored: Mapping[BootKey, Stored] = _NONE) -> Plan:
    """Return the rows that *batch* writes. Updates *boots*, the rows of its boots, in place.

    *stored* holds which of the doubtful messages (`doubtful_names`) are already stored.
    """
    plan = Plan()
    for counted in batch.rejections:
        plan.rows.reject(counted)
    plan.rows.replies = list(batch.replies)
    plan.rows.retried = list(batch.retried)
    if batch.boots:
        plan.rows.received_from = min(waiting[0].arrival.received_at for waiting in batch.boots.values())
        plan.rows.received_to = max(waiting[-1].arrival.received_at for waiting in batch.boots.values())
    latest: dict[str, Latest] = {}
    for key, waiting in batch.boots.items():
        known = latest.get(key[0])
        if known is None:
            known = latest[key[0]] = Latest(waiting[0].arrival.received_at)
        is_punctual = key not in batch.unpunctual
        if admit_next(boots[key], waiting):
            _plan_boot(plan, key, boots[key], waiting, known, is_punctual=is_punctual)
            continue
        admission = admit(key[1], boots[key], waiting, stored.get(key, _NONE))
        plan.duplicates += admission.duplicates
        for pending, text in admission.refused:
            arrival = pending.arrival
            refused = reject(arrival.topic, key[0], arrival.payload, "seq_disorder", text)
            plan.rows.reject(Counted(refused, arrival.received_at))
        for generation in admission.generations:
            name = (key[0], generation.name)
            if generation.is_new:
                plan.rows.new_boots.append((*name, generation.fresh[0].arrival.received_at))
            _plan_boot(plan, name, generation.boot, generation.fresh, known, is_punctual=is_punctual)
    plan.rows.states = [known.row(recorder_id) for recorder_id, known in latest.items() if known.is_told]
    return plan


def doubtful_names(batch: Sorted, boots: Mapping[BootKey, Boot]) -> list[DoubtfulName]:
    """Return the messages whose name is taken; `plan_rows` needs to know which of them are stored."""
    return [
        (recorder_id, *doubt)
        for (recorder_id, boot), waiting in batch.boots.items()
        for doubt in doubtful(boot, boots[recorder_id, boot], waiting)
    ]


def _plan_boot(plan: Plan, key: BootKey, boot: Boot, fresh: list[Pending], known: Latest, *, is_punctual: bool) -> None:
    """Plan the new messages of one generation of a boot."""
    plan.rows.boots[key] = boot
    exact = is_punctual and boot.clock.offset_s is None
    planner = _BootPlanner(plan, key, boot, known, exact=exact)
    if exact:
        planner.observe_punctual(fresh)
    else:
        planner.observe(fresh)
        # A will carries the least information, so it goes last whatever the order of arrival.
        fresh.sort(key=lambda pending: pending.seq is None)
    planner.place(fresh)
    plan.rows.recording_states += [(*key, *widest) for widest in planner.states.values()]


def plan_connections(plan: Plan, stored: dict[BootKey, list[PresenceFact]]) -> None:
    """Add to *plan* the connections of each boot that has new presence messages.

    *stored* holds the presence messages in the database. A will has no `seq`; CONNECT time and session identify it.
    """
    for key, fresh in plan.presence.items():
        facts = list(stored[key])
        wills = {(fact.ts, fact.session) for fact in facts if fact.seq is None}
        for fact, row in fresh:
            if fact.seq is None:
                if (fact.ts, fact.session) in wills:
                    plan.duplicates += 1
                    continue
                wills.add((fact.ts, fact.session))
            plan.stored += 1
            facts.append(fact)
            plan.rows.readings["presence"].append(row)
        plan.rows.connections[key] = connections(facts)


class _BootPlanner:
    """Plans the messages of one boot. `exact`: every message was measured at its `ts`."""

    __slots__ = ("boot", "exact", "key", "known", "plan", "states")

    def __init__(self, plan: Plan, key: BootKey, boot: Boot, known: Latest, *, exact: bool) -> None:
        self.plan = plan
        self.key = key
        self.boot = boot
        self.known = known
        self.exact = exact
        self.states: dict[datetime, list[Any]] = {}

    def observe_punctual(self, waiting: list[Pending]) -> None:
        """Like `observe` for a batch in which every message is live and on time; skips the check per message."""
        clock = self.boot.clock
        for seq, ts, body, arrival, _, _, _ in waiting:
            if seq is None or body is None:
                continue
            uptime_s = uptime_of(body)
            if uptime_s is not None:
                clock.observe_live(seq, ts, arrival.received_at, uptime_s)
            elif clock.right_from is None or seq < clock.right_from:
                clock.right_from = seq

    def observe(self, waiting: list[Pending]) -> None:
        """Let the boot's clock learn from the whole batch, live messages first, before any message is placed."""
        clock = self.boot.clock
        stored = []
        for seq, ts, body, arrival, live, backlog, _ in waiting:
            if seq is None or body is None:
                continue
            uptime_s = uptime_of(body)
            if live:
                clock.observe_live(seq, ts, arrival.received_at, uptime_s)
                continue
            if uptime_s is not None:
                clock.observe_uptime(uptime_s)
            if backlog:
                stored.append((seq, ts, arrival.received_at, uptime_s))
        for observed in stored:
            clock.observe_stored(*observed)

    def place(self, waiting: list[Pending]) -> None:
        """Place each message on the server's time line."""
        recorder_id, boot_id = self.key
        boot, known, exact = self.boot, self.known, self.exact
        for seq, ts, body, arrival, live, backlog, partial in waiting:
            received_at = arrival.received_at
            if partial is not None:
                self.plan.rows.reject(Counted(partial, received_at, is_live=live))
            if body is None:
                continue
            if seq is None:
                at, clock_ok = self._end_by_will(arrival), True
                known.hear(received_at)
            else:
                at, clock_ok = (ts, True) if exact else self._moment(seq, ts, received_at)
                if boot.first_at is None or at < boot.first_at:
                    boot.first_at = at
                if boot.last_at is None or at > boot.last_at:
                    boot.last_at = at
                known.hear(received_at, None if backlog else at)
            self._lay_out((recorder_id, at, ts, received_at, boot_id, seq, backlog, clock_ok), body, partial)
        if boot_id.startswith(NAMELESS):
            # A boot named only by a hash is no power-on, so it has no first or last time.
            boot.first_at = boot.last_at = None

    def _moment(self, seq: int, ts: datetime, received_at: datetime) -> tuple[datetime, bool]:
        if ts is received_at:
            return received_at, False
        at, clock_ok = self.boot.clock.place(seq, ts, received_at)
        if received_at - at > _ROLLED_UP_ANYWAY:
            self.plan.rows.dirty_hours.add(at.replace(minute=0, second=0, microsecond=0))
        return at, clock_ok

    def _end_by_will(self, arrival: Arrival) -> datetime:
        """Return a will's arrival minus 1.5 keep-alives; not after the last message if it waited in the broker."""
        at = arrival.received_at - WILL_AFTER
        return min(at, self.boot.last_at) if arrival.queued and self.boot.last_at is not None else at

    def _lay_out(self, head: Head, body: m.Body, partial: Rejection | None) -> None:
        if isinstance(body, _PRESENCE):
            is_login_unread = partial is not None and "officer_id" in partial.fields
            laid_out = lay_out_presence(head, body, self.known, is_login_unread=is_login_unread)
            self.plan.presence.setdefault(self.key, []).append(laid_out)
            return
        self.plan.stored += 1
        is_anchored = head[7] or self.boot.clock.offset_s is not None
        lay_out_reading(self.plan.rows.readings, head, body, self.known, self.states, is_anchored=is_anchored)
