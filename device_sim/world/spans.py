"""Sets of time as sorted, disjoint spans; times are milliseconds since 1970."""

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """From one moment to another (milliseconds since 1970); the end is exclusive."""

    from_ms: int
    to_ms: int


def union(spans: Iterable[Span]) -> list[Span]:
    """Merge *spans* into disjoint ones in order; empty ones are left out."""
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
    """Cut *spans* to *bounds*."""
    return union(Span(max(s.from_ms, bounds.from_ms), min(s.to_ms, bounds.to_ms)) for s in spans)


def minus(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Take *taken* out of *spans*."""
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
    """Add up the length of *spans* in milliseconds; overlaps count once."""
    return sum(span.to_ms - span.from_ms for span in union(spans))
