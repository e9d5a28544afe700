"""Large sets that differ are told of in a line."""

from collections import Counter

import pytest
from large_sets import same


def test_equal_ones_pass_in_any_order() -> None:
    same([1, 2, 2], (2, 1, 2))
    same({1, 2}, [2, 1])
    same(Counter("abba"), Counter("baab"))


def test_what_differs_is_told_in_counts_and_a_few_examples() -> None:
    with pytest.raises(AssertionError) as told:
        same(range(20_000), range(3, 10_000))
    assert "20000 expected, 9997 found; 10003 missing, such as 0, 1, 2, 10000, 10001" == str(told.value)
    with pytest.raises(AssertionError, match="2 expected, 3 found; 1 too many, such as 'b'"):
        same("ab", "abb")
