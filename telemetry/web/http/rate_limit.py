"""HTTP, how much one account may ask of the server: documents and long looks a minute, streams at once.

Kept in this process and forgotten with it: it keeps one account from slowing down all others, and is no lock-out.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web

from telemetry.web.http.authentication import net_of
from telemetry.web.http.problems import Refused
from telemetry.web.http.route import Call

BUDGET: Final = 60
"""What may be spent at once; it comes back at one a second."""
LOOK: Final = 1
DOCUMENT: Final = 3
EXPORT: Final = 5
_STREAMS: Final = 20
_REMEMBERED: Final = 10_000


class Meter:
    """Budgets by name. *clock* counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._owed_until: dict[str, float] = {}
        self._streams: Counter[str] = Counter()

    def spend(self, name: str, cost: int) -> int:
        """Spend *cost* of *name*'s budget: 0, or the seconds after which there is enough again (nothing is spent then)."""
        now = self._clock()
        owed = max(self._owed_until.get(name, now), now) - now + cost
        if owed > BUDGET:
            return math.ceil(owed - BUDGET)
        if len(self._owed_until) > _REMEMBERED:
            self._owed_until = {who: until for who, until in self._owed_until.items() if until > now}
        self._owed_until[name] = now + owed
        return 0

    @contextmanager
    def streaming(self, name: str) -> Iterator[None]:
        """One more stream of *name* while the block runs. Raises Refused where there are too many."""
        if self._streams[name] >= _STREAMS:
            raise _too_many("实时连接过多，请关闭其他页面", 10)
        self._streams[name] += 1
        try:
            yield
        finally:
            self._streams[name] -= 1
            if not self._streams[name]:
                del self._streams[name]


METER: Final[web.AppKey[Meter]] = web.AppKey("meter", Meter)


def charge(call: Call, cost: int) -> None:
    """Have the caller pay for what is dear; who isn't signed in pays by address. Raises Refused where nothing is left."""
    name = call.account.username or f"address:{net_of(call.address)}"
    wait_s = call.request.app[METER].spend(name, cost)
    if wait_s:
        raise _too_many("请求过于频繁", wait_s)


def _too_many(title: str, wait_s: int) -> Refused:
    return Refused(429, title, f"请在 {wait_s} 秒后重试", code="too_many", headers={"Retry-After": str(wait_s)})
