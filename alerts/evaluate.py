"""Evaluation: ticks. Each takes what changed since the last, decides, and hands its findings to the incidents.

Everything of a tick is one transaction: what it has taken out is gone with what it has concluded, or neither is.
Deterministic in (facts, readings, now). One process evaluates at a time; another takes over when its connection ends.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from alerts.evaluation.cards import KIND as CARD
from alerts.evaluation.census import Census
from alerts.evaluation.context import Tick
from alerts.evaluation.duties import judge_duties, plan_duties
from alerts.evaluation.events import judge_events
from alerts.evaluation.footage import judge_footage
from alerts.evaluation.handling import judge_handling
from alerts.evaluation.reports import judge_reports
from alerts.evaluation.silences import KIND as SILENCE
from alerts.evaluation.silences import judge_silences
from alerts.incidents.reconcile import reconcile
from alerts.memory import remember
from alerts.parameters import RuleSettings
from telemetry.domain.errors import DatabaseUnavailableError
from telemetry.store import evaluation as store
from telemetry.store import facts as fact_store
from telemetry.store.pool import Connection, Database

_log = structlog.get_logger(__name__)
_RETRY_S = 2.0
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_REGISTER = frozenset({"units", "recorders"})


@dataclass(frozen=True, slots=True)
class TickResult:
    """What one tick did: changes it took, things it looked at, findings it handed on, changes of incidents by action."""

    now: datetime
    changes: int = 0
    looked_at: int = 0
    findings: int = 0
    actions: dict[str, int] = field(default_factory=dict)
    incident_ids: tuple[str, ...] = ()


async def tick(
    database: Database, now: datetime, settings: RuleSettings | None = None, census: Census | None = None
) -> TickResult:
    """Evaluate at *now* what has changed or come due since the last tick. Raises DatabaseUnavailableError."""
    async with database.transaction() as connection:
        await store.lock_tick(connection)
        return await _tick(connection, now, settings or RuleSettings(), census or Census())


async def _tick(connection: Connection, now: datetime, settings: RuleSettings, census: Census) -> TickResult:
    clock = await store.read_clock(connection)
    this = Tick(connection, now, settings, census, clock.first_reading_at, has_ticked=clock.ticked_at is not None)
    this.changes = await store.take_changes(connection)
    facts_changed = await _changed_facts(this, clock.ticked_at)
    await plan_duties(this, facts_changed)
    this.dirty |= await store.take_due(connection, now)
    await _spread(this, facts_changed)
    await judge_silences(this)
    await judge_duties(this)
    await judge_events(this)
    await judge_footage(this)
    await judge_handling(this, facts_changed)
    await judge_reports(this, facts_changed)
    findings = await remember(connection, this.said, this.looks, now)
    result = await reconcile(connection, findings, now)
    await store.put_watches(connection, this.watched, this.watches)
    await store.put_due(connection, this.dues)
    await store.set_clock(connection, store.Clock(now, clock.first_reading_at))
    return TickResult(now, len(this.changes), len(this.dirty), len(findings), dict(result.actions), result.incident_ids)


async def _changed_facts(this: Tick, ticked_at: datetime | None) -> dict[str, list[str]]:
    """Ids of facts that were stored, or became known or ended by their own times, since the last tick."""
    changed = set(await fact_store.take_changes(this.connection))
    if ticked_at is not None:
        changed |= set(await fact_store.changed_between(this.connection, ticked_at, this.now))
    by_collection: dict[str, list[str]] = defaultdict(list)
    for collection, fact_id in sorted(changed):
        by_collection[collection].append(fact_id)
    if _REGISTER & by_collection.keys():
        await fact_store.refresh_register(this.connection, this.now)
    return by_collection


async def _spread(this: Tick, facts_changed: dict[str, list[str]]) -> None:
    """Everything whose conclusion rested on readings or facts that changed."""
    stretches = [
        ("recorder", change.recorder_id, change.from_at, change.to_at)
        for change in this.changes
        if change.kind in {"late", "sim", "presence", "event"}
    ]
    logins = [
        ("officer", officer_id, change.from_at - timedelta(hours=1), change.to_at + timedelta(hours=12))
        for change in this.changes
        for officer_id in change.officer_ids
    ]
    if this.has_ticked:
        records = [(collection, fact_id) for collection, ids in facts_changed.items() for fact_id in ids]
        rows = await store.fetch(this.connection, "touched_by_facts", records, this.now)
        stretches += [(row[0], row[1], row[2], row[3]) for row in rows]
    if stretches:
        this.dirty |= await store.watching(this.connection, stretches)
    if logins:
        # Silences and cards are looked at by their recorder's own readings, of which the login is one.
        told = await store.watching(this.connection, logins)
        this.dirty |= {(kind, key) for kind, key in told if kind not in {SILENCE, CARD}}


class Evaluator:
    """Ticks for as long as it runs, while it leads; waits to lead while another process does."""

    def __init__(
        self,
        database: Database,
        settings: RuleSettings | None = None,
        *,
        every_s: float = 2.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._settings = settings or RuleSettings()
        self._every_s = every_s
        self._now = now
        self.is_leading = False
        self.last: TickResult | None = None

    async def run(self) -> None:
        """Run until cancelled. The lock lives and dies with one connection, so another process takes over at once."""
        while True:
            try:
                async with self._database.connection() as connection:
                    self.is_leading = await store.try_lead(connection)
                    if self.is_leading:
                        await self._lead(connection)
            except DatabaseUnavailableError as fault:
                _log.warning("evaluation_waits", reason=str(fault))
            finally:
                self.is_leading = False
            await asyncio.sleep(_RETRY_S)

    async def _lead(self, connection: Connection) -> None:
        census = Census()
        try:
            while True:
                started = asyncio.get_running_loop().time()
                # Asking on the leader's own connection: once that is lost, so is the lead.
                await store.next_due(connection)
                self.last = await tick(self._database, self._now(), self._settings, census)
                spent_s = asyncio.get_running_loop().time() - started
                await asyncio.sleep(max(0.0, self._every_s - spent_s))
        finally:
            await store.stop_leading(connection)
