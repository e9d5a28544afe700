"""A clock for tests that play a duty day: it runs fast to the minute that a test waits for, and slowly from there.

While it runs fast it waits for messages that aren't stored yet, so that a busy machine plays the same day, only slower.
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
"""Speed while people act, so slow that the next scene doesn't begin before they finish, even on a busy machine."""


class DayClock:
    """Starts at *begins*; *speed* is its fast speed in seconds per second."""

    def __init__(self, begins: datetime, speed: float) -> None:
        self.begins = begins
        self._at = begins
        self._until = begins
        self._fast = speed
        self._reached = asyncio.Event()

    def now(self) -> datetime:
        """The simulated time."""
        return self._at

    def now_ms(self) -> int:
        """The same in milliseconds since 1970."""
        return int(self._at.timestamp() * 1000)

    @property
    def speed(self) -> float:
        """The fast speed, by which a fleet scales its time-outs."""
        return self._fast

    def behind(self, span: timedelta) -> Callable[[], datetime]:
        """A clock *span* behind this one."""
        return lambda: self._at - span

    def minute(self, number: float) -> datetime:
        """The time at which minute *number* begins."""
        return self.begins + timedelta(minutes=number)

    async def fly_to(self, minute: float, within_s: float = 300.0) -> None:
        """Run fast until *minute* begins. Raises TimeoutError."""
        assert self._at <= self.minute(minute), "a story goes on, never back"
        self._reached.clear()
        self._until = self.minute(minute)
        async with asyncio.timeout(within_s):
            await self._reached.wait()

    async def run(self, is_up_to_date: Callable[[], Awaitable[bool]]) -> None:
        """Advance the time until cancelled."""
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
