"""Read the rows that coverage is computed from, for many recorders at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alerts.duty.coverage import ImportRow, QuietRow, RecorderCoverage, Rows, RunRow, StateRow, recorder_coverage
from alerts.intervals import Interval
from alerts.questions import Questions
from telemetry.records.evaluation import Stretch

Wanted = tuple[str, Interval]
"""A recorder and the period in which it may have been worn."""
_AROUND = timedelta(minutes=10)
_IMPORTS_FOR = timedelta(days=14)


async def coverage_of(
    questions: Questions, wanted: Iterable[Wanted], now: datetime, give_up: timedelta
) -> dict[Wanted, RecorderCoverage]:
    """By (recorder, period), what was recorded as far as is known at *now*."""
    asked = sorted(set(wanted))
    rows = await rows_of(questions, asked, now)
    return {
        each: recorder_coverage(each[0], each[1], known, now, give_up) for each, known in zip(asked, rows, strict=True)
    }


async def rows_of(questions: Questions, asked: Sequence[Wanted], now: datetime) -> list[Rows]:
    """The rows for each of *asked*, in the same order."""
    found = [Rows() for _ in asked]
    exact: list[Stretch] = [(i, recorder_id, w.start, w.end) for i, (recorder_id, w) in enumerate(asked)]
    wide: list[Stretch] = [
        (i, recorder_id, w.start - _AROUND, w.end + _AROUND) for i, (recorder_id, w) in enumerate(asked)
    ]
    for key, boot, state, since, last_at, skew_s in await questions.of("recording_states", wide):
        found[key].states.append(StateRow(boot, state, since, last_at, skew_s or 0.0))
    for key, boot, first_at, powered_on_at, first_seq, _, run_from, run_to in await questions.over("runs", wide):
        run = RunRow(boot, run_from, run_to, powered_on_at or first_at, has_first=first_seq <= 1)
        found[key].runs.append(run)
    later = [(i, recorder_id, start, end + _IMPORTS_FOR) for i, recorder_id, start, end in exact]
    for key, import_id, docked_at, imported_at, recorded_from, recorded_to, segments in await questions.of(
        "imports", later, now
    ):
        parts = None if segments is None else tuple(Interval(start, end) for start, end in segments)
        found[key].imports.append(ImportRow(import_id, docked_at, imported_at, recorded_from, recorded_to, parts))
    for key, since, until, settled, gapless, goodbye, cause, has_holes in await questions.of("silences_in", exact):
        # A recorder that reported the dock and then fell silent may not have had time for a goodbye.
        said = goodbye or (cause if cause == "docked" else None)
        found[key].quiet.append(QuietRow(since, until, settled or gapless, said, has_holes or False))
    heard = {row[0] for row in await questions.ask("heard", sorted({recorder_id for recorder_id, _ in asked}))}
    for (recorder_id, _), known in zip(asked, found, strict=True):
        known.was_heard = recorder_id in heard
    return found
