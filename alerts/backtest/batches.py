"""Back-test, step 1: cut a trace into batches, one per simulated minute, for a share of the recorders."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from telemetry.domain.topics import recorder_of
from telemetry.domain.trace import read_lines, topic_of_line
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.sort import Sorted, sort_arrivals

MINUTE: Final = timedelta(minutes=1)
_BATCH: Final = 6_000
_TOPIC: Final = b'"topic"'
_HEAD: Final = re.compile(rb'\{ *"received_at" *: *"[^"\\]*" *, *"topic" *: *"recorder/v1/([A-Za-z0-9_-]{1,32})/')
"""How nearly every line starts; any other line is parsed in full."""
_WHOLE: Final = (0, 1)

Share = tuple[int, int]
"""(n, of): the n-th of this many shares, counted from 0."""


@dataclass(slots=True)
class Batch:
    """Decoded messages that arrived in one simulated minute, or in part of it."""

    minute: datetime
    arrivals: list[Arrival]
    decoded: Sorted


def read_batches(path: Path, until: datetime, share: Share = _WHOLE) -> Iterator[Batch]:
    """The decoded arrivals of each simulated minute before *until*, a few thousand at a time.

    With a *share*, only the lines of its recorders; all shares together are the trace, with each recorder in exactly
    one. Raises InputError with file, line and field for a faulty line that it reads.
    """
    waiting: list[Arrival] = []
    minute: datetime | None = None
    for line in read_lines(path, None if share == _WHOLE else lambda raw: _share_of(raw, share[1]) == share[0]):
        if line.received_at >= until:
            break
        began = line.received_at.replace(second=0, microsecond=0)
        if minute is None:
            minute = began
        if began > minute or len(waiting) >= _BATCH:
            if waiting:
                yield Batch(minute, waiting, sort_arrivals(waiting))
            waiting = []
            # An arrival that is out of order in the trace belongs to the current minute.
            minute = max(minute, began)
        waiting.append(Arrival(line.topic, line.payload, line.received_at, retained=line.retained))
    if waiting and minute is not None:
        yield Batch(minute, waiting, sort_arrivals(waiting))


def _share_of(raw: bytes, shares: int) -> int:
    """The share of a line: all messages of a recorder are in one share, in whatever order a line has its fields."""
    head = _HEAD.match(raw)
    if head is not None and raw.count(_TOPIC) == 1:
        recorder_id = head[1]
    else:
        topic = topic_of_line(raw)
        recorder_id = (recorder_of(topic) or topic).encode("utf-8", "surrogatepass")
    return zlib.crc32(recorder_id) % shares
