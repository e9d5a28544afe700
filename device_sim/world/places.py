"""The district: squares on a grid as the squads' areas, radio cells over them, and the signal at a point.

The coordinates are in Pudong, so that maps and datum shifts behave as usual; places, cells and borders are invented.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Final, Literal, NamedTuple

ORIGIN_LAT: Final = 31.120
ORIGIN_LON: Final = 121.520
SQUARE_DEG: Final = 0.018
"""A squad's area: a square of 0.018 degrees, about 2.0 km by 1.7 km."""
CELL_DEG: Final = 0.009
_SQUARES_A_ROW: Final = 8
_TAC_BASE: Final = 5000
_ECI_BASE: Final = 100_000

PlaceKind = Literal["street", "garage", "lift", "station"]


class Signal(NamedTuple):
    """What a modem receives; `rsrp_dbm` is None where there is no signal."""

    cell: str | None
    rsrp_dbm: float | None
    has_service: bool


@dataclass(slots=True, frozen=True)
class Area:
    """A square of the grid by its south-west corner, in degrees WGS-84."""

    number: int
    south: float
    west: float

    @property
    def station(self) -> tuple[float, float]:
        """The position of the squad's docking station: latitude, longitude."""
        return self.south + SQUARE_DEG * 0.31, self.west + SQUARE_DEG * 0.27

    def polygon(self) -> dict[str, object]:
        """The square as a GeoJSON Polygon."""
        south, west = round(self.south, 6), round(self.west, 6)
        north, east = round(self.south + SQUARE_DEG, 6), round(self.west + SQUARE_DEG, 6)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return {"type": "Polygon", "coordinates": [ring]}


def area(number: int) -> Area:
    """The *number*-th square, counted from 0 in rows of eight."""
    row, column = divmod(number, _SQUARES_A_ROW)
    return Area(number, ORIGIN_LAT + row * SQUARE_DEG, ORIGIN_LON + column * SQUARE_DEG)


def cell_at(lat: float, lon: float) -> str:
    """The id of the radio cell that serves a point (degrees WGS-84)."""
    row, column = int((lat - ORIGIN_LAT) // CELL_DEG), int((lon - ORIGIN_LON) // CELL_DEG)
    return f"460-00-{_TAC_BASE + row // 4}-{_ECI_BASE + row * 100 + column}"


def rsrp_at(lat: float, lon: float) -> float:
    """Mean RSRP in dBm at street level: -76 under the mast, about -98 at the cell's corner."""
    row, column = (lat - ORIGIN_LAT) / CELL_DEG, (lon - ORIGIN_LON) / CELL_DEG
    return -76.0 - 31.0 * hypot(row % 1.0 - 0.5, column % 1.0 - 0.5)


@dataclass(slots=True, frozen=True)
class CellOutage:
    """A cell that serves nobody for a time. With `radio_on` it is still received: only its backhaul failed."""

    from_ms: int
    to_ms: int
    radio_on: bool


@dataclass(slots=True)
class District:
    """The cell outages of a scenario. All recorders share it; it must not change once the first of them runs."""

    cell_outages: Mapping[str, Sequence[CellOutage]] = field(default_factory=dict)

    def signal(self, lat: float, lon: float, place: PlaceKind, now_ms: int) -> Signal:
        """The signal at a point: none in a garage or a lift, or from a cell without power."""
        if place in {"garage", "lift"}:
            return Signal(None, None, has_service=False)
        cell = cell_at(lat, lon)
        outage = self._outage_of(cell, now_ms)
        if outage is None:
            return Signal(cell, rsrp_at(lat, lon), has_service=True)
        if outage.radio_on:
            return Signal(cell, rsrp_at(lat, lon), has_service=False)
        return Signal(None, None, has_service=False)

    def changes_ms(self) -> list[int]:
        """The moments at which a cell fails or works again (milliseconds since 1970)."""
        outages = [outage for several in self.cell_outages.values() for outage in several]
        return sorted({moment for outage in outages for moment in (outage.from_ms, outage.to_ms)})

    def _outage_of(self, cell: str, now_ms: int) -> CellOutage | None:
        outages = self.cell_outages.get(cell)
        if not outages:
            return None
        index = bisect_right([outage.from_ms for outage in outages], now_ms) - 1
        return outages[index] if index >= 0 and now_ms < outages[index].to_ms else None
