"""Evaluation: judge all work at once; if that fails, go step by step and narrow it down to the subject at fault.

Each attempt is a savepoint, so a failed one leaves nothing behind. The subject at fault is set aside with the reason;
all others are judged. A database failure is no subject's fault: it ends the tick, which is then repeated.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from alerts.evaluation.conclusions import Conclusions
from alerts.evaluation.doubts import in_doubt
from alerts.evaluation.finding_log import remember
from alerts.evaluation.stages import Stage
from alerts.evaluation.workload import RECORDER, Subject, Work
from alerts.incidents.reconcile import reconcile
from alerts.rules.tick import Tick
from telemetry.domain.errors import JudgementFailedError
from telemetry.records.evaluation import Aside
from telemetry.store import evaluation as store
from telemetry.store.pool import Connection

_log = structlog.get_logger(__name__)
_MOST_TRIES: Final = 200
"""Limit per step and tick: if everything fails, the rest waits for the next tick."""


@dataclass(slots=True)
class Outcome:
    """The result of some work; `dirty`: all that had to be judged; `failed`: subjects that couldn't be."""

    dirty: set[Subject] = field(default_factory=set)
    findings: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    incident_ids: list[str] = field(default_factory=list)
    failed: dict[Subject, Aside] = field(default_factory=dict)

    def add(self, other: "Outcome") -> None:
        """Add *other* to this outcome."""
        self.dirty |= other.dirty
        self.findings += other.findings
        self.actions += other.actions
        self.incident_ids += other.incident_ids
        self.failed = {**other.failed, **self.failed}


Started = tuple[Connection, Tick]
Start = Callable[[Work], Started]
"""Creates a fresh tick for some work."""


async def judge(stages: Sequence[Stage], start: Start, work: Work) -> Outcome:
    """Judge *work*: all *stages* at once, or narrowly if that fails."""
    try:
        return await _try(start(work), stages)
    except JudgementFailedError as fault:
        _log.warning("judgement_failed", reason=str(fault))
    return await judge_narrowly(stages, start, work)


async def judge_narrowly(stages: Sequence[Stage], start: Start, work: Work) -> Outcome:
    """Judge *work* step by step, and set aside the subjects for which a step fails."""
    outcome = Outcome()
    for stage in stages:
        step = await _narrow(start, work, stage)
        outcome.add(step)
        work = work.with_due(step.dirty)
    return outcome


async def _narrow(start: Start, work: Work, stage: Stage) -> Outcome:
    """One step: failing work is halved until each subject at fault stands alone."""
    outcome = Outcome()
    waiting = [work]
    tries, last = 0, ""
    while waiting:
        part = waiting.pop()
        subjects = part.subjects
        if tries == _MOST_TRIES:
            outcome.failed |= {
                subject: _aside(start(part)[1], subject, stage, last, was_tried=False) for subject in subjects
            }
            continue
        tries += 1
        try:
            outcome.add(await _try(start(part), [stage]))
        except JudgementFailedError as fault:
            last = str(fault)
            if len(subjects) > 1:
                half = len(subjects) // 2
                waiting += [part.of(subjects[half:]), part.of(subjects[:half])]
            else:
                _log.warning("set_aside", stage=stage.name, subject=subjects, reason=last)
                outcome.failed |= {s: _aside(start(part)[1], s, stage, last) for s in subjects}
    return outcome


def _aside(tick: Tick, subject: Subject, stage: Stage, reason: str, *, was_tried: bool = True) -> Aside:
    changes = tuple(c for c in tick.changes if (RECORDER, c.recorder_id) == subject)
    return Aside(*subject, stage.name, reason, tick.now, tick.now if was_tried else None, changes)


async def _try(started: Started, stages: Sequence[Stage]) -> Outcome:
    """Run *stages* and store their conclusions, or nothing. Raises JudgementFailedError."""
    connection, tick = started
    conclusions = Conclusions(tick.now)
    async with store.attempt(connection):
        for stage in stages:
            await stage.run(tick, conclusions)
        said = await in_doubt(tick, conclusions.said)
        findings = await remember(tick.questions, said, conclusions.looks, tick.now)
        result = await reconcile(connection, findings, tick.now)
        await store.put_watches(connection, conclusions.watched, conclusions.watches)
        await store.put_due(connection, [*tick.dues, *conclusions.dues])
    return Outcome(set(tick.dirty), len(findings), Counter(result.actions), list(result.incident_ids))
