"""A recorder's memory for what it measured without a link: bounded, given back in envelopes, or lost with the power."""

from collections import deque
from typing import Literal

from device_sim.device import payloads
from device_sim.device.payloads import Message


class Flash:
    """Messages waiting for a link, in the order they were measured."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._stored: deque[Message] = deque()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._stored)

    def store(self, message: Message) -> None:
        """Keep *message*; the oldest makes room, and is counted, when the flash is full."""
        if len(self._stored) >= self._most:
            self._stored.popleft()
            self.dropped += 1
        self._stored.append(message)

    def take(self, order: Literal["oldest_first", "newest_first"]) -> list[Message]:
        """Take out as many as one envelope holds; within it the measured order stays."""
        newest = order == "newest_first"
        offered = list(self._stored)[-100:][::-1] if newest else [self._stored[i] for i in range(min(100, len(self)))]
        count = payloads.envelope_size(offered)
        for _ in range(count):
            self._stored.pop() if newest else self._stored.popleft()
        return offered[:count][::-1] if newest else offered[:count]

    def lose_power(self, keeps: Literal["all", "events", "nothing"]) -> None:
        """Forget what doesn't survive a power-off; what is forgotten was never dropped for want of room."""
        match keeps:
            case "all":
                pass
            case "events":
                self._stored = deque(message for message in self._stored if message.name.kind == "event")
            case "nothing":
                self._stored.clear()

    def take_dropped(self) -> int:
        """How many were dropped since this was last asked."""
        dropped, self.dropped = self.dropped, 0
        return dropped
