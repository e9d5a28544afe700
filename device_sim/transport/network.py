"""Simulates the network between a recorder and the trace: lag, bursts, duplicates, disorder, loss and garbage."""

from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final, NamedTuple

_ORDER_STEP_MS: Final = 1
_BURST_MS: Final = (15_000, 60_000)


@dataclass(slots=True, frozen=True)
class NetworkSettings:
    """Shares are of messages. *lag_ms* is the median lag, *lag_max_s* the largest in bursts, *bursts_per_h* their rate.

    A duplicate arrives up to *duplicate_after_s* seconds later. A lost message never arrives, though it was sent.
    """

    lag_ms: int = 160
    lag_max_s: float = 8.0
    bursts_per_h: float = 0.5
    duplicates: float = 0.002
    duplicate_after_s: float = 40.0
    disorder: float = 0.005
    lost: float = 0.0
    garbage: float = 0.0
    shuffles_backlog: bool = False


class Arrival(NamedTuple):
    """One line of a trace; sorts by time, then by recorder and its own count, so that the order is always the same."""

    at_ms: int
    number: int
    serial: int
    topic: str
    payload: str


class NetworkPath:
    """The path of one recorder's messages; draws when each of them arrives."""

    def __init__(self, settings: NetworkSettings, rng: Random) -> None:
        self._settings = settings
        self._rng = rng
        self._last_ms = 0
        self._burst_from_ms = self._burst_to_ms = 0
        self._burst_lag_ms = 0

    def arrival_ms(self, sent_ms: int) -> int:
        """When a message sent at *sent_ms* arrives: in order, except for a share of them."""
        rng, settings = self._rng, self._settings
        lag_ms = int(settings.lag_ms * exp(rng.gauss(0.0, 0.5)))
        if settings.bursts_per_h:
            lag_ms += self._burst_at(sent_ms)
        arrival_ms = sent_ms + lag_ms
        if settings.disorder and rng.random() < settings.disorder:
            return arrival_ms + int(rng.random() * 1000 * min(settings.lag_max_s, 5.0))
        self._last_ms = max(self._last_ms + _ORDER_STEP_MS, arrival_ms)
        return self._last_ms

    def copies_ms(self, arrival_ms: int) -> list[int]:
        """When duplicates of a message arrive; empty for most."""
        settings, rng = self._settings, self._rng
        if settings.duplicates and rng.random() < settings.duplicates:
            return [arrival_ms + 1 + int(rng.random() * 1000 * settings.duplicate_after_s)]
        return []

    def is_lost(self) -> bool:
        """Whether this message gets lost."""
        return bool(self._settings.lost) and self._rng.random() < self._settings.lost

    def _burst_at(self, sent_ms: int) -> int:
        """Extra lag while the cell is congested; the next burst is drawn when the last one is over."""
        rng, settings = self._rng, self._settings
        while sent_ms >= self._burst_to_ms:
            pause_ms = rng.expovariate(settings.bursts_per_h) * 3_600_000
            self._burst_from_ms = max(self._burst_to_ms, sent_ms - 3_600_000) + int(pause_ms)
            self._burst_to_ms = self._burst_from_ms + rng.randrange(*_BURST_MS)
            self._burst_lag_ms = int(rng.uniform(0.1, 0.95) * settings.lag_max_s * 1000)
        return self._burst_lag_ms if sent_ms >= self._burst_from_ms else 0


def garbage_message(rng: Random, recorder_id: str) -> tuple[str, str]:
    """A topic and a payload (as in a trace, so a JSON value) that a server must reject."""
    return rng.choice(
        (
            (f"recorder/v1/{recorder_id}/battery", '"\\u0000\\u0001not json"'),
            (f"recorder/v1/{recorder_id}/telemetry", '{"x":1}'),
            (
                f"recorder/v1/{recorder_id}/battery",
                '{"ts":"yesterday","boot":"b1","seq":1,"level_pct":50,"charging":false}',
            ),
            (f"recorder/v1/{recorder_id}/heartbeat", '{"uptime_s":"many"}'),
            (f"recorder/v1/{recorder_id}/location", "[31.2,121.5]"),
            (f"recorder/v1/{recorder_id}/event", '"{\\"type\\":\\"sim_removed\\""'),
            ("recorder/v1/no such id!/heartbeat", "{}"),
            ("recorder/v2/R0001/heartbeat", '{"ts":"2026-03-02T09:00:00+08:00"}'),
        )
    )
