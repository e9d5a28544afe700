"""Convert between WGS-84 and GCJ-02, the shifted datum of Chinese maps."""

from math import cos, pi, sin, sqrt
from typing import Final

# Semi-major axis of Krasovsky 1940, the ellipsoid of GCJ-02.
_SEMI_MAJOR_M: Final = 6378245.0
_ECCENTRICITY_SQ: Final = 0.00669342162296594323


def is_in_china(lat: float, lon: float) -> bool:
    """Return whether a position (degrees) is in the rectangle around China in which GCJ-02 shifts positions."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


def wgs84_to_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """Convert WGS-84 degrees to GCJ-02 by the published transform; positions outside China don't change."""
    if not is_in_china(lat, lon):
        return lat, lon
    shift_lat, shift_lon = _shift(lat, lon)
    return lat + shift_lat, lon + shift_lon


def gcj02_to_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """Invert `wgs84_to_gcj02` by fixed-point iteration; within 1e-7 degrees (1 cm) after four rounds."""
    guess_lat, guess_lon = lat, lon
    for _ in range(4):
        shifted_lat, shifted_lon = wgs84_to_gcj02(guess_lat, guess_lon)
        guess_lat, guess_lon = guess_lat + lat - shifted_lat, guess_lon + lon - shifted_lon
    return guess_lat, guess_lon


def _shift(lat: float, lon: float) -> tuple[float, float]:
    x, y = lon - 105.0, lat - 35.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += _waves(x) + (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += _waves(x) + (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    radians = lat / 180.0 * pi
    magic = 1.0 - _ECCENTRICITY_SQ * sin(radians) ** 2
    shift_lat = north * 180.0 / (_SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQ) / (magic * sqrt(magic)) * pi)
    shift_lon = east * 180.0 / (_SEMI_MAJOR_M / sqrt(magic) * cos(radians) * pi)
    return shift_lat, shift_lon


def _waves(x: float) -> float:
    return (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
