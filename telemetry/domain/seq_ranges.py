"""The stored `seq` of a boot as inclusive ranges in one flat list, to detect duplicates and gaps."""

from bisect import bisect_left
from typing import Final

MAX_RUNS: Final = 2048
"""More gaps in one boot are no ordinary loss; a `seq` that would add one is rejected (`seq_disorder`)."""


def add_seq(runs: list[int], seq: int) -> bool:
    """Add *seq* to *runs* (`[first, last, first, last, …]`, ascending) in place; False if it was already there."""
    if not runs:
        runs += (seq, seq)
        return True
    if seq == runs[-1] + 1:
        runs[-1] = seq
        return True
    at = bisect_left(runs, seq)
    if at % 2 == 1 or (at < len(runs) and runs[at] == seq):
        return False
    touches_before = at > 0 and runs[at - 1] == seq - 1
    touches_after = at < len(runs) and runs[at] == seq + 1
    if touches_before and touches_after:
        del runs[at - 1 : at + 1]
    elif touches_before:
        runs[at - 1] = seq
    elif touches_after:
        runs[at] = seq
    else:
        runs[at:at] = (seq, seq)
    return True


def is_seen(runs: list[int], seq: int) -> bool:
    """Return whether *seq* is in *runs*."""
    at = bisect_left(runs, seq)
    return at % 2 == 1 or (at < len(runs) and runs[at] == seq)


def opens_hole(runs: list[int], seq: int) -> bool:
    """Return whether adding *seq* would start a new range."""
    at = bisect_left(runs, seq)
    if at % 2 == 1 or (at < len(runs) and runs[at] in (seq, seq + 1)):
        return False
    return not (at > 0 and runs[at - 1] == seq - 1)
