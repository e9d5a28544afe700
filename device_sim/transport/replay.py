"""Publishes a trace to a broker: at the speed of its arrivals, or as fast as it is acknowledged."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from device_sim.transport.mqtt5_client import BrokerAddress, ConnectOptions, open_mqtt5
from device_sim.transport.progress import FleetCounters
from device_sim.transport.publisher import OpenClient, Publisher, Retry
from telemetry.domain.trace import TraceLine, read_lines

_WINDOW: Final = 200
_MOST_WAITING: Final = 2000
_LINGER_S: Final = 0.005


@dataclass(slots=True, frozen=True)
class ReplaySettings:
    """How a trace is replayed.

    *speed* is a factor of the arrivals' speed (None: as fast as acknowledged). With *secrets* (recorder_id to password)
    each recorder has its own connection; messages of others are skipped and counted as refused. Without, *client_id*
    with *password* publishes everything.
    """

    speed: float | None = None
    secrets: Mapping[str, str] | None = None
    client_id: str = "replay"
    password: str | None = None


class _Replayer:
    """One connection that publishes lines. It has no will: the trace has the original ones."""

    def __init__(self, client_id: str, password: str | None, run: "_Replay") -> None:
        self._client_id = client_id
        self._password = password
        self._run = run

    def connect_options(self, *, clean_start: bool) -> ConnectOptions:
        return ConnectOptions(self._client_id, self._password, clean_start)

    def publisher_connected(self) -> None:
        self._run.counters.connected += 1

    def publisher_disconnected(self, reason: str, *, was_connected: bool) -> None:
        self._run.counters.record_disconnect(reason, was_connected=was_connected)

    def publisher_acknowledged(self, message: TraceLine, *, accepted: bool) -> None:  # noqa: ARG002 - the protocol's shape
        self._run.record_acknowledgement(accepted=accepted)

    def publisher_received(self, topic: str, payload: bytes) -> None:
        """Ignore it: a replay knows no commands."""


class _Replay:
    def __init__(self, settings: ReplaySettings, address: BrokerAddress, open_client: OpenClient) -> None:
        self._settings = settings
        self._address = address
        self._open_client = open_client
        self.counters = FleetCounters()
        self.publishers: dict[str, Publisher[TraceLine]] = {}
        self._unacknowledged = 0
        self._delivered = asyncio.Event()

    def publish(self, line: TraceLine) -> None:
        publisher = self._publisher_for(line.topic)
        if publisher is None:
            self.counters.refused += 1
            return
        self.counters.sent += 1
        self._unacknowledged += 1
        publisher.publish(line)

    def _publisher_for(self, topic: str) -> Publisher[TraceLine] | None:
        secrets = self._settings.secrets
        if secrets is None:
            return self._publisher(self._settings.client_id, self._settings.password)
        recorder_id = [*topic.split("/"), "", "", ""][2]
        return self._publisher(recorder_id, secrets[recorder_id]) if recorder_id in secrets else None

    def _publisher(self, client_id: str, password: str | None) -> Publisher[TraceLine]:
        publisher = self.publishers.get(client_id)
        if publisher is None:
            owner = _Replayer(client_id, password, self)
            retry = Retry(0.5, 5.0)
            publisher = Publisher(
                self._address, owner, Random(client_id), window=_WINDOW, retry=retry, open_client=self._open_client
            )
            self.publishers[client_id] = publisher
            self.counters.recorders += 1
            publisher.start()
        return publisher

    async def wait_for_at_most(self, count: int) -> None:
        """Wait until no more than *count* messages are unacknowledged."""
        while self._unacknowledged > count:
            self._delivered.clear()
            await self._delivered.wait()

    def record_acknowledgement(self, *, accepted: bool) -> None:
        self._unacknowledged -= 1
        self.counters.acknowledged += accepted
        self.counters.refused += not accepted
        self._delivered.set()


async def replay(
    path: Path,
    settings: ReplaySettings,
    address: BrokerAddress,
    *,
    on_start: Callable[[FleetCounters], None] | None = None,
    open_client: OpenClient = open_mqtt5,
) -> FleetCounters:
    """Publish every message of a trace; return when all are acknowledged. Raises InputError.

    *on_start* gets the counters once, while they go on counting. If the broker is away, this waits without a limit.
    """
    run = _Replay(settings, address, open_client)
    if on_start is not None:
        on_start(run.counters)
    started, first = time.monotonic(), None
    try:
        for line in read_lines(path):
            first = first or line.received_at
            if settings.speed is not None:
                due_s = (line.received_at - first).total_seconds() / settings.speed
                run.counters.record_delay(max(0.0, time.monotonic() - started - due_s))
                await asyncio.sleep(max(0.0, started + due_s - time.monotonic()))
            run.publish(line)
            await run.wait_for_at_most(_MOST_WAITING)
        await run.wait_for_at_most(0)
    finally:
        for publisher in run.publishers.values():
            publisher.disconnect_when_done()
        await asyncio.sleep(_LINGER_S)
    return run.counters
