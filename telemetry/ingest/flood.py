"""Ingest, before step 1: one recorder that floods is counted instead of stored, so that it can't slow the rest.

The limit is far above what any recorder of the contract can say: a whole day's backlog at the contract's cadence is
some 15,000 messages in 150 envelopes. What is over it is one rejection a batch with its count, and holes in `seq`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from telemetry.domain.decode import reject
from telemetry.domain.readings import Rejection
from telemetry.ingest.arrival import Arrival

MAX_BURST: Final = 100_000
MAX_RATE_PER_S: Final = 100.0
_FORGET_AT: Final = 50_000


@dataclass(slots=True)
class _Bucket:
    allowance: float
    refilled_at: datetime


class FloodGate:
    """A token bucket a recorder, on the clock of the arrivals."""

    def __init__(self, burst: int = MAX_BURST, rate_per_s: float = MAX_RATE_PER_S) -> None:
        self._burst = burst
        self._rate_per_s = rate_per_s
        self._buckets: dict[str, _Bucket] = {}

    def admit(self, arrivals: Iterable[Arrival]) -> tuple[list[Arrival], list[tuple[Rejection, datetime, int]]]:
        """Split a batch into what is let through and, one rejection a topic, what was too much."""
        through: list[Arrival] = []
        refused: dict[str, tuple[Arrival, int]] = {}
        for arrival in arrivals:
            if self._allows(arrival):
                through.append(arrival)
            else:
                first, count = refused.get(arrival.topic, (arrival, 0))
                refused[arrival.topic] = (first, count + 1)
        return through, [self._flood(first, count) for first, count in refused.values()]

    def _allows(self, arrival: Arrival) -> bool:
        sender = arrival.topic[:48].rpartition("/")[0]
        bucket = self._buckets.get(sender)
        if bucket is None:
            if len(self._buckets) >= _FORGET_AT:
                # Forgetting all is fair to all; made-up senders can't make the table grow.
                self._buckets.clear()
            bucket = self._buckets[sender] = _Bucket(self._burst, arrival.received_at)
        if bucket.allowance < 1:
            passed_s = (arrival.received_at - bucket.refilled_at).total_seconds()
            bucket.allowance = min(self._burst, bucket.allowance + max(passed_s, 0.0) * self._rate_per_s)
            bucket.refilled_at = arrival.received_at
        if bucket.allowance < 1:
            return False
        bucket.allowance -= 1
        return True

    @staticmethod
    def _flood(first: Arrival, count: int) -> tuple[Rejection, datetime, int]:
        recorder_id = first.topic.split("/")[2] if first.topic.count("/") == 3 else None
        reason = f"flood: {count} messages in a batch beyond {MAX_RATE_PER_S:.0f}/s after a burst of {MAX_BURST}"
        return reject(first.topic, recorder_id, first.payload, "flood", reason), first.received_at, count
