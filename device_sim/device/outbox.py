"""Numbers a recorder's messages, and sends them while it is connected or stores them in its flash memory."""

from collections import deque
from random import Random
from typing import Literal

from device_sim.device import payloads
from device_sim.device.components import DeviceClock
from device_sim.device.device_truth import Pull
from device_sim.device.models import Model
from device_sim.device.payloads import Message, Name


class FlashMemory:
    """Messages stored while offline, in the order they were measured; at most *most*."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._stored: deque[Message] = deque()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._stored)

    def store(self, message: Message) -> None:
        """Store *message*; if the memory is full, drop the oldest and count it."""
        if len(self._stored) >= self._most:
            self._stored.popleft()
            self.dropped += 1
        self._stored.append(message)

    def take(self, order: Literal["oldest_first", "newest_first"]) -> list[Message]:
        """Take out as many messages as fit into one envelope; within it they stay in the order they were measured."""
        newest = order == "newest_first"
        offered = list(self._stored)[-100:][::-1] if newest else [self._stored[i] for i in range(min(100, len(self)))]
        count = payloads.envelope_size(offered)
        for _ in range(count):
            self._stored.pop() if newest else self._stored.popleft()
        return offered[:count][::-1] if newest else offered[:count]

    def lose_power(self, keeps: Literal["all", "events", "nothing"]) -> None:
        """Delete what doesn't survive a power-off; that doesn't count as dropped."""
        match keeps:
            case "all":
                pass
            case "events":
                self._stored = deque(message for message in self._stored if message.name.kind == "event")
            case "nothing":
                self._stored.clear()

    def take_dropped(self) -> int:
        """Return how many messages were dropped since the last call."""
        dropped, self.dropped = self.dropped, 0
        return dropped


class Outbox:
    """Gives messages their name (boot, seq), and sends or stores them."""

    def __init__(self, recorder_id: str, model: Model, clock: DeviceClock, rng: Random) -> None:
        self._recorder_id = recorder_id
        self._model = model
        self._clock = clock
        self._rng = rng
        # A generator of its own: what the recorder measures must not depend on how often it connects.
        self._session_rng = Random(rng.getrandbits(64))
        self._seq = 0
        self._flash = FlashMemory(model.flash_messages)
        self._pull_evidence: dict[tuple[str, int | None], Pull] = {}
        self.boot = ""
        self.booted_ms = 0
        self.session: str | None = None
        self.is_connected = False
        self.out: list[Message] = []

    @property
    def stored(self) -> int:
        """How many messages are stored."""
        return len(self._flash)

    def start_boot(self, now_ms: int) -> None:
        """Draw a new boot id. `seq` starts at 0 or 1, because models differ."""
        self.boot = f"b{self._rng.getrandbits(40):010x}"
        self.booted_ms = now_ms
        self._seq = self._rng.choice((-1, 0))

    def lose_power(self) -> None:
        """Delete the stored messages that don't survive a power-off."""
        self._flash.lose_power(self._model.keeps)

    def clear(self) -> None:
        """Delete all stored messages, without counting them as dropped."""
        self._flash.lose_power("nothing")
        self._flash.take_dropped()

    def uptime_s(self, now_ms: int) -> int:
        """Seconds since the boot."""
        return (now_ms - self.booted_ms) // 1000

    def start_session(self, now_ms: int) -> str:
        """Draw a session id for a new connection; return the payload of its will."""
        self.session = f"s{self._session_rng.getrandbits(40):010x}" if self._model.has_session_ids else None
        return payloads.will(self._clock.stamp(now_ms), self.boot, self.session)

    def opening(self, now_ms: int) -> str:
        """Take the next `seq` and return the head of a payload."""
        self._seq += 1
        ts = self._clock.stamp(now_ms)
        if self._model.reports_uptime_everywhere:
            extra = payloads.clock_fields(self.uptime_s(now_ms), self._clock.source)
            return payloads.head(ts, self.boot, self._seq, extra)
        return payloads.head(ts, self.boot, self._seq)

    def message(self, kind: str, text: str, now_ms: int) -> Message:
        """Name a payload that begins with the last `opening`."""
        return Message(self._recorder_id, now_ms, Name(self.boot, self._seq, kind), text)

    def send_or_store(self, kind: str, text: str, now_ms: int, about: Pull | None = None) -> None:
        """Send a payload if connected, else store it; *about* is the pull that it is evidence of."""
        message = self.message(kind, text, now_ms)
        if about is not None:
            self._pull_evidence[message.name[:2]] = about
        if self.is_connected:
            self.out.append(message)
        else:
            self._flash.store(message)

    def take_dropped(self) -> int:
        """Return how many messages were dropped since the last birth message."""
        return self._flash.take_dropped()

    def envelope(self, now_ms: int, shuffle: Random | None) -> Message | None:
        """Build an envelope from stored messages; None if there are none. With *shuffle* they are in random order."""
        if not self.stored:
            return None
        inner = self._flash.take(self._model.backlog_order)
        if shuffle is not None:
            shuffle.shuffle(inner)
        for message in inner:
            pull = self._pull_evidence.pop(message.name[:2], None)
            if pull is not None:
                pull.evidence_messages += 1
        envelope = self.message("backlog", payloads.backlog(self.opening(now_ms), inner), now_ms)
        return envelope._replace(inner=tuple(message.name for message in inner))
