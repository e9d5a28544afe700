"""Test helper: compares large sets and multisets, and reports differences as counts and examples.

pytest prints the whole difference of unequal sets, which takes minutes for ten thousand elements.
"""

from collections import Counter
from collections.abc import Collection, Hashable
from itertools import islice
from typing import Final

_EXAMPLES: Final = 5


def same(expected: Collection[Hashable], found: Collection[Hashable]) -> None:
    """Raise AssertionError unless *found* has what *expected* has, as often; their order doesn't count."""
    __tracebackhide__ = True
    wanted, had = Counter(expected), Counter(found)
    if wanted == had:
        return
    told = [f"{wanted.total()} expected, {had.total()} found"]
    for what, bag in (("missing", wanted - had), ("too many", had - wanted)):
        if bag:
            told.append(f"{bag.total()} {what}, such as {', '.join(map(repr, islice(bag, _EXAMPLES)))}")
    raise AssertionError("; ".join(told))
