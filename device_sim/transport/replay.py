"""Publishes a trace on a broker again: in the pace of its arrivals, or as fast as it is acknowledged."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from device_sim.transport.counters import Tally
from device_sim.transport.mqtt5_client import BrokerAddress, Greeting, open_mqtt5
from device_sim.transport.publisher import Courier, OpenLink, Retry
from telemetry.domain.trace import TraceLine, read_lines

_WINDOW: Final = 200
_MOST_WAITING: Final = 2000
_NAP_S: Final = 0.005


@dataclass(slots=True, frozen=True)
class ReplaySettings:
    """How a trace is replayed.

    *speed* is how many times faster than its arrivals (None: as fast as acknowledged). With *secrets* (recorder_id to
    password) each recorder publishes by its own account, and a message of none of them is left out and counted as
    refused; else *client_id* with *password* publishes everything.
    """

    speed: float | None = None
    secrets: Mapping[str, str] | None = None
    client_id: str = "replay"
    password: str | None = None


class _Replayer:
    """One account that publishes lines; it leaves no will, for the trace has its own."""

    def __init__(self, client_id: str, password: str | None, run: "_Replay") -> None:
        self._client_id = client_id
        self._password = password
        self._run = run

    def greeting(self, *, clean_start: bool) -> Greeting:
        return Greeting(self._client_id, self._password, clean_start)

    def courier_connected(self) -> None:
        self._run.tally.connected += 1

    def courier_cut(self, reason: str, *, was_connected: bool) -> None:
        self._run.tally.note_cut(reason, was_connected=was_connected)

    def courier_delivered(self, message: TraceLine, *, accepted: bool) -> None:  # noqa: ARG002 - the protocol's shape
        self._run.note_delivered(accepted=accepted)

    def courier_heard(self, topic: str, payload: bytes) -> None:
        """A replay obeys no command."""


class _Replay:
    def __init__(self, settings: ReplaySettings, address: BrokerAddress, open_link: OpenLink) -> None:
        self._settings = settings
        self._address = address
        self._open_link = open_link
        self.tally = Tally()
        self.couriers: dict[str, Courier[TraceLine]] = {}
        self._unacknowledged = 0
        self._delivered = asyncio.Event()

    def publish(self, line: TraceLine) -> None:
        courier = self._courier_for(line.topic)
        if courier is None:
            self.tally.refused += 1
            return
        self.tally.sent += 1
        self._unacknowledged += 1
        courier.publish(line)

    def _courier_for(self, topic: str) -> Courier[TraceLine] | None:
        secrets = self._settings.secrets
        if secrets is None:
            return self._courier(self._settings.client_id, self._settings.password)
        recorder_id = [*topic.split("/"), "", "", ""][2]
        return self._courier(recorder_id, secrets[recorder_id]) if recorder_id in secrets else None

    def _courier(self, client_id: str, password: str | None) -> Courier[TraceLine]:
        courier = self.couriers.get(client_id)
        if courier is None:
            sender = _Replayer(client_id, password, self)
            retry = Retry(0.5, 5.0)
            courier = Courier(
                self._address, sender, Random(client_id), window=_WINDOW, retry=retry, open_link=self._open_link
            )
            self.couriers[client_id] = courier
            self.tally.recorders += 1
            courier.start()
        return courier

    async def wait_for_at_most(self, count: int) -> None:
        """Wait until no more than *count* messages are unacknowledged."""
        while self._unacknowledged > count:
            self._delivered.clear()
            await self._delivered.wait()

    def note_delivered(self, *, accepted: bool) -> None:
        self._unacknowledged -= 1
        self.tally.acknowledged += accepted
        self.tally.refused += not accepted
        self._delivered.set()


async def replay(
    path: Path,
    settings: ReplaySettings,
    address: BrokerAddress,
    *,
    on_start: Callable[[Tally], None] | None = None,
    open_link: OpenLink = open_mqtt5,
) -> Tally:
    """Publish every message of a trace; return when all are acknowledged. Raises InputError.

    *on_start* is handed the living counts once, for a display. A broker that is away is waited for without end.
    """
    run = _Replay(settings, address, open_link)
    if on_start is not None:
        on_start(run.tally)
    started, first = time.monotonic(), None
    try:
        for line in read_lines(path):
            first = first or line.received_at
            if settings.speed is not None:
                due_s = (line.received_at - first).total_seconds() / settings.speed
                run.tally.note_behind(max(0.0, time.monotonic() - started - due_s))
                await asyncio.sleep(max(0.0, started + due_s - time.monotonic()))
            run.publish(line)
            await run.wait_for_at_most(_MOST_WAITING)
        await run.wait_for_at_most(0)
    finally:
        for courier in run.couriers.values():
            courier.hang_up()
        await asyncio.sleep(_NAP_S)
    return run.tally
