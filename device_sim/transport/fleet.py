"""A fleet in real time: every recorder of a fleet_plan lives on the wall clock and talks to a real broker, in one process."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Final, Protocol

from device_sim.bureau.fleet_plan import FleetPlan, RecorderPlan
from device_sim.device.payloads import Message
from device_sim.device.recorder import Recorder
from device_sim.transport.acknowledged_log import AcknowledgedLog
from device_sim.transport.mqtt5_client import (
    KEEP_ALIVE_S,
    BrokerAddress,
    ConnectOptions,
    Will,
    make_room_for,
    open_mqtt5,
)
from device_sim.transport.progress import FleetCounters
from device_sim.transport.publisher import OpenClient, Publisher, Retry
from device_sim.world.places import District
from telemetry.domain.topics import topic_of

_LONGEST_NAP_S: Final = 0.05
_ENVELOPE_EVERY_MS: Final = 400
_SHUT_DOWN_WITHIN_S: Final = 10.0


class FleetClock(Protocol):
    """A clock of somebody else's that a fleet lives by."""

    def now_ms(self) -> int:
        """Milliseconds since 1970; never goes back."""
        ...

    @property
    def speed(self) -> float:
        """How fast it runs now, in seconds a second."""
        ...


@dataclass(slots=True, frozen=True)
class FleetSettings:
    """How a fleet is played.

    *duration_s* is in wall-clock seconds (None: until cancelled). *speed* makes the recorders' time run faster than
    the wall clock's, beginning at *starts_ms* (None: now); at 1, device clocks are right. *duplicates* and *delays*
    are shares of messages published twice, or late by up to *delay_s* seconds and so out of order. *connect_rate* is
    in connections/s. *secrets* maps recorder_id to its password. *clock* takes the place of *speed* and *starts_ms*.
    """

    seed: int = 1
    duration_s: float | None = None
    speed: float = 1.0
    starts_ms: int | None = None
    window: int = 20
    connect_rate: float = 500.0
    duplicates: float = 0.0
    delays: float = 0.0
    delay_s: float = 10.0
    retry: Retry = field(default_factory=Retry)
    secrets: Mapping[str, str] | None = None
    clock: FleetClock | None = None


@dataclass(slots=True, frozen=True)
class FleetResult:
    """What came of it."""

    counters: FleetCounters
    seconds: float


class _FleetRecorder:
    """One recorder with its publisher: what the state machine wants is done on the network, and reported back."""

    def __init__(
        self, fleet: "_Fleet", recorder_plan: RecorderPlan, district: District, open_client: OpenClient
    ) -> None:
        settings = fleet.settings
        rng = Random(recorder_plan.seed)
        self._fleet = fleet
        self._recorder_id = recorder_plan.spec.recorder_id
        self._password = (settings.secrets or {}).get(self._recorder_id)
        self._wants_connection = False
        self._rng = Random(f"{recorder_plan.seed}:{settings.seed}")
        self.recorder = Recorder(recorder_plan.spec, district, recorder_plan.actions, rng)
        self.publisher = Publisher(
            fleet.address,
            self,
            self._rng,
            window=settings.window,
            retry=settings.retry,
            resumes_session=recorder_plan.spec.model.resumes_session,
            open_client=open_client,
        )

    def advance(self, now_ms: int) -> None:
        """Do what is due, send what came of it, and seek or leave the client."""
        for message in self.recorder.advance(now_ms):
            self._send(message)
        is_wanted = self.recorder.offline_cause is None
        if is_wanted and not self._wants_connection:
            self._fleet.connect_soon(self.publisher)
        elif self._wants_connection and not is_wanted:
            self._leave(now_ms)
        self._wants_connection = is_wanted

    def switch_off(self, now_ms: int) -> None:
        """Say goodbye and hang up."""
        self._wants_connection = False
        for message in self.recorder.switch_off(now_ms):
            self._send(message)
        self.publisher.disconnect_when_done()

    def send_envelope(self, now_ms: int) -> None:
        """Send the next part of the backlog, and come again as long as there is more."""
        if self.publisher.has_room:
            envelope = self.recorder.next_envelope(now_ms)
            if envelope is not None:
                self._send(envelope)
        if self.recorder.is_connected and self.recorder.stored:
            self._fleet.call_at(now_ms + _ENVELOPE_EVERY_MS, self.send_envelope)

    def connect_options(self, *, clean_start: bool) -> ConnectOptions:
        will = self.recorder.start_session(self._fleet.now_ms())
        topic = topic_of(self._recorder_id, "presence")
        return ConnectOptions(self._recorder_id, self._password, clean_start, Will(topic, will.encode()))

    def publisher_connected(self) -> None:
        now_ms = self._fleet.now_ms()
        self._fleet.counters.connected += 1
        self._send(self.recorder.connection_opened(now_ms))
        if self.recorder.stored:
            self._fleet.call_at(now_ms + _ENVELOPE_EVERY_MS, self.send_envelope)

    def publisher_disconnected(self, reason: str, *, was_connected: bool) -> None:
        self._fleet.counters.record_disconnect(reason, was_connected=was_connected)
        if was_connected:
            self.recorder.connection_lost(self._fleet.now_ms())
            self._fleet.somebody_disconnected.set()

    def publisher_acknowledged(self, message: Message, *, accepted: bool) -> None:
        self._fleet.note_delivered(message, accepted=accepted)

    def publisher_received(self, topic: str, payload: bytes) -> None:
        """The simulated makes know no command."""

    def _leave(self, now_ms: int) -> None:
        if self.recorder.is_disconnecting:
            self.publisher.disconnect_when_done()
        else:
            self.publisher.go_silent(self._fleet.keep_alive_expiry_s())
        self.recorder.connection_lost(now_ms)

    def _send(self, message: Message) -> None:
        settings = self._fleet.settings
        if settings.delays and self._rng.random() < settings.delays:
            self._send_later(message)
            return
        self._fleet.counters.sent += 1
        self.publisher.publish(message)
        if settings.duplicates and self._rng.random() < settings.duplicates:
            self._send_later(message)

    def _send_later(self, message: Message) -> None:
        fleet = self._fleet

        def send(_: int) -> None:
            fleet.counters.sent += 1
            self.publisher.publish(message)

        fleet.call_at(fleet.now_ms() + int(self._rng.uniform(0, 1000 * fleet.settings.delay_s)), send)


class _SteadyClock:
    """The wall clock, or one that runs *speed* times as fast from *starts_ms* on."""

    def __init__(self, starts_ms: int | None, speed: float) -> None:
        self._wall_start = time.time()
        self._start_ms = int(self._wall_start * 1000) if starts_ms is None else starts_ms
        self.speed = speed

    def now_ms(self) -> int:
        return self._start_ms + int((time.time() - self._wall_start) * 1000 * self.speed)


class _Fleet:
    """The common clock, schedule and counts."""

    def __init__(
        self, settings: FleetSettings, address: BrokerAddress, fleet_plan: FleetPlan, ack_log: AcknowledgedLog | None
    ) -> None:
        self.settings = settings
        self.address = address
        self.counters = FleetCounters(recorders=len(fleet_plan.recorders))
        self.members: list[_FleetRecorder] = []
        self.somebody_disconnected = asyncio.Event()
        self._ack_log = ack_log
        self._clock = settings.clock or _SteadyClock(settings.starts_ms, settings.speed)
        self._calls: list[tuple[int, int, Callable[[int], None]]] = []
        self._calls_made = 0
        self._connect_at = 0.0

    def now_ms(self) -> int:
        """The fleet's time."""
        return self._clock.now_ms()

    def keep_alive_expiry_s(self) -> float | None:
        """How long a broker would need to miss who vanished, if its keep-alive ran as fast as the fleet's time."""
        return 1.5 * KEEP_ALIVE_S / self._clock.speed if self._clock.speed != 1 else None

    def call_at(self, at_ms: int, call: Callable[[int], None]) -> None:
        """Have *call* called at a moment of the fleet's time."""
        self._calls_made += 1
        heappush(self._calls, (at_ms, self._calls_made, call))

    def connect_soon(self, publisher: Publisher[Message]) -> None:
        """Connect, but never more than `connect_rate` a second over all."""
        loop = asyncio.get_running_loop()
        self._connect_at = max(self._connect_at + 1 / self.settings.connect_rate, loop.time())
        loop.call_at(self._connect_at, publisher.start)

    def note_delivered(self, message: Message, *, accepted: bool) -> None:
        """Count an acknowledgement."""
        if not accepted:
            self.counters.refused += 1
            return
        self.counters.acknowledged += 1
        if self._ack_log is not None:
            self._ack_log.note(message)

    async def run(self) -> None:
        """Live until the time is up."""
        now_ms = self.now_ms()
        for member in self.members:
            member.recorder.fast_forward(now_ms)
            self._schedule(member, now_ms)
        ends_at = None if self.settings.duration_s is None else time.monotonic() + self.settings.duration_s
        while ends_at is None or time.monotonic() < ends_at:
            next_ms = self._run_due_calls()
            nap_s = (next_ms - self.now_ms()) / 1000 / self._clock.speed
            await asyncio.sleep(min(max(nap_s, 0.0), _LONGEST_NAP_S))

    async def shut_down(self) -> None:
        """Switch everybody off with a goodbye, and wait until these are acknowledged."""
        now_ms = self.now_ms()
        for member in self.members:
            member.switch_off(now_ms)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SHUT_DOWN_WITHIN_S):
                await self._wait_until_all_disconnected()
        for member in self.members:
            member.publisher.stop()

    async def _wait_until_all_disconnected(self) -> None:
        while self.counters.connected:
            self.somebody_disconnected.clear()
            await self.somebody_disconnected.wait()

    def _schedule(self, member: _FleetRecorder, first_ms: int) -> None:
        def live(now_ms: int) -> None:
            member.advance(now_ms)
            self.call_at(member.recorder.next_due_ms, live)

        self.call_at(first_ms, live)

    def _run_due_calls(self) -> int:
        calls = self._calls
        now_ms = self.now_ms()
        self.counters.record_delay(max(0, now_ms - calls[0][0]) / 1000 / self._clock.speed if calls else 0.0)
        while calls and calls[0][0] <= now_ms:
            heappop(calls)[2](now_ms)
        return calls[0][0] if calls else now_ms + 1000


async def run_fleet(
    settings: FleetSettings,
    address: BrokerAddress,
    fleet_plan: FleetPlan,
    *,
    ack_log: AcknowledgedLog | None = None,
    on_start: Callable[[FleetCounters], None] | None = None,
    open_client: OpenClient = open_mqtt5,
) -> FleetResult:
    """Play *fleet_plan* against the broker until the time is up or the task is cancelled; then everybody says goodbye.

    *on_start* is handed the living counts once, for a display. Raises TooFewDescriptorsError.
    """
    make_room_for(len(fleet_plan.recorders))
    fleet = _Fleet(settings, address, fleet_plan, ack_log)
    fleet.members = [
        _FleetRecorder(fleet, recorder_plan, fleet_plan.district, open_client) for recorder_plan in fleet_plan.recorders
    ]
    if on_start is not None:
        on_start(fleet.counters)
    started = time.monotonic()
    try:
        await fleet.run()
    finally:
        await fleet.shut_down()
    return FleetResult(fleet.counters, time.monotonic() - started)
