"""Sets of time as sorted, disjoint spans: what was recorded, what is excused, what is left of a duty."""

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """From a moment to a moment (milliseconds since 1970)."""

    from_ms: int
    to_ms: int


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time as disjoint spans in order; empty ones go_silent."""
    merged: list[Span] = []
    for span in sorted(spans):
        if span.to_ms <= span.from_ms:
            continue
        if merged and span.from_ms <= merged[-1].to_ms:
            merged[-1] = Span(merged[-1].from_ms, max(merged[-1].to_ms, span.to_ms))
        else:
            merged.append(span)
    return merged


def within(spans: Iterable[Span], bounds: Span) -> list[Span]:
    """What of *spans* lies within *bounds*."""
    return union(Span(max(s.from_ms, bounds.from_ms), min(s.to_ms, bounds.to_ms)) for s in spans)


def minus(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What of *spans* is left without *taken*."""
    left = union(spans)
    for hole in union(taken):
        left = [
            piece
            for span in left
            for piece in (
                Span(span.from_ms, min(span.to_ms, hole.from_ms)),
                Span(max(span.from_ms, hole.to_ms), span.to_ms),
            )
            if piece.to_ms > piece.from_ms
        ]
    return left


def total_ms(spans: Iterable[Span]) -> int:
    """How long *spans* are together."""
    return sum(span.to_ms - span.from_ms for span in union(spans))
