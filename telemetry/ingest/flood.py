"""Ingest, before step 1: count the messages of a flooding recorder instead of storing them, to protect the others.

The limits are far above the contract: a full day's backlog at its cadence is about 15,000 messages in 150 envelopes, 4
MB. Excess messages become one rejection with a count and leave gaps in `seq`. An SOS still passes every few seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from telemetry.domain.decode import reject
from telemetry.domain.readings import Counted, Rejection
from telemetry.domain.topics import recorder_of
from telemetry.ingest.arrival import Arrival

MAX_BURST: Final = 100_000
MAX_RATE_PER_S: Final = 100.0
_BYTES_A_TOKEN: Final = 1024
"""A message costs one token per started KiB, so envelopes and padding can't bypass the limit."""
_SAMPLE_EVERY: Final = timedelta(minutes=10)
"""Of a flood, one message per interval is kept. A row per message would pass the flood on to the database."""
_SOS_EVERY: Final = timedelta(seconds=10)
_FORGET_AT: Final = 50_000
_NOBODY: Final = ""
_MAX_KNOWN_TOPIC: Final = 80
_known_sender = lru_cache(maxsize=65_536)(recorder_of)


@dataclass(slots=True)
class _Bucket:
    allowance: float
    refilled_at: datetime
    sample: Rejection | None = None
    sampled_at: datetime | None = None
    sos_at: datetime | None = None
    """When an SOS last passed although the bucket was empty."""


class FloodGate:
    """One token bucket per recorder, on the clock of the arrivals. Messages without a recorder share one bucket."""

    def __init__(self, burst: int = MAX_BURST, rate_per_s: float = MAX_RATE_PER_S) -> None:
        self._burst = burst
        self._rate_per_s = rate_per_s
        self._buckets: dict[str, _Bucket] = {}

    def admit(self, arrivals: Iterable[Arrival]) -> tuple[list[Arrival], list[Counted]]:
        """Split a batch into the admitted messages and one rejection per flooding recorder."""
        through: list[Arrival] = []
        refused: dict[str, tuple[Arrival, int]] = {}
        for arrival in arrivals:
            topic = arrival.topic
            recorder_id = (_known_sender if len(topic) <= _MAX_KNOWN_TOPIC else recorder_of)(topic) or _NOBODY
            if self._allows(recorder_id, arrival):
                through.append(arrival)
            else:
                first, count = refused.get(recorder_id, (arrival, 0))
                refused[recorder_id] = (first, count + 1)
        return through, [self._flood(*flood) for flood in refused.items()]

    def _allows(self, recorder_id: str, arrival: Arrival) -> bool:
        bucket = self._buckets.get(recorder_id)
        if bucket is None:
            if len(self._buckets) >= _FORGET_AT:
                # Invented senders must not grow the table without bound; clearing it treats all recorders alike.
                self._buckets.clear()
            bucket = self._buckets[recorder_id] = _Bucket(self._burst, arrival.received_at)
        cost = 1 + len(arrival.payload) // _BYTES_A_TOKEN
        if bucket.allowance < cost:
            passed_s = (arrival.received_at - bucket.refilled_at).total_seconds()
            bucket.allowance = min(self._burst, bucket.allowance + max(passed_s, 0.0) * self._rate_per_s)
            bucket.refilled_at = arrival.received_at
        if bucket.allowance < cost:
            return _passes_as_sos(bucket, arrival)
        bucket.allowance -= cost
        return True

    def _flood(self, recorder_id: str, flood: tuple[Arrival, int]) -> Counted:
        first, count = flood
        bucket = self._buckets.get(recorder_id) or _Bucket(0, first.received_at)
        if bucket.sample is None or bucket.sampled_at is None or first.received_at - bucket.sampled_at > _SAMPLE_EVERY:
            reason = f"flood: over {self._rate_per_s:g} messages (KiB, if that is more) a second after {self._burst}"
            bucket.sample = reject(first.topic, recorder_id or None, first.payload, "flood", reason)
            bucket.sampled_at = first.received_at
        return Counted(bucket.sample, first.received_at, count)


def _passes_as_sos(bucket: _Bucket, arrival: Arrival) -> bool:
    if not arrival.topic.endswith("/event") or b"sos" not in arrival.payload:
        return False
    if bucket.sos_at is not None and arrival.received_at - bucket.sos_at < _SOS_EVERY:
        return False
    bucket.sos_at = arrival.received_at
    return True
