"""Ingest: read a trace as arrivals, for replays into the database and for back-tests."""

from collections.abc import Iterator
from pathlib import Path

from telemetry.domain.trace import read_lines
from telemetry.ingest.arrival import Arrival


def read_trace(path: Path) -> Iterator[Arrival]:
    """Yield the messages of a trace in file order. Raises InputError that names file, line and field."""
    for line in read_lines(path):
        yield Arrival(line.topic, line.payload, line.received_at, retained=line.retained)
