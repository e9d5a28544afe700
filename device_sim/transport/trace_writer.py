"""Writes what a fleet would send, in order of arrival, as a trace file (wire contract, section 3).

The same plan and settings give the same bytes.
"""

import gzip
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from device_sim.bureau.fleet_plan import FleetPlan
from device_sim.bureau.scenario_state import PlatformOutage
from device_sim.device.device_truth import DeviceTruth
from device_sim.device.payloads import stamp
from device_sim.transport.network import Arrival, NetworkSettings
from device_sim.transport.simulated_connection import SimulatedConnection

_SLICE_MS: Final = 300_000
_GZIP_LEVEL: Final = 1


@dataclass(slots=True, frozen=True)
class TraceSettings:
    """The time span (milliseconds since 1970), the network, and the outages of the platform."""

    from_ms: int
    to_ms: int
    network: NetworkSettings = field(default_factory=NetworkSettings)
    platform_outages: tuple[PlatformOutage, ...] = ()


@dataclass(slots=True)
class TraceResult:
    """The number of messages, and the true history of each recorder."""

    messages: int = 0
    truths: dict[str, DeviceTruth] = field(default_factory=dict)


def write_trace(
    path: Path,
    fleet_plan: FleetPlan,
    settings: TraceSettings,
    *,
    on_slice: Callable[[int, int], None] | None = None,
) -> TraceResult:
    """Simulate *fleet_plan* from `from_ms` to `to_ms` and write every arrival; with gzip if the name ends in `.gz`.

    *on_slice* is called with the simulated time (milliseconds) and the number of messages so far.
    """
    result = TraceResult()
    connections = [
        SimulatedConnection(number, recorder_plan, fleet_plan.district, settings.network, settings.platform_outages)
        for number, recorder_plan in enumerate(fleet_plan.recorders)
    ]
    with _open_trace(path) as file:
        for until_ms, arrivals in _slices(connections, settings):
            file.write("".join([line_of(arrival) for arrival in arrivals]).encode())
            result.messages += len(arrivals)
            if on_slice is not None:
                on_slice(until_ms, result.messages)
    for connection in connections:
        connection.finish(settings.to_ms)
        result.truths[connection.recorder.spec.recorder_id] = connection.recorder.truth
    return result


def line_of(arrival: Arrival) -> str:
    """One line of a trace, with its line feed."""
    return f'{{"received_at":"{stamp(arrival.at_ms)}","topic":"{arrival.topic}","payload":{arrival.payload}}}\n'


def _slices(connections: Sequence[SimulatedConnection], settings: TraceSettings) -> Iterator[tuple[int, list[Arrival]]]:
    """Simulate slice by slice: what is sent later can't arrive within a slice that is done."""
    from_ms = settings.from_ms
    while from_ms < settings.to_ms:
        until_ms = min(from_ms + _SLICE_MS, settings.to_ms)
        arrivals: list[Arrival] = []
        for connection in connections:
            connection.run_until(until_ms)
            arrivals += connection.take_arrivals(until_ms)
        arrivals.sort()
        yield until_ms, arrivals
        from_ms = until_ms


@contextmanager
def _open_trace(path: Path) -> Iterator[BinaryIO]:
    with path.open("wb") as raw:
        if not path.name.endswith(".gz"):
            yield raw
            return
        # No name and no time in the header, so that the same messages give the same bytes.
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0) as packed:
            yield packed  # type: ignore[misc] # GzipFile behaves as a BinaryIO but isn't declared as one
