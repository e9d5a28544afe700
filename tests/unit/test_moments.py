"""How a moment travels to PostgreSQL: exactly, whatever its zone."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.store.timestamp_codec import decode_moment, encode_moment, moment_encoder

MOMENTS = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@given(MOMENTS)
def test_a_moment_comes_back_as_the_same_moment_in_utc(moment: datetime) -> None:
    returned = decode_moment(encode_moment(moment))
    assert moment == returned
    assert UTC == returned.tzinfo


def test_it_is_the_microseconds_since_2000() -> None:
    assert (0,) == encode_moment(datetime(2000, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))))
    assert (86_400_000_001,) == encode_moment(datetime(2000, 1, 2, 0, 0, 0, 1, tzinfo=UTC))
    assert (-1,) == encode_moment(datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))


@given(st.lists(MOMENTS, min_size=1, max_size=5), st.lists(st.integers(0, 4), max_size=30))
def test_an_encoder_that_remembers_says_the_same_as_one_that_does_not(
    moments: list[datetime], turns: list[int]
) -> None:
    encode = moment_encoder()
    for turn in turns:
        moment = moments[turn % len(moments)]
        assert encode_moment(moment) == encode(moment)


@pytest.mark.parametrize("endless", [datetime.max, datetime.min])  # noqa: DTZ901
def test_the_ends_of_time_are_asyncpgs_own(endless: datetime) -> None:
    assert endless == decode_moment(encode_moment(endless))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        encode_moment(datetime(2026, 3, 2, 9, 0))  # noqa: DTZ001
