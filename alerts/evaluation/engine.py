"""Evaluation: the tick. It takes what changed since the last one, judges it and passes findings to the incidents.

A tick is one transaction: either its input is consumed and its conclusions are stored, or neither. The result depends
on facts, readings and `now` alone. One process evaluates at a time, by a lease; if it ends or hangs, another takes over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeVar, get_args

import structlog

from alerts.duty.calendar_import import load_calendar
from alerts.evaluation.isolation import Outcome, Start, Started, judge, judge_narrowly
from alerts.evaluation.stages import stages_of
from alerts.evaluation.workload import RECORDER, Quiet, Subject, Work, joined
from alerts.facts.known import KnownFacts
from alerts.facts.known_query import known_facts
from alerts.facts.models import Collection
from alerts.intervals import Interval
from alerts.rules.on_duty_snapshot import OnDutySnapshot
from alerts.rules.registry import RULE_OF, RULES, wake_thresholds
from alerts.rules.settings import RuleSettings
from alerts.rules.tick import Tick
from telemetry.domain.errors import DatabaseUnavailableError, JudgementFailedError, LeaseLostError
from telemetry.records.evaluation import Aside, Change, Clock
from telemetry.store import evaluation as store
from telemetry.store import facts as fact_store
from telemetry.store.leases import PATIENCE_S, Lease, give_up_lease, hold_lease, take_lease
from telemetry.store.pool import Connection, Database

T = TypeVar("T")
_log = structlog.get_logger(__name__)
_RETRY_S = 1.0
_PART: Final = "evaluation"
_MOST_PATIENCE_S: Final = 128.0
_AGAIN_AFTER: Final = timedelta(hours=1)
"""Subjects that were set aside are retried this often even if nothing about them changed."""
_MOST: Final = 500
"""Recorders with changes, and things that came due, of one tick. A fleet that comes back at once takes several ticks, so
that none takes longer than the lease allows and an SOS needn't wait for all the others."""
_GATHER: Final = "gather"
_CALL: Final = "sos"
_COLLECTIONS: Final = frozenset(get_args(Collection))


@dataclass(frozen=True, slots=True)
class TickResult:
    """Numbers of one tick: changes taken, cases judged, findings passed on, incident changes by action.

    `aside`: subjects set aside because judging them failed. `has_more`: the tick was full; the next one should follow at once.
    """

    now: datetime
    changes: int = 0
    looked_at: int = 0
    findings: int = 0
    actions: dict[str, int] = field(default_factory=dict)
    incident_ids: tuple[str, ...] = ()
    aside: int = 0
    has_more: bool = False


async def tick(
    database: Database,
    now: datetime,
    settings: RuleSettings | None = None,
    snapshot: OnDutySnapshot | None = None,
    *,
    is_first: bool = False,
    lease: Lease | None = None,
    is_believed: bool = True,
) -> TickResult:
    """Evaluate at *now* what changed or came due since the last tick; *is_first*: the first tick of this process.

    *lease*: refuse the tick if another process leads. If *now* isn't to be believed (*is_believed*), calls for help are
    rung and nothing else is judged or consumed. Raises DatabaseUnavailableError, LeaseLostError.
    """
    async with database.transaction() as connection:
        if lease is not None:
            await hold_lease(connection, lease)
        await store.lock_tick(connection)
        work = _Tick(connection, now, settings or RuleSettings(), snapshot or OnDutySnapshot(), is_first=is_first)
        return await (work.run() if is_believed else work.ring())


class _Tick:
    """One tick within its transaction."""

    def __init__(
        self, connection: Connection, now: datetime, settings: RuleSettings, snapshot: OnDutySnapshot, *, is_first: bool
    ) -> None:
        self._connection = connection
        self._now = now
        self._settings = settings
        self._snapshot = snapshot
        self._is_first = is_first
        self._stages = stages_of(RULES)
        self._questions = store.Questions(connection, {rule.sql.stem: rule.sql for rule in RULES})
        self._failed: dict[Subject, Aside] = {}

    async def run(self) -> TickResult:
        clock = await store.read_clock(self._connection)
        # The settings may have changed since the last run.
        if self._is_first or clock.ticked_at is None:
            await self._questions.of("put_wake_thresholds", wake_thresholds(RULES, self._settings))
        kept = await store.read_asides(self._connection) if clock.has_asides else []
        asides = {(aside.kind, aside.key): aside for aside in kept}
        work = await self._gather(clock.ticked_at)
        outcome = await judge(self._stages, self._starter(clock, frozenset(asides)), work.without(asides))
        again = {name for name, aside in asides.items() if self._is_tried_again(name, aside, work.news | outcome.dirty)}
        if again:
            redo = _work_of(again, asides, work)
            outcome.add(
                await judge_narrowly(self._stages, self._starter(clock, frozenset(asides.keys() - again)), redo)
            )
        failed = self._failed | outcome.failed
        gathers = {name for name in asides if name[0] == _GATHER}
        done = (again | gathers) - failed.keys()
        await store.put_asides(self._connection, failed.values())
        await store.drop_asides(self._connection, done)
        await store.set_clock(self._connection, Clock(self._now, clock.first_reading_at))
        has_more = _MOST in {len({change.recorder_id for change in work.changes}), len(work.due)}
        return _result(self._now, work, outcome, len((asides.keys() | failed.keys()) - done), has_more=has_more)

    async def ring(self) -> TickResult:
        """Judge calls for help alone, and leave everything for a tick whose time is believed."""
        clock = await store.read_clock(self._connection)
        work = Work(tuple(await store.read_changes(self._connection)))
        outcome = await judge(stages_of([RULE_OF[_CALL]]), self._starter(clock, frozenset()), work)
        return _result(self._now, work, outcome, 0)

    def _is_tried_again(self, name: Subject, aside: Aside, news: set[Subject]) -> bool:
        """Retry a subject that changed, at program start (the code may be new), and every hour."""
        if name[0] == _GATHER:
            return False
        is_due = aside.tried_at is None or self._now - aside.tried_at >= _AGAIN_AFTER
        return is_due or self._is_first or name in news

    def _starter(self, clock: Clock, aside: frozenset[Subject]) -> Start:
        def start(work: Work) -> Started:
            return self._connection, Tick(
                self._questions,
                partial(_facts, self._connection),
                partial(load_calendar, self._connection),
                self._now,
                self._settings,
                self._snapshot,
                clock.first_reading_at,
                has_ticked=clock.ticked_at is not None,
                changes=work.changes,
                quiet=work.quiet,
                changed=work.facts_by_collection(),
                aside=aside,
                dirty=set(work.due),
            )

        return start

    async def _gather(self, ticked_at: datetime | None) -> Work:
        """What changed or came due, as far as one tick takes it. If one query fails, the others still count."""
        try:
            async with store.attempt(self._connection):
                return Work(
                    tuple(await self._changes()),
                    tuple(await self._quiet()),
                    frozenset(await self._changed_facts(ticked_at)),
                    frozenset(await self._due()),
                )
        except JudgementFailedError as fault:
            _log.warning("judgement_failed", reason=str(fault))
        return Work(
            await self._gathered("readings", self._changes),
            await self._gathered("silences", self._quiet),
            frozenset(await self._gathered("facts", lambda: self._changed_facts(ticked_at))),
            frozenset(await self._gathered("due", self._due)),
        )

    async def _gathered(self, name: str, gather: Callable[[], Awaitable[Iterable[T]]]) -> tuple[T, ...]:
        try:
            async with store.attempt(self._connection):
                return tuple(await gather())
        except JudgementFailedError as fault:
            _log.warning("set_aside", stage=_GATHER, subject=name, reason=str(fault))
            self._failed[_GATHER, name] = Aside(_GATHER, name, _GATHER, str(fault), self._now, self._now)
            return ()

    async def _changes(self) -> list[Change]:
        return await store.take_changes(self._connection, _MOST)

    async def _due(self) -> set[Subject]:
        return await store.take_due(self._connection, self._now, _MOST)

    async def _quiet(self) -> list[Quiet]:
        """Recorders that fell silent, all at once since they may be an outage, and those that came back.

        Who came back and has changes that wait for a later tick is judged in that one.
        """
        rows = await self._questions.ask("recorder_offline.quiet_recorders", self._now)
        waiting = await store.waiting_recorders(self._connection) if len(rows) > _MOST else set()
        return [(row[0], row[1], bool(row[2])) for row in rows if row[2] or row[0] not in waiting]

    async def _changed_facts(self, ticked_at: datetime | None) -> set[Subject]:
        """Facts stored since the last tick, or that became known or expired since then."""
        changed = set(await fact_store.take_changes(self._connection))
        if ticked_at is not None:
            changed |= set(await fact_store.changed_between(self._connection, ticked_at, self._now))
        return changed


async def _facts(
    connection: Connection,
    now: datetime,
    within: Interval,
    recorder_ids: Sequence[str] | None,
    officer_ids: Sequence[str],
) -> KnownFacts:
    return await known_facts(connection, now, within, recorder_ids=recorder_ids, officer_ids=officer_ids)


def _work_of(again: set[Subject], asides: Mapping[Subject, Aside], work: Work) -> Work:
    """The changes kept for the subjects that are retried, and what is new about them."""
    new = work.of(again)
    facts = frozenset(name for name in again if name[0] in _COLLECTIONS)
    return Work(
        joined([*new.changes, *(change for name in sorted(again) for change in asides[name].changes)]),
        new.quiet,
        facts,
        frozenset(name for name in again - facts if name[0] != RECORDER),
    )


def _result(now: datetime, work: Work, outcome: Outcome, aside: int, *, has_more: bool = False) -> TickResult:
    return TickResult(
        now,
        len(work.changes),
        len(outcome.dirty),
        outcome.findings,
        dict(outcome.actions),
        tuple(outcome.incident_ids),
        aside,
        has_more,
    )


class Evaluator:
    """Runs ticks while it holds the lead; waits while another process does. *name* is this process in the lease.

    *works* is called after each tick, and while another process leads. While *now* isn't believed (*is_believed*) it
    only rings calls for help, and gives up the lead after each tick, so that a server with a right clock gets it.
    """

    def __init__(
        self,
        database: Database,
        settings: RuleSettings | None = None,
        *,
        name: str,
        every_s: float = 2.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        works: Callable[[], None] = lambda: None,
        is_believed: Callable[[], bool] = lambda: True,
    ) -> None:
        self._works = works
        self._is_believed = is_believed
        self._database = database
        self._settings = settings or RuleSettings()
        self._name = name
        self._every_s = every_s
        self._now = now
        self._patience_s = PATIENCE_S
        self.is_leading = False
        self.last: TickResult | None = None

    async def run(self) -> None:
        """Run until cancelled. The lead is a lease; if its holder hangs or ends, another process takes over.

        A tick that failed may compute for longer when it is tried again, so that a large one isn't taken for hung for ever.
        """
        while True:
            try:
                lease = await take_lease(self._database, _PART, self._name, self._patience_s)
                self.is_leading = lease is not None
                if lease is None:
                    self._works()
                else:
                    await self._lead(lease)
            except (DatabaseUnavailableError, LeaseLostError) as fault:
                _log.warning("evaluation_waits", reason=str(fault))
                self._patience_s = min(4 * self._patience_s, _MOST_PATIENCE_S)
            finally:
                self.is_leading = False
            await asyncio.sleep(_RETRY_S)

    async def _lead(self, lease: Lease) -> None:
        snapshot, is_first = OnDutySnapshot(), True
        try:
            is_believed = True
            while is_believed:
                started = asyncio.get_running_loop().time()
                is_believed = self._is_believed()
                self.last = await tick(
                    *(self._database, self._now(), self._settings, snapshot),
                    is_first=is_first,
                    lease=lease,
                    is_believed=is_believed,
                )
                is_first = False
                self._works()
                self._patience_s = PATIENCE_S
                lease = replace(lease, patience_s=PATIENCE_S)
                spent_s = asyncio.get_running_loop().time() - started
                await asyncio.sleep(0.0 if self.last.has_more else max(0.0, self._every_s - spent_s))
        finally:
            with suppress(DatabaseUnavailableError):
                await give_up_lease(self._database, lease)
