"""Evaluation: the steps of a tick in their order. Each looks at the tick's work alone, so that a part of it can be asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from alerts.rules.eval_cards import KIND as CARD
from alerts.rules.eval_duties import judge_duties, plan_duties
from alerts.rules.eval_events import judge_alarms, judge_calls, judge_clocks
from alerts.rules.eval_footage import judge_imports, judge_losses
from alerts.rules.eval_handling import judge_logins, judge_low
from alerts.rules.eval_identities import judge_identities, judge_unread
from alerts.rules.eval_reports import judge_failures, judge_reports
from alerts.rules.eval_silences import KIND as SILENCE
from alerts.rules.eval_silences import judge_silences
from alerts.rules.tick import Tick
from telemetry.store import evaluation as store
from telemetry.store import facts as fact_store

_REGISTER: Final = frozenset({"units", "recorders"})
_TELLING: Final = frozenset({"late", "sim", "presence", "event", "rejected", "reused"})


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a tick."""

    name: str
    run: Callable[[Tick], Awaitable[None]]


async def refresh_register(tick: Tick) -> None:
    """Bring the register for display up to date where it changed."""
    if _REGISTER & tick.changed.keys():
        await fact_store.refresh_register(tick.connection, tick.now)


async def spread(tick: Tick) -> None:
    """Look again at everything whose conclusion rested on readings or facts that changed."""
    stretches = [("recorder", c.recorder_id, c.from_at, c.to_at) for c in tick.changes if c.kind in _TELLING]
    logins = [
        ("officer", officer_id, change.from_at - timedelta(hours=1), change.to_at + timedelta(hours=12))
        for change in tick.changes
        for officer_id in change.officer_ids
    ]
    if tick.has_ticked:
        records = [(collection, fact_id) for collection, ids in tick.changed.items() for fact_id in ids]
        rows = await store.fetch(tick.connection, "touched_by_facts", records, tick.now)
        stretches += [(row[0], row[1], row[2], row[3]) for row in rows]
    if stretches:
        tick.dirty |= await store.watching(tick.connection, stretches)
    for change in tick.changes:
        if change.kind == "standstill":
            rows = await store.ask(tick.connection, "watching_at", change.from_at, change.to_at)
            tick.dirty |= {(row[0], row[1]) for row in rows}
    if logins:
        # Silences and cards are looked at by their recorder's own readings, of which the login is one.
        told = await store.watching(tick.connection, logins)
        tick.dirty |= {(kind, key) for kind, key in told if kind not in {SILENCE, CARD}}


STAGES: Final = (
    Stage("register", refresh_register),
    Stage("plan duties", lambda tick: plan_duties(tick, tick.changed)),
    Stage("spread", spread),
    Stage("sos", judge_calls),
    Stage("identity-conflict", judge_identities),
    Stage("not-understood", judge_unread),
    Stage("silences", judge_silences),
    Stage("duties", judge_duties),
    Stage("tamper", judge_alarms),
    Stage("clock-wrong", judge_clocks),
    Stage("footage-removed", judge_losses),
    Stage("import-overdue", judge_imports),
    Stage("recorder-lent", judge_logins),
    Stage("low", lambda tick: judge_low(tick, tick.changed.get("shifts", ()))),
    Stage("fault-unreported", lambda tick: judge_failures(tick, tick.changed.get("shifts", ()))),
    Stage("reports", lambda tick: judge_reports(tick, tick.changed)),
)
