"""Runs of `seq` are a set of integers, whatever the order and repetition."""

from hypothesis import given
from hypothesis import strategies as st

from telemetry.domain.seq_ranges import add_seq, opens_hole

seqs = st.lists(st.integers(0, 60), max_size=80)


def as_set(runs: list[int]) -> set[int]:
    return {seq for i in range(0, len(runs), 2) for seq in range(runs[i], runs[i + 1] + 1)}


@given(seqs)
def test_runs_hold_what_was_added_and_each_seq_is_new_once(added: list[int]) -> None:
    runs: list[int] = []
    known: set[int] = set()
    for seq in added:
        expected_hole = seq not in known and seq - 1 not in known and seq + 1 not in known
        assert expected_hole == opens_hole(runs, seq)
        assert (seq not in known) == add_seq(runs, seq)
        known.add(seq)
        assert known == as_set(runs)


@given(seqs)
def test_runs_are_ascending_and_never_touch(added: list[int]) -> None:
    runs: list[int] = []
    for seq in added:
        add_seq(runs, seq)
    assert all(runs[i] <= runs[i + 1] for i in range(0, len(runs), 2))
    assert all(runs[i] + 1 < runs[i + 1] for i in range(1, len(runs) - 1, 2))


@given(st.lists(st.integers(0, 60), min_size=1, max_size=80), st.randoms())
def test_order_of_arrival_leaves_the_same_runs(added: list[int], random: object) -> None:
    shuffled = list(added)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first: list[int] = []
    second: list[int] = []
    for one, other in zip(added, shuffled, strict=True):
        add_seq(first, one)
        add_seq(second, other)
    assert first == second
    assert len(set(added)) == sum(end - start + 1 for start, end in zip(first[::2], first[1::2], strict=True))
