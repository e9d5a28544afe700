"""Generates load: recorders that publish at a given rate, or as fast as they are acknowledged."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final, NoReturn

from device_sim.device import payloads
from device_sim.device.payloads import Message, Name
from device_sim.transport.acknowledged_log import AcknowledgedLog
from device_sim.transport.mqtt5_client import (
    LOGIN_REFUSED,
    BrokerAddress,
    ConnectOptions,
    Will,
    open_mqtt5,
    raise_descriptor_limit,
)
from device_sim.transport.progress import FleetCounters
from device_sim.transport.publisher import OpenClient, Publisher, Retry
from telemetry.domain.topics import topic_of

_TICK_S: Final = 0.004
_REFUSALS_S: Final = 1.0
# One minute of a recorder as in the wire contract, with its location every 20 s.
_ROUND: Final = ("heartbeat", "location", "battery", "location", "heartbeat", "storage", "location", "recording")
_ROUNDS_PER_RECORDING: Final = 6


@dataclass(slots=True, frozen=True)
class LoadSettings:
    """*recorders* publish *messages* messages in total at *rate* messages/s (None: as fast as acknowledged).

    *burst* messages of one recorder are sent together; *window* limits its unacknowledged ones, as the broker's receive
    maximum does. *connect_rate* is in connections/s. *secrets* maps recorder_id to password.
    """

    recorders: int
    messages: int
    rate: float | None = None
    seed: int = 1
    prefix: str = "B"
    burst: int = 1
    window: int = 20
    connect_rate: float = 1000.0
    retry: Retry = field(default_factory=lambda: Retry(0.2, 2.0))
    secrets: Mapping[str, str] | None = None


@dataclass(slots=True)
class LoadResult:
    """The result, in seconds from the first message to the last acknowledgement.

    *ack_latencies_s* has the time from PUBLISH to PUBACK of every 50th message, sorted.
    """

    published: int
    acknowledged: int
    births: int
    seconds: float
    started_at: float
    ack_latencies_s: list[float]
    counters: FleetCounters

    @property
    def rate(self) -> float:
        """Acknowledged messages per second."""
        return self.acknowledged / self.seconds if self.seconds else 0.0

    def ack_quantile_s(self, share: float) -> float:
        """The latency in seconds that the given *share* of the messages stayed within."""
        return self.ack_latencies_s[int(share * (len(self.ack_latencies_s) - 1))] if self.ack_latencies_s else 0.0


class _LoadRecorder:
    """One publishing recorder; its `ts` is the time of publishing, to the microsecond."""

    def __init__(self, load: "_LoadRun", recorder_id: str, rng: Random, open_client: OpenClient) -> None:
        settings = load.settings
        self.recorder_id = recorder_id
        self._load = load
        self._password = (settings.secrets or {}).get(recorder_id)
        self._rng = rng
        self._boot = f"b{rng.getrandbits(40):010x}"
        self._booted_s = time.time() - rng.randrange(60, 7200)
        self._seq = 0
        self._turn = rng.randrange(len(_ROUND))
        self._rounds = rng.randrange(_ROUNDS_PER_RECORDING)
        self._iccid = f"898600{rng.randrange(10**14):014d}"
        self._imei = f"86{rng.randrange(10**13):013d}"
        self._cell = f"460-00-{5000 + rng.randrange(40)}-{100000 + rng.randrange(400)}"
        self._lat, self._lon = 31.2 + rng.random() / 20, 121.5 + rng.random() / 20
        self._session = ""
        self._state, self._since = "standby", payloads.stamp(int(self._booted_s * 1000))
        self.publisher = Publisher(
            load.address, self, rng, window=settings.window, retry=settings.retry, open_client=open_client
        )

    def connect_options(self, *, clean_start: bool) -> ConnectOptions:
        self._session = f"s{self._rng.getrandbits(40):010x}"
        will = payloads.will(payloads.stamp_us(time.time_ns() // 1000), self._boot, self._session)
        topic = topic_of(self.recorder_id, "presence")
        return ConnectOptions(self.recorder_id, self._password, clean_start, Will(topic, will.encode()))

    def publisher_connected(self) -> None:
        counters = self._load.counters
        counters.connected += 1
        if counters.connected == counters.recorders:
            self._load.all_connected.set()
        about = {"model": "BL-1", "firmware": "1.0.0", "imei": self._imei, "iccid": self._iccid}
        opening, uptime_s = self._open()
        self._publish("presence", payloads.presence_online(opening, self._session, about, uptime_s, {}))
        self._load.births += 1

    def publisher_disconnected(self, reason: str, *, was_connected: bool) -> None:
        self._load.counters.record_disconnect(reason, was_connected=was_connected)
        if reason == LOGIN_REFUSED:
            self._load.refused.set()

    def publisher_acknowledged(self, message: Message, *, accepted: bool) -> None:
        self._load.record_acknowledgement(message, accepted=accepted)

    def publisher_received(self, topic: str, payload: bytes) -> None:
        """Ignore it: a load generator knows no commands."""

    def publish_next(self) -> None:
        """Send the next message of the round."""
        kind = _ROUND[self._turn]
        self._turn += 1
        if self._turn == len(_ROUND):
            self._turn = 0
            self._rounds += 1
        opening, uptime_s = self._open()
        self._publish(kind, self._measure(kind, opening, uptime_s))

    def _measure(self, kind: str, opening: str, uptime_s: int) -> str:
        seq = self._seq
        match kind:
            case "heartbeat":
                return payloads.heartbeat(
                    opening,
                    uptime_s=uptime_s,
                    network="4g",
                    rsrp_dbm=-80 - seq % 17,
                    cell=self._cell,
                    sim="ready",
                    iccid=self._iccid,
                )
            case "battery":
                level_pct = 100 - seq // 200 % 90
                return payloads.battery(
                    opening, level_pct, charging=False, voltage_mv=3500 + 6 * level_pct, temperature_c=24.5
                )
            case "storage":
                return payloads.storage(
                    opening, 65536, 60000 - seq // 8 % 50000, 3 + self._rounds // _ROUNDS_PER_RECORDING
                )
            case "recording":
                return self._toggle(opening)
            case _:
                step = seq % 1000 * 1e-5
                return payloads.location(
                    opening,
                    lat=self._lat + step,
                    lon=self._lon + step,
                    accuracy_m=6.0,
                    speed_mps=1.2,
                    heading_deg=seq % 360,
                    fix="gnss",
                )

    def _toggle(self, opening: str) -> str:
        if self._rounds % _ROUNDS_PER_RECORDING == 0:
            self._state = "standby" if self._state == "recording" else "recording"
            self._since = payloads.stamp(time.time_ns() // 1_000_000)
        is_recording = self._state == "recording"
        return payloads.recording(
            opening,
            self._state,
            self._since,
            f"F{self._rounds}" if is_recording else None,
            "manual" if is_recording else None,
        )

    def _open(self) -> tuple[str, int]:
        now_us = time.time_ns() // 1000
        self._seq += 1
        return payloads.head(payloads.stamp_us(now_us), self._boot, self._seq), int(now_us / 1e6 - self._booted_s)

    def _publish(self, kind: str, text: str) -> None:
        now_ms = time.time_ns() // 1_000_000
        self._load.counters.sent += 1
        self.publisher.publish(Message(self.recorder_id, now_ms, Name(self._boot, self._seq, kind), text))


class LoginRefusedError(Exception):
    """The broker refuses a recorder's login: trying on would wait for ever."""


class _LoadRun:
    """The schedule and the counts of all recorders."""

    def __init__(
        self, settings: LoadSettings, address: BrokerAddress, ack_log: AcknowledgedLog | None, open_client: OpenClient
    ) -> None:
        self.settings = settings
        self.address = address
        self.counters = FleetCounters(recorders=settings.recorders)
        self.births = 0
        self.published = 0
        self._ack_log = ack_log
        self._delivered = asyncio.Event()
        self.all_connected = asyncio.Event()
        self.refused = asyncio.Event()
        self._latencies_s: list[float] = []
        width = len(str(settings.recorders))
        self._recorders = [
            _LoadRecorder(self, recorder_id, Random(f"{settings.seed}:{recorder_id}"), open_client)
            for recorder_id in (f"{settings.prefix}{number:0{width}d}" for number in range(1, settings.recorders + 1))
        ]

    def record_acknowledgement(self, message: Message, *, accepted: bool) -> None:
        counters = self.counters
        if accepted:
            counters.acknowledged += 1
            if self._ack_log is not None:
                self._ack_log.append(message)
        else:
            counters.refused += 1
        if counters.acknowledged % 50 == 0:
            self._latencies_s.append(time.time() - message.at_ms / 1000)
        if counters.acknowledged + counters.refused == counters.sent:
            self._delivered.set()

    async def wait_refused(self) -> NoReturn:
        """Wait until the broker refuses a login, give the others a moment, then raise LoginRefusedError with their number."""
        await self.refused.wait()
        await asyncio.sleep(_REFUSALS_S)
        counters = self.counters
        raise LoginRefusedError(
            f"the broker refused {counters.disconnect_reasons[LOGIN_REFUSED]} logins within a second, "
            f"{counters.connected} of {counters.recorders} recorders are connected: "
            "are the secrets of these recorders, and does the broker know them?"
        )

    async def run(self) -> LoadResult:
        """Connect, publish, wait for all acknowledgements."""
        await self.connect()
        started_at = time.time()
        await self.publish_all()
        await self.finish()
        seconds = time.time() - started_at
        return LoadResult(
            self.published,
            self.counters.acknowledged,
            self.births,
            seconds,
            started_at,
            sorted(self._latencies_s),
            self.counters,
        )

    async def connect(self) -> None:
        """Connect all recorders, `connect_rate` a second, and wait until all are connected."""
        for number, recorder in enumerate(self._recorders, 1):
            recorder.publisher.start()
            if number % 50 == 0:
                await asyncio.sleep(50 / self.settings.connect_rate)
        await self.all_connected.wait()

    async def publish_all(self) -> None:
        """Publish on schedule; skip recorders whose window is full."""
        settings, counters = self.settings, self.counters
        recorders, burst = self._recorders, settings.burst
        started = time.perf_counter()
        turn = 0
        while self.published < settings.messages:
            elapsed_s = time.perf_counter() - started
            due = (
                settings.messages
                if settings.rate is None
                else min(settings.messages, int(elapsed_s * settings.rate) + 1)
            )
            passed_over = 0
            while self.published < due and passed_over < len(recorders):
                recorder = recorders[turn]
                turn = (turn + 1) % len(recorders)
                if not recorder.publisher.has_room:
                    passed_over += 1
                    continue
                passed_over = 0
                for _ in range(min(burst, due - self.published)):
                    recorder.publish_next()
                    self.published += 1
            counters.record_delay(0.0 if settings.rate is None else (due - self.published) / settings.rate)
            await asyncio.sleep(_TICK_S)

    async def finish(self) -> None:
        """Wait for the last acknowledgement."""
        while self.counters.acknowledged + self.counters.refused < self.counters.sent:
            self._delivered.clear()
            await self._delivered.wait()

    def stop(self) -> None:
        for recorder in self._recorders:
            recorder.publisher.stop()


async def run_load(
    settings: LoadSettings,
    address: BrokerAddress,
    *,
    ack_log: AcknowledgedLog | None = None,
    on_start: Callable[[FleetCounters], None] | None = None,
    open_client: OpenClient = open_mqtt5,
) -> LoadResult:
    """Connect, publish, wait until everything is acknowledged, disconnect.

    *on_start* gets the counters once, while they go on counting. Birth messages come on top of `settings.messages`. If
    the broker is away, this waits for it without a limit: use a timeout. Raises TooFewDescriptorsError, LoginRefusedError.
    """
    raise_descriptor_limit(settings.recorders)
    load = _LoadRun(settings, address, ack_log, open_client)
    if on_start is not None:
        on_start(load.counters)
    running, refused = asyncio.ensure_future(load.run()), asyncio.ensure_future(load.wait_refused())
    try:
        done, _ = await asyncio.wait({running, refused}, return_when=asyncio.FIRST_COMPLETED)
        return running.result() if running in done else refused.result()
    finally:
        running.cancel()
        refused.cancel()
        load.stop()
        await asyncio.sleep(0.05)
