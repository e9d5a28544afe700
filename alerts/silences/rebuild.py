"""Silences, step 1: rebuild the silences of every recorder whose live readings changed.

A silence depends on the readings alone, not on the order in which they arrived. Late readings move its edges or
remove it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerts.questions import Questions
from alerts.silences.rows import SilenceRow
from telemetry.records.evaluation import Change

MIN_SILENCE_S = 90.0
HEARTBEATS = 3
_TELLING = frozenset({"presence", "late", "sim", "event", "rejected", "reused"})
"""Kinds of changes that can begin, end or explain a silence."""
_AROUND = timedelta(minutes=10)
_REACH = timedelta(days=2)
_GOODBYE_SLACK = timedelta(seconds=2)
_LAST_WORD = timedelta(seconds=60)
"""A goodbye may be timestamped up to this long after the last live reading: the failing link delivered it late."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A period without live readings, taken from the readings alone; `until` is None if nothing was heard since."""

    recorder_id: str
    since: datetime
    until: datetime | None
    boot_before: str | None
    seq_before: int | None
    boot_after: str | None
    seq_after: int | None


@dataclass(frozen=True, slots=True)
class Heard:
    """Rejected messages of one recorder with the same reason: time of the first and the last, and their number."""

    first_at: datetime
    last_at: datetime
    count: int
    boot: str | None

    def stretches(self, least: timedelta) -> list[tuple[datetime, datetime, str | None]]:
        """The periods in which these messages show that the recorder was alive.

        If their average spacing is at most *least*, the whole period counts; otherwise only the first and the last
        moment.
        """
        if self.last_at - self.first_at <= self.count * least:
            return [(self.first_at, self.last_at, self.boot)]
        return [(at, at, self.boot) for at in (self.first_at, self.last_at)]


def threshold_s(heartbeat_s: float) -> float:
    """Seconds without a reading until a recorder counts as silent: 3 heartbeats, at least 90 (domain.md, "Rules")."""
    return max(MIN_SILENCE_S, HEARTBEATS * heartbeat_s)


@dataclass(frozen=True, slots=True)
class Span:
    """A period of one recorder to check again.

    `is_quiet`: the recorder is silent now. `is_late`: something other than a live presence arrived, such as backlog.
    """

    recorder_id: str
    from_at: datetime
    to_at: datetime
    is_quiet: bool = False
    is_late: bool = False

    def join(self, other: "Span") -> "Span":
        """One span that covers both."""
        return Span(
            self.recorder_id,
            min(self.from_at, other.from_at),
            max(self.to_at, other.to_at),
            self.is_quiet or other.is_quiet,
            self.is_late or other.is_late,
        )


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Silences that are new or changed, and silences that late readings removed (`gone`)."""

    changed: tuple[SilenceRow, ...] = ()
    gone: tuple[SilenceRow, ...] = ()


def spans_to_look_at(
    changes: Iterable[Change], quiet: Iterable[tuple[str, datetime, bool]], registered: Mapping[str, int], now: datetime
) -> list[Span]:
    """Where silences may have begun, ended or moved: around *changes*, and for recorders *quiet* at *now*."""
    spans: dict[str, Span] = {}
    found = [
        Span(c.recorder_id, c.from_at, c.to_at, is_late=c.kind != "presence")
        for c in changes
        if c.kind in _TELLING and c.recorder_id in registered
    ]
    found += [Span(recorder_id, from_at, now, is_quiet=is_quiet) for recorder_id, from_at, is_quiet in quiet]
    for span in found:
        known = spans.get(span.recorder_id)
        spans[span.recorder_id] = span if known is None else known.join(span)
    return list(spans.values())


async def rebuild(questions: Questions, spans: Sequence[Span], registered: Mapping[str, int], now: datetime) -> Rebuilt:
    """Bring the silences in *spans* in line with the readings; *registered* maps recorder ids to `heartbeat_s`."""
    if not spans:
        return Rebuilt()
    gaps, looked_at = await _gaps(questions, spans, registered)
    gaps = await _unheard(questions, gaps, registered, now)
    kept = await _kept(questions, looked_at)
    quiet = {span.recorder_id for span in spans if span.is_quiet}
    late = {span.recorder_id: span for span in spans if span.is_late}
    moved: list[tuple[SilenceRow, Gap]] = []
    fresh: list[Gap] = []
    gone: list[SilenceRow] = []
    for recorder_id, known in _by_recorder(gaps, looked_at).items():
        rows = kept.get(recorder_id, [])
        # A gap up to now counts only if the recorder is quiet; otherwise its next reading isn't due yet.
        real = [g for g in known if g.until is not None or recorder_id in quiet or _is_open(g, rows)]
        pairs, new, old = match(real, rows)
        moved += pairs
        fresh += new
        gone += old
    await drop(questions, gone)
    drafts = [_draft(gap, row, now, late.get(gap.recorder_id)) for row, gap in moved]
    drafts += [_draft(gap, None, now, late.get(gap.recorder_id)) for gap in fresh]
    drafts = await _with_words(questions, drafts, now)
    drafts = await _with_holes(questions, drafts)
    changed = await _save(questions, drafts, {row.silence_id: row for row, _ in moved})
    return Rebuilt(tuple(changed), tuple(gone))


async def drop(questions: Questions, gone: Sequence[SilenceRow]) -> None:
    """Delete silences that the readings no longer show."""
    if gone:
        await questions.ask("drop_silences", [row.silence_id for row in gone])


async def _gaps(
    questions: Questions, spans: Sequence[Span], registered: Mapping[str, int]
) -> tuple[list[Gap], dict[str, tuple[datetime, datetime]]]:
    records = [
        (
            span.recorder_id,
            span.from_at - _AROUND,
            span.to_at + _AROUND,
            threshold_s(registered[span.recorder_id]),
        )
        for span in spans
        if span.recorder_id in registered
    ]
    if not records:
        return [], {}
    # One range for the whole query, so that the database scans few chunks.
    lower, upper = min(r[1] for r in records) - _REACH, max(r[2] for r in records) + _REACH
    gaps: list[Gap] = []
    looked_at: dict[str, tuple[datetime, datetime]] = {}
    for row in await questions.of("live_gaps", records, lower, upper):
        looked_at[row["recorder_id"]] = (row["from_at"], row["to_at"])
        if row["at"] is not None:
            gaps.append(
                Gap(
                    row["recorder_id"],
                    *(row["at"], row["next_at"], row["boot"], row["seq"], row["next_boot"], row["next_seq"]),
                )
            )
    return gaps, looked_at


async def _unheard(
    questions: Questions, gaps: Sequence[Gap], registered: Mapping[str, int], now: datetime
) -> list[Gap]:
    """Cut from *gaps* the times at which rejected messages arrived: a recorder that sends them is alive."""
    stretches = [(n, gap.recorder_id, gap.since, gap.until or now) for n, gap in enumerate(gaps)]
    heard: dict[int, list[Heard]] = defaultdict(list)
    for key, first_at, last_at, count, boot in await questions.of("heard_rejected", stretches):
        heard[key].append(Heard(first_at, last_at, count, boot))
    left: list[Gap] = []
    for n, gap in enumerate(gaps):
        least = timedelta(seconds=threshold_s(registered[gap.recorder_id]))
        left += parts_unheard(gap, heard[n], least, now) if n in heard else [gap]
    return left


def parts_unheard(gap: Gap, heard: Iterable[Heard], least: timedelta, now: datetime) -> list[Gap]:
    """The parts of *gap* longer than *least* in which no message arrived at all; pure.

    A gap that is still open is measured up to *now*.
    """
    stop = gap.until or now
    if stop - gap.since <= least:
        return [gap]
    moments = [stretch for each in heard for stretch in each.stretches(least)]
    parts: list[Gap] = []
    rest = gap
    for start, end, boot in sorted(moments, key=lambda m: (m[0], m[1])):
        if end <= rest.since or start >= stop:
            continue
        # In a gap between two boots the boot is unknown unless the message names it.
        at_edge = boot or gap.boot_before
        if start - rest.since > least:
            parts.append(replace(rest, until=start, boot_after=at_edge, seq_after=None))
        rest = replace(rest, since=min(end, stop), boot_before=at_edge, seq_before=None)
    return [*parts, rest] if stop - rest.since > least else parts


async def _kept(
    questions: Questions, looked_at: Mapping[str, tuple[datetime, datetime]]
) -> dict[str, list[SilenceRow]]:
    records = [(recorder_id, from_at, to_at) for recorder_id, (from_at, to_at) in looked_at.items()]
    kept: dict[str, list[SilenceRow]] = defaultdict(list)
    for row in await questions.of("silences_of", records):
        silence = SilenceRow.of(row)
        kept[silence.recorder_id].append(silence)
    return kept


def _by_recorder(gaps: Iterable[Gap], looked_at: Iterable[str]) -> dict[str, list[Gap]]:
    known: dict[str, list[Gap]] = {recorder_id: [] for recorder_id in looked_at}
    for gap in gaps:
        known[gap.recorder_id].append(gap)
    return known


def _is_open(gap: Gap, rows: Iterable[SilenceRow]) -> bool:
    """Whether this last gap is already stored as an open silence, with nothing heard since."""
    return any(row.until is None and gap.since <= row.since + _GOODBYE_SLACK for row in rows)


def match(
    gaps: Sequence[Gap], rows: Sequence[SilenceRow]
) -> tuple[list[tuple[SilenceRow, Gap]], list[Gap], list[SilenceRow]]:
    """Pair gaps with stored silences: the pairs, the new gaps, and the stored silences without a gap.

    A silence whose edges moved stays the same silence. Both match if they overlap in time.
    """
    pairs: list[tuple[SilenceRow, Gap]] = []
    fresh: list[Gap] = []
    left = sorted(rows, key=lambda row: row.since)
    for gap in sorted(gaps, key=lambda g: g.since):
        same = next((row for row in left if _shares_time(gap, row)), None)
        if same is None:
            fresh.append(gap)
        else:
            left.remove(same)
            pairs.append((same, gap))
    return pairs, fresh, left


def _shares_time(gap: Gap, row: SilenceRow) -> bool:
    starts_before = row.until is None or gap.since < row.until
    return starts_before and (gap.until is None or row.since < gap.until)


@dataclass(frozen=True, slots=True)
class _Draft:
    gap: Gap
    row: SilenceRow | None
    touched_at: datetime
    noted_at: datetime
    goodbye: str | None = None
    will: bool = False
    gapless: bool = False


def _draft(gap: Gap, row: SilenceRow | None, now: datetime, late: Span | None) -> _Draft:
    is_touched = row is None or row.until != gap.until or (late is not None and _is_touched(gap, late))
    return _Draft(
        gap,
        row,
        touched_at=now if is_touched or row is None else row.touched_at,
        noted_at=now if row is None else row.noted_at,
        goodbye=row.goodbye if row else None,
        will=row.will if row else False,
    )


def _is_touched(gap: Gap, late: Span) -> bool:
    return late.to_at >= gap.since and (gap.until is None or late.from_at <= gap.until)


async def _with_words(questions: Questions, drafts: Sequence[_Draft], now: datetime) -> list[_Draft]:
    """Add what was said at the loss: a goodbye comes live from the recorder, a will from the broker."""
    stretches = [
        (index, d.gap.recorder_id, d.gap.since, d.gap.until or max(now, d.gap.since)) for index, d in enumerate(drafts)
    ]
    said: dict[int, list[Any]] = defaultdict(list)
    for row in await questions.over("offline_words", stretches):
        said[row["key"]].append(row)
    return [_told(draft, said.get(index, [])) for index, draft in enumerate(drafts)]


def _told(draft: _Draft, rows: Sequence[Any]) -> _Draft:
    gap = draft.gap
    goodbyes = [
        row["reason"]
        for row in rows
        if row["reason"] != "connection_lost"
        and not row["backlog"]
        and -_GOODBYE_SLACK <= row["at"] - gap.since <= _LAST_WORD
        and row["boot"] == gap.boot_before
    ]
    wills = [r for r in rows if r["reason"] == "connection_lost" and r["received_at"] > gap.since]
    return replace(draft, goodbye=goodbyes[-1] if goodbyes else None, will=bool(wills))


async def _with_holes(questions: Questions, drafts: Sequence[_Draft]) -> list[_Draft]:
    """Add whether every message between the loss and the return is stored (no hole in `seq` within one boot)."""
    records = [
        (index, d.gap.recorder_id, d.gap.boot_before, d.gap.seq_before, d.gap.seq_after)
        for index, d in enumerate(drafts)
        if d.gap.until is not None and d.gap.boot_before == d.gap.boot_after
    ]
    whole = {row[0] for row in await questions.of("holes", records) if not row[1]}
    return [replace(draft, gapless=index in whole) for index, draft in enumerate(drafts)]


async def _save(questions: Questions, drafts: Sequence[_Draft], before: Mapping[int, SilenceRow]) -> list[SilenceRow]:
    moved = [(d.row.silence_id, *_edges(d), d.touched_at) for d in drafts if d.row is not None]
    fresh = [(d.gap.recorder_id, *_edges(d), d.noted_at, d.touched_at) for d in drafts if d.row is None]
    saved = [SilenceRow.of(row) for row in await questions.of("move_silences", moved)]
    changed = [row for row in saved if row != before[row.silence_id]]
    return changed + [SilenceRow.of(row) for row in await questions.of("put_silences", fresh)]


def _edges(draft: _Draft) -> tuple[Any, ...]:
    gap = draft.gap
    cell = draft.row.cell if draft.row else None
    settled = draft.gapless or bool(draft.row and draft.row.settled and draft.row.until == gap.until)
    return (
        *(gap.since, gap.until, draft.goodbye, draft.will, gap.boot_before, gap.boot_after),
        *(gap.seq_before, gap.seq_after, cell, draft.gapless, settled),
    )


def settled_by(row: SilenceRow, now: datetime, settle_s: float) -> bool:
    """Whether all evidence that can be expected has arrived by *now*.

    True if the silence has ended and either nothing is missing or nothing late arrived for *settle_s* seconds.
    """
    if row.until is None:
        return False
    return row.settled or row.gapless or now >= max(row.until, row.touched_at) + timedelta(seconds=settle_s)


async def silences_named(questions: Questions, silence_ids: Iterable[int]) -> list[SilenceRow]:
    """Silences by id; ids that no longer exist are left out."""
    wanted = sorted(set(silence_ids))
    return [SilenceRow.of(row) for row in await questions.ask("silences_named", wanted)] if wanted else []
