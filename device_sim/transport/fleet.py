"""A fleet in real time: every recorder of a cast lives on the wall clock and talks to a real broker, in one process."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Final, Protocol

from device_sim.bureau.fleet_plan import Cast, Role
from device_sim.device.payloads import Message
from device_sim.device.recorder import Recorder
from device_sim.transport.acknowledged_log import Ledger
from device_sim.transport.counters import Tally
from device_sim.transport.file_descriptors import make_room_for
from device_sim.transport.mqtt5_client import KEEP_ALIVE_S, BrokerAddress, Greeting, Will, open_mqtt5
from device_sim.transport.publisher import Courier, OpenLink, Retry
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

    tally: Tally
    seconds: float


class _Member:
    """One recorder with its courier: what the state machine wants is done on the network, and reported back."""

    def __init__(self, fleet: "_Fleet", role: Role, district: District, open_link: OpenLink) -> None:
        settings = fleet.settings
        rng = Random(role.seed)
        self._fleet = fleet
        self._recorder_id = role.spec.recorder_id
        self._password = (settings.secrets or {}).get(self._recorder_id)
        self._wants_link = False
        self._rng = Random(f"{role.seed}:{settings.seed}")
        self.recorder = Recorder(role.spec, district, role.acts, rng)
        self.courier = Courier(
            fleet.address,
            self,
            self._rng,
            window=settings.window,
            retry=settings.retry,
            resumes_session=role.spec.model.resumes_session,
            open_link=open_link,
        )

    def live(self, now_ms: int) -> None:
        """Do what is due, send what came of it, and seek or leave the link."""
        for message in self.recorder.advance(now_ms):
            self._send(message)
        is_wanted = self.recorder.isolation is None
        if is_wanted and not self._wants_link:
            self._fleet.connect_soon(self.courier)
        elif self._wants_link and not is_wanted:
            self._leave(now_ms)
        self._wants_link = is_wanted

    def switch_off(self, now_ms: int) -> None:
        """Say goodbye and hang up."""
        self._wants_link = False
        for message in self.recorder.switch_off(now_ms):
            self._send(message)
        self.courier.hang_up()

    def give_envelope(self, now_ms: int) -> None:
        """Send the next part of the backlog, and come again as long as there is more."""
        if self.courier.has_room:
            envelope = self.recorder.next_envelope(now_ms)
            if envelope is not None:
                self._send(envelope)
        if self.recorder.is_linked and self.recorder.stored:
            self._fleet.call_at(now_ms + _ENVELOPE_EVERY_MS, self.give_envelope)

    def greeting(self, *, clean_start: bool) -> Greeting:
        will = self.recorder.greet(self._fleet.now_ms())
        topic = topic_of(self._recorder_id, "presence")
        return Greeting(self._recorder_id, self._password, clean_start, Will(topic, will.encode()))

    def courier_connected(self) -> None:
        now_ms = self._fleet.now_ms()
        self._fleet.tally.connected += 1
        self._send(self.recorder.link_opened(now_ms))
        if self.recorder.stored:
            self._fleet.call_at(now_ms + _ENVELOPE_EVERY_MS, self.give_envelope)

    def courier_cut(self, reason: str, *, was_connected: bool) -> None:
        self._fleet.tally.note_cut(reason, was_connected=was_connected)
        if was_connected:
            self.recorder.link_lost(self._fleet.now_ms())
            self._fleet.somebody_left.set()

    def courier_delivered(self, message: Message, *, accepted: bool) -> None:
        self._fleet.note_delivered(message, accepted=accepted)

    def courier_heard(self, topic: str, payload: bytes) -> None:
        """The simulated makes know no command."""

    def _leave(self, now_ms: int) -> None:
        if self.recorder.is_hanging_up:
            self.courier.hang_up()
        else:
            self.courier.vanish(self._fleet.found_out_after_s())
        self.recorder.link_lost(now_ms)

    def _send(self, message: Message) -> None:
        settings = self._fleet.settings
        if settings.delays and self._rng.random() < settings.delays:
            self._send_later(message)
            return
        self._fleet.tally.sent += 1
        self.courier.publish(message)
        if settings.duplicates and self._rng.random() < settings.duplicates:
            self._send_later(message)

    def _send_later(self, message: Message) -> None:
        fleet = self._fleet

        def send(_: int) -> None:
            fleet.tally.sent += 1
            self.courier.publish(message)

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

    def __init__(self, settings: FleetSettings, address: BrokerAddress, cast: Cast, ledger: Ledger | None) -> None:
        self.settings = settings
        self.address = address
        self.tally = Tally(recorders=len(cast.roles))
        self.members: list[_Member] = []
        self.somebody_left = asyncio.Event()
        self._ledger = ledger
        self._clock = settings.clock or _SteadyClock(settings.starts_ms, settings.speed)
        self._calls: list[tuple[int, int, Callable[[int], None]]] = []
        self._calls_made = 0
        self._connect_at = 0.0

    def now_ms(self) -> int:
        """The fleet's time."""
        return self._clock.now_ms()

    def found_out_after_s(self) -> float | None:
        """How long a broker would need to miss who vanished, if its keep-alive ran as fast as the fleet's time."""
        return 1.5 * KEEP_ALIVE_S / self._clock.speed if self._clock.speed != 1 else None

    def call_at(self, at_ms: int, call: Callable[[int], None]) -> None:
        """Have *call* called at a moment of the fleet's time."""
        self._calls_made += 1
        heappush(self._calls, (at_ms, self._calls_made, call))

    def connect_soon(self, courier: Courier[Message]) -> None:
        """Connect, but never more than `connect_rate` a second over all."""
        loop = asyncio.get_running_loop()
        self._connect_at = max(self._connect_at + 1 / self.settings.connect_rate, loop.time())
        loop.call_at(self._connect_at, courier.start)

    def note_delivered(self, message: Message, *, accepted: bool) -> None:
        """Count an acknowledgement."""
        if not accepted:
            self.tally.refused += 1
            return
        self.tally.acknowledged += 1
        if self._ledger is not None:
            self._ledger.note(message)

    async def play(self) -> None:
        """Live until the time is up."""
        now_ms = self.now_ms()
        for member in self.members:
            member.recorder.fast_forward(now_ms)
            self._schedule(member, now_ms)
        ends_at = None if self.settings.duration_s is None else time.monotonic() + self.settings.duration_s
        while ends_at is None or time.monotonic() < ends_at:
            next_ms = self._do_what_is_due()
            nap_s = (next_ms - self.now_ms()) / 1000 / self._clock.speed
            await asyncio.sleep(min(max(nap_s, 0.0), _LONGEST_NAP_S))

    async def shut_down(self) -> None:
        """Switch everybody off with a goodbye, and wait until these are acknowledged."""
        now_ms = self.now_ms()
        for member in self.members:
            member.switch_off(now_ms)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SHUT_DOWN_WITHIN_S):
                await self._wait_until_nobody_is_connected()
        for member in self.members:
            member.courier.stop()

    async def _wait_until_nobody_is_connected(self) -> None:
        while self.tally.connected:
            self.somebody_left.clear()
            await self.somebody_left.wait()

    def _schedule(self, member: _Member, first_ms: int) -> None:
        def live(now_ms: int) -> None:
            member.live(now_ms)
            self.call_at(member.recorder.next_due_ms, live)

        self.call_at(first_ms, live)

    def _do_what_is_due(self) -> int:
        calls = self._calls
        now_ms = self.now_ms()
        self.tally.note_behind(max(0, now_ms - calls[0][0]) / 1000 / self._clock.speed if calls else 0.0)
        while calls and calls[0][0] <= now_ms:
            heappop(calls)[2](now_ms)
        return calls[0][0] if calls else now_ms + 1000


async def run_fleet(
    settings: FleetSettings,
    address: BrokerAddress,
    cast: Cast,
    *,
    ledger: Ledger | None = None,
    on_start: Callable[[Tally], None] | None = None,
    open_link: OpenLink = open_mqtt5,
) -> FleetResult:
    """Play *cast* against the broker until the time is up or the task is cancelled; then everybody says goodbye.

    *on_start* is handed the living counts once, for a display. Raises TooFewDescriptorsError.
    """
    make_room_for(len(cast.roles))
    fleet = _Fleet(settings, address, cast, ledger)
    fleet.members = [_Member(fleet, role, cast.district, open_link) for role in cast.roles]
    if on_start is not None:
        on_start(fleet.tally)
    started = time.monotonic()
    try:
        await fleet.play()
    finally:
        await fleet.shut_down()
    return FleetResult(fleet.tally, time.monotonic() - started)
