"""Ingest's other ear: recorders that log in at the broker and are never heard, because what they say goes to a wrong topic.

A broker acknowledges a message to a topic that its sender may not write, and drops it (MQTT 3.1.1 has no other answer).
mosquitto tells its own log of the login, and its log to us (`log_dest topic`, `connection_messages true`); its words
are the same from 2.0.11 on. Another broker says nothing here.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from telemetry.domain.clock import Now
from telemetry.domain.decode import reject
from telemetry.domain.readings import Counted, Rejection
from telemetry.domain.topics import topic_of
from telemetry.ingest.worker import Session

HEARD_WITHIN: Final = timedelta(minutes=10)
"""A recorder says who it is as soon as it is connected; ingest may have a queue to take in first."""
_TAKEN: Final = 1000
_LOOKED_S: Final = 20.0
_MOST: Final = 50_000
# At a recorder's door the client id is the user name; the server's workers are called otherwise.
_LOGIN: Final = re.compile(
    r"(?:\d+: )?New client connected from \S+ as ([A-Za-z0-9_-]{1,32}) \(p\d, c\d, k\d+, u'\1'\)\."
)

HeardSince = Callable[[Mapping[str, datetime]], Awaitable[Collection[str]]]
"""Which of these recorders something came from after that moment."""


def login_in(line: bytes) -> str | None:
    """The recorder that the broker's log says has logged in, or None."""
    found = _LOGIN.fullmatch(line.decode("utf-8", "replace"))
    return found and found[1]


@dataclass(slots=True)
class _Login:
    first_at: datetime
    last_at: datetime
    count: int


class Logins:
    """Recorders that logged in and weren't heard since."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Login] = {}

    def note(self, recorder_id: str, at: datetime) -> None:
        """It logged in."""
        if (known := self._waiting.get(recorder_id)) is not None:
            known.last_at, known.count = at, known.count + 1
        elif len(self._waiting) < _MOST:
            self._waiting[recorder_id] = _Login(at, at, 1)

    def due(self, now: datetime) -> dict[str, datetime]:
        """Whose first login is long enough ago, and when it was."""
        return {name: login.first_at for name, login in self._waiting.items() if now - login.first_at >= HEARD_WITHIN}

    def settle(self, asked: Collection[str], heard: Collection[str]) -> list[Counted]:
        """Forget those of *asked*; a rejection for each that wasn't *heard*, at its last login."""
        logins = {name: self._waiting.pop(name) for name in asked}
        return [
            Counted(_unheard(name), login.last_at, login.count, is_live=False)
            for name, login in logins.items()
            if name not in heard
        ]


def _unheard(recorder_id: str) -> Rejection:
    own = topic_of(recorder_id, "")
    reason = f"logged in at the broker and not heard: what it publishes elsewhere than below {own} is lost"
    return reject(own, recorder_id, b"", "unheard", reason)


class Listener:
    """Hears the broker's log and says which recorders came in and weren't heard."""

    def __init__(
        self, heard_since: HeardSince, store: Callable[[Sequence[Counted]], Awaitable[object]], now: Now
    ) -> None:
        self._heard_since = heard_since
        self._store = store
        self._now = now
        self._logins = Logins()

    async def attend(self, session: Session) -> None:
        """Listen until *session* is over. Raises BrokerUnavailableError, DatabaseUnavailableError."""
        while True:
            arrivals = await session.take(_TAKEN, _LOOKED_S)
            session.acknowledge(arrivals)
            for arrival in arrivals:
                if (recorder_id := login_in(arrival.payload)) is not None:
                    self._logins.note(recorder_id, arrival.received_at)
            if due := self._logins.due(self._now()):
                heard = await self._heard_since(due)
                await self._store(self._logins.settle(due, heard))
