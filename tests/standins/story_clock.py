"""A clock for tests that tell a duty day: time flies to the minute that a test asks for, and creeps from there.

While it flies it waits for messages that aren't stored yet, so that a busy machine tells the same day, only slower.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

_STEP_S: Final = 0.02
_LOOK_S: Final = 0.1
_FRESH_S: Final = 2 * _LOOK_S
_LONGEST_WAIT_S: Final = 10.0
_CREEP: Final = 0.1
"""Seconds a second while people act: however long they take on a busy machine, the next chapter hasn't begun."""


class StoryClock:
    """Begins at *begins*; *speed* is in seconds a second while it flies."""

    def __init__(self, begins: datetime, speed: float) -> None:
        self.begins = begins
        self._at = begins
        self._until = begins
        self._fast = speed
        self._reached = asyncio.Event()

    def now(self) -> datetime:
        """The time of the story."""
        return self._at

    def now_ms(self) -> int:
        """The same in milliseconds since 1970."""
        return int(self._at.timestamp() * 1000)

    @property
    def speed(self) -> float:
        """How fast it runs where it runs fast: what a fleet counts its patience by."""
        return self._fast

    def behind(self, span: timedelta) -> Callable[[], datetime]:
        """A clock *span* behind this one."""
        return lambda: self._at - span

    def minute(self, number: float) -> datetime:
        """When the story's minute *number* begins."""
        return self.begins + timedelta(minutes=number)

    async def fly_to(self, minute: float, within_s: float = 300.0) -> None:
        """Return when the story's *minute* has come. Raises TimeoutError."""
        assert self._at <= self.minute(minute), "a story goes on, never back"
        self._reached.clear()
        self._until = self.minute(minute)
        async with asyncio.timeout(within_s):
            await self._reached.wait()

    async def run(self, is_up_to_date: Callable[[], Awaitable[bool]]) -> None:
        """Let time pass until cancelled."""
        loop = asyncio.get_running_loop()
        told_at = looked_at = fresh_at = loop.time()
        while True:
            await asyncio.sleep(_STEP_S)
            now = loop.time()
            step_s, told_at = min(now - told_at, 5 * _STEP_S), now
            if self._at >= self._until:
                self._reached.set()
                self._at += timedelta(seconds=step_s * _CREEP)
                continue
            if now - looked_at >= _LOOK_S:
                looked_at = now
                if await is_up_to_date():
                    fresh_at = now
            if now - fresh_at < _FRESH_S or now - fresh_at > _LONGEST_WAIT_S:
                self._at += timedelta(seconds=step_s * self._fast)
