"""Which `seq` of a boot are stored: inclusive runs in one flat list, so that a duplicate is known and a hole is seen."""

from bisect import bisect_left
from typing import Final

MAX_RUNS: Final = 2048
"""A boot with more holes than this is no ordinary loss; its further holes are refused (rejection `seq_disorder`)."""


def add_seq(runs: list[int], seq: int) -> bool:
    """Add *seq* to *runs* (`[first, last, first, last, …]`, ascending, in place); False if it was there."""
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
    """Whether *seq* is in *runs*."""
    at = bisect_left(runs, seq)
    return at % 2 == 1 or (at < len(runs) and runs[at] == seq)


def opens_hole(runs: list[int], seq: int) -> bool:
    """Whether adding *seq* would begin a run of its own."""
    at = bisect_left(runs, seq)
    if at % 2 == 1 or (at < len(runs) and runs[at] in (seq, seq + 1)):
        return False
    return not (at > 0 and runs[at - 1] == seq - 1)
