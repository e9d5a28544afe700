"""The steps of a tick: schedule changed facts, mark what must be judged again, then gather and judge each source.

Each step uses only the work of its tick, so a part of the work can be tried separately.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from alerts.evaluation.conclusions import Conclusions
from alerts.rules.registry import by_source
from alerts.rules.rule import Rule, Source
from alerts.rules.silences import CARD
from alerts.rules.silences import KIND as SILENCE
from alerts.rules.tick import Tick

_REGISTER: Final = frozenset({"units", "recorders"})
_TELLING: Final = frozenset({"late", "sim", "presence", "event", "rejected", "reused"})


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a tick."""

    name: str
    run: Callable[[Tick, Conclusions], Awaitable[None]]


def stages_of(rules: Iterable[Rule]) -> list[Stage]:
    """The steps of a tick that applies *rules*."""
    sources = by_source(rules)
    planned = [(source, known) for source, known in sources if source.plan is not None]
    return [
        Stage("register", refresh_register),
        *(Stage(f"plan {source.name}", partial(_plan, source, known)) for source, known in planned),
        Stage("spread", spread),
        *(Stage(source.name, partial(_judge, source, known)) for source, known in sources),
    ]


async def refresh_register(tick: Tick, _: Conclusions) -> None:
    """Refresh the register for display if units or recorders changed."""
    if _REGISTER & tick.changed.keys():
        await tick.questions.ask("facts.refresh_register", tick.now)


async def _plan(source: Source, rules: Sequence[Rule], tick: Tick, _: Conclusions) -> None:
    assert source.plan is not None
    await source.plan(tick, rules)


async def _judge(source: Source, rules: Sequence[Rule], tick: Tick, conclusions: Conclusions) -> None:
    """Gather the cases of a source and let its rules judge them."""
    gathered = await source.gather(tick)
    for rule in rules:
        parameters = tick.settings.parameters(rule.id)
        used = parameters.model_dump()
        for case in await rule.cases(tick, gathered):
            findings = () if case.content is None else rule.judge(case.content, parameters)
            conclusions.add(source, rule, case, findings, used)


async def spread(tick: Tick, _: Conclusions) -> None:
    """Mark everything whose conclusion rests on changed readings or facts."""
    stretches = [("recorder", c.recorder_id, c.from_at, c.to_at) for c in tick.changes if c.kind in _TELLING]
    logins = [
        ("officer", officer_id, change.from_at - timedelta(hours=1), change.to_at + timedelta(hours=12))
        for change in tick.changes
        for officer_id in change.officer_ids
    ]
    if tick.has_ticked:
        records = [(collection, fact_id) for collection, ids in tick.changed.items() for fact_id in ids]
        rows = await tick.questions.of("touched_by_facts", records, tick.now)
        stretches += [(row[0], row[1], row[2], row[3]) for row in rows]
    tick.dirty |= {(row[0], row[1]) for row in await tick.questions.of("watching", stretches)}
    for change in tick.changes:
        if change.kind == "standstill":
            rows = await tick.questions.ask("watching_at", change.from_at, change.to_at)
            tick.dirty |= {(row[0], row[1]) for row in rows}
    # Silences and SIMs are judged again by their recorder's own readings, which include logins.
    told = {(row[0], row[1]) for row in await tick.questions.of("watching", logins)}
    tick.dirty |= {(kind, key) for kind, key in told if kind not in {SILENCE, CARD}}
