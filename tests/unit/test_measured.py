"""What a measurement is worth before it may accuse anybody."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from telemetry.domain.measurement import is_low, is_told_twice, mounted

T0 = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sights", "twice"),
    [
        ([], False),
        ([(0, "heartbeat")], False),
        ([(0, "heartbeat"), (59, "heartbeat")], False),
        ([(0, "heartbeat"), (60, "heartbeat")], True),
        ([(0, "presence"), (5, "heartbeat")], True),
    ],
)
def test_two_sights_are_a_minute_apart_or_of_two_kinds_of_message(
    sights: list[tuple[int, str]], *, twice: bool
) -> None:
    assert twice == is_told_twice((T0 + timedelta(seconds=s), kind) for s, kind in sights)


@pytest.mark.parametrize(
    ("levels", "low"),
    [([19.0], False), ([70.0, 0.0], False), ([0.0, 70.0], False), ([21.0, 19.0], True), ([70.0, 0.0, 0.0], True)],
)
def test_a_sudden_fall_of_the_charge_is_believed_once_it_is_told_again(levels: list[float], *, low: bool) -> None:
    assert low == is_low(levels, 20.0)


@dataclass(frozen=True)
class Space:
    total_mb: int


def test_the_card_is_the_one_of_the_usual_size() -> None:
    assert [Space(64000)] * 3 == mounted([Space(64000), Space(0), Space(64000), Space(8192), Space(64000)])
    assert [] == mounted([Space(0)])
