"""GCJ-02 and back."""

from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from telemetry.domain.geo import gcj02_to_wgs84, wgs84_to_gcj02


@given(st.floats(3.9, 53.5), st.floats(73.6, 135.0))
def test_there_and_back_is_where_it_was_to_a_decimetre(lat: float, lon: float) -> None:
    back = gcj02_to_wgs84(*wgs84_to_gcj02(lat, lon))
    assert isclose(lat, back[0], abs_tol=1e-6)
    assert isclose(lon, back[1], abs_tol=1e-6)


def test_in_pudong_the_shift_is_some_five_hundred_metres() -> None:
    lat, lon = wgs84_to_gcj02(31.2213, 121.5441)
    assert 100 < abs(lat - 31.2213) * 111_000 < 400
    assert 300 < abs(lon - 121.5441) * 95_000 < 600


def test_outside_china_nothing_is_shifted() -> None:
    assert (48.85, 2.35) == wgs84_to_gcj02(48.85, 2.35)
