"""Runs a fleet in real time: every recorder of a fleet plan connects to a broker, all in one process."""

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
    open_mqtt5,
    raise_descriptor_limit,
)
from device_sim.transport.progress import FleetCounters
from device_sim.transport.publisher import OpenClient, Publisher, Retry
from device_sim.world.places import District
from telemetry.domain.topics import topic_of

_MAX_SLEEP_S: Final = 0.05
_ENVELOPE_EVERY_MS: Final = 400
_SHUT_DOWN_WITHIN_S: Final = 10.0


class FleetClock(Protocol):
    """Another clock for the fleet, for example the demonstration's."""

    def now_ms(self) -> int:
        """Milliseconds since 1970; never goes back."""
        ...

    @property
    def speed(self) -> float:
        """Seconds of this clock per second of real time."""
        ...


@dataclass(slots=True, frozen=True)
class FleetSettings:
    """How a fleet is run.

    *duration_s* is in seconds of real time (None: until cancelled). *speed* makes the fleet's time run faster, from
    *starts_ms* on (None: now). *duplicates* and *delays* are the shares of messages that are sent twice, or up to
    *delay_s* seconds late and so out of order. *connect_rate* is in connections/s. *secrets* maps recorder_id to
    password. *clock* replaces *speed* and *starts_ms*.
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


class _FleetRecorder:
    """One recorder with its publisher: connects, sends and disconnects as the state machine wants."""

    def __init__(self, fleet: "_Fleet", plan: RecorderPlan, district: District, open_client: OpenClient) -> None:
        settings = fleet.settings
        rng = Random(plan.seed)
        self._fleet = fleet
        self._recorder_id = plan.spec.recorder_id
        self._password = (settings.secrets or {}).get(self._recorder_id)
        self._wants_connection = False
        self._rng = Random(f"{plan.seed}:{settings.seed}")
        self.state_machine = Recorder(plan.spec, district, plan.actions, rng)
        self.publisher = Publisher(
            fleet.address,
            self,
            self._rng,
            window=settings.window,
            retry=settings.retry,
            resumes_session=plan.spec.model.resumes_session,
            open_client=open_client,
        )

    def advance(self, now_ms: int) -> None:
        """Do what is due, send the messages, and connect or disconnect."""
        for message in self.state_machine.advance(now_ms):
            self._send(message)
        is_wanted = self.state_machine.offline_cause is None
        if is_wanted and not self._wants_connection:
            self._fleet.connect_soon(self.publisher)
        elif self._wants_connection and not is_wanted:
            self._leave(now_ms)
        self._wants_connection = is_wanted

    def switch_off(self, now_ms: int) -> None:
        """Send the goodbye and disconnect."""
        self._wants_connection = False
        for message in self.state_machine.switch_off(now_ms):
            self._send(message)
        self.publisher.disconnect_when_done()

    def send_envelope(self, now_ms: int) -> None:
        """Send the next envelope of stored messages; schedule the next call if there are more."""
        if self.publisher.has_room:
            envelope = self.state_machine.next_envelope(now_ms)
            if envelope is not None:
                self._send(envelope)
        if self.state_machine.is_connected and self.state_machine.stored:
            self._fleet.call_at(now_ms + _ENVELOPE_EVERY_MS, self.send_envelope)

    def connect_options(self, *, clean_start: bool) -> ConnectOptions:
        will = self.state_machine.start_session(self._fleet.now_ms())
        topic = topic_of(self._recorder_id, "presence")
        return ConnectOptions(self._recorder_id, self._password, clean_start, Will(topic, will.encode()))

    def publisher_connected(self) -> None:
        now_ms = self._fleet.now_ms()
        self._fleet.counters.connected += 1
        self._send(self.state_machine.connection_opened(now_ms))
        if self.state_machine.stored:
            self._fleet.call_at(now_ms + _ENVELOPE_EVERY_MS, self.send_envelope)

    def publisher_disconnected(self, reason: str, *, was_connected: bool) -> None:
        self._fleet.counters.record_disconnect(reason, was_connected=was_connected)
        if was_connected:
            self.state_machine.connection_lost(self._fleet.now_ms())
            self._fleet.somebody_disconnected.set()

    def publisher_acknowledged(self, message: Message, *, accepted: bool) -> None:
        self._fleet.record_acknowledgement(message, accepted=accepted)

    def publisher_received(self, topic: str, payload: bytes) -> None:
        """Ignore it: the simulated models know no commands."""

    def _leave(self, now_ms: int) -> None:
        if self.state_machine.is_disconnecting:
            self.publisher.disconnect_when_done()
        else:
            self.publisher.go_silent(self._fleet.keep_alive_expiry_s())
        self.state_machine.connection_lost(now_ms)

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
    """Real time, or *speed* times as fast from *starts_ms* on."""

    def __init__(self, starts_ms: int | None, speed: float) -> None:
        self._wall_start = time.time()
        self._start_ms = int(self._wall_start * 1000) if starts_ms is None else starts_ms
        self.speed = speed

    def now_ms(self) -> int:
        return self._start_ms + int((time.time() - self._wall_start) * 1000 * self.speed)


class _Fleet:
    """The clock, the schedule and the counts of all recorders."""

    def __init__(
        self, settings: FleetSettings, address: BrokerAddress, fleet_plan: FleetPlan, ack_log: AcknowledgedLog | None
    ) -> None:
        self.settings = settings
        self.address = address
        self.counters = FleetCounters(recorders=len(fleet_plan.recorders))
        self.recorders: list[_FleetRecorder] = []
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
        """Seconds of real time after which a silent connection is cut; None at normal speed.

        The broker's keep-alive runs in real time and would notice too late in a faster simulation.
        """
        return 1.5 * KEEP_ALIVE_S / self._clock.speed if self._clock.speed != 1 else None

    def call_at(self, at_ms: int, call: Callable[[int], None]) -> None:
        """Call *call* at a moment of the fleet's time."""
        self._calls_made += 1
        heappush(self._calls, (at_ms, self._calls_made, call))

    def connect_soon(self, publisher: Publisher[Message]) -> None:
        """Connect, at most `connect_rate` recorders a second."""
        loop = asyncio.get_running_loop()
        self._connect_at = max(self._connect_at + 1 / self.settings.connect_rate, loop.time())
        loop.call_at(self._connect_at, publisher.start)

    def record_acknowledgement(self, message: Message, *, accepted: bool) -> None:
        """Count and log an acknowledgement."""
        if not accepted:
            self.counters.refused += 1
            return
        self.counters.acknowledged += 1
        if self._ack_log is not None:
            self._ack_log.append(message)

    async def run(self) -> None:
        """Run until the duration is over."""
        now_ms = self.now_ms()
        for recorder in self.recorders:
            recorder.state_machine.fast_forward(now_ms)
            self._schedule(recorder, now_ms)
        ends_at = None if self.settings.duration_s is None else time.monotonic() + self.settings.duration_s
        while ends_at is None or time.monotonic() < ends_at:
            next_ms = self._run_due_calls()
            sleep_s = (next_ms - self.now_ms()) / 1000 / self._clock.speed
            await asyncio.sleep(min(max(sleep_s, 0.0), _MAX_SLEEP_S))

    async def shut_down(self) -> None:
        """Switch all recorders off and wait, for at most 10 s, until their goodbyes are acknowledged."""
        now_ms = self.now_ms()
        for recorder in self.recorders:
            recorder.switch_off(now_ms)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SHUT_DOWN_WITHIN_S):
                await self._wait_until_all_disconnected()
        for recorder in self.recorders:
            recorder.publisher.stop()

    async def _wait_until_all_disconnected(self) -> None:
        while self.counters.connected:
            self.somebody_disconnected.clear()
            await self.somebody_disconnected.wait()

    def _schedule(self, recorder: _FleetRecorder, first_ms: int) -> None:
        def advance(now_ms: int) -> None:
            recorder.advance(now_ms)
            self.call_at(recorder.state_machine.next_due_ms, advance)

        self.call_at(first_ms, advance)

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
) -> FleetCounters:
    """Run *fleet_plan* against the broker until the time is over or the task is cancelled; then all say goodbye.

    *on_start* gets the counters once, while they go on counting. Raises TooFewDescriptorsError.
    """
    raise_descriptor_limit(len(fleet_plan.recorders))
    fleet = _Fleet(settings, address, fleet_plan, ack_log)
    fleet.recorders = [_FleetRecorder(fleet, plan, fleet_plan.district, open_client) for plan in fleet_plan.recorders]
    if on_start is not None:
        on_start(fleet.counters)
    try:
        await fleet.run()
    finally:
        await fleet.shut_down()
    return fleet.counters
