"""Ingest: find recorders whose messages the broker loses before we see them, in its own log.

A broker acknowledges and drops a message to a topic that its sender may not write (MQTT 3.1.1 has no error reply).
mosquitto logs the login and publishes its log (`log_dest topic`, `connection_messages true`), in the same format since
2.0.11. It also logs whom it disconnects because of a packet over its limit; that one isn't acknowledged, so a recorder
may send it again for ever. With other brokers nothing is detected.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from telemetry.domain.clock import Now
from telemetry.domain.decode import reject
from telemetry.domain.readings import Counted, Rejection
from telemetry.domain.topics import topic_of
from telemetry.ingest.worker import Session

HEARD_WITHIN: Final = timedelta(minutes=10)
"""Grace period: a recorder publishes right after connecting, but ingest may have a queue to drain first."""
_TAKEN: Final = 1000
_LOOKED_S: Final = 20.0
_MOST: Final = 50_000
# A recorder's client id equals its user name; those of the server's workers differ.
_LOGIN: Final = re.compile(
    r"(?:\d+: )?New client connected from \S+ as ([A-Za-z0-9_-]{1,32}) \(p\d, c\d, k\d+, u'\1'\)\."
)

_OVERSIZE: Final = re.compile(r"(?:\d+: )?Client ([A-Za-z0-9_-]{1,32}) disconnected due to oversize packet\.")

HeardSince = Callable[[Mapping[str, datetime]], Awaitable[Collection[str]]]
"""Returns which of these recorders sent anything after the given times."""


def login_in(line: bytes) -> str | None:
    """Return the recorder whose login *line* of the broker's log reports, or None."""
    return _name_in(_LOGIN, line)


def oversize_in(line: bytes) -> str | None:
    """Return the recorder that *line* of the broker's log says was disconnected for a packet over the limit, or None."""
    return _name_in(_OVERSIZE, line)


def _name_in(pattern: re.Pattern[str], line: bytes) -> str | None:
    found = pattern.fullmatch(line.decode("utf-8", "replace"))
    return found and found[1]


@dataclass(slots=True)
class _Login:
    first_at: datetime
    last_at: datetime
    count: int


class Logins:
    """Recorders that logged in and have not been heard since."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Login] = {}

    def note(self, recorder_id: str, at: datetime) -> None:
        """Record a login."""
        if (known := self._waiting.get(recorder_id)) is not None:
            known.last_at, known.count = at, known.count + 1
        elif len(self._waiting) < _MOST:
            self._waiting[recorder_id] = _Login(at, at, 1)

    def due(self, now: datetime) -> dict[str, datetime]:
        """Return the recorders whose grace period is over, with the time of their first login."""
        return {name: login.first_at for name, login in self._waiting.items() if now - login.first_at >= HEARD_WITHIN}

    def settle(self, asked: Collection[str], heard: Collection[str]) -> list[Counted]:
        """Forget the recorders *asked*; return a rejection, dated at the last login, for each that was not *heard*."""
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


def _oversize(recorder_id: str) -> Rejection:
    reason = "a packet over the broker's limit: it was not acknowledged, and the broker ended the connection"
    return reject(topic_of(recorder_id, ""), recorder_id, b"", "too_large", reason)


class Listener:
    """Reads the broker's log and reports recorders that logged in and were not heard, or sent too large a packet."""

    def __init__(
        self, heard_since: HeardSince, store: Callable[[Sequence[Counted]], Awaitable[object]], now: Now
    ) -> None:
        self._heard_since = heard_since
        self._store = store
        self._now = now
        self._logins = Logins()

    async def attend(self, session: Session) -> None:
        """Listen until *session* ends. Raises BrokerUnavailableError, DatabaseUnavailableError."""
        while True:
            arrivals = await session.take(_TAKEN, _LOOKED_S)
            session.acknowledge(arrivals)
            oversize: dict[str, Counted] = {}
            for arrival in arrivals:
                if (recorder_id := login_in(arrival.payload)) is not None:
                    self._logins.note(recorder_id, arrival.received_at)
                elif (recorder_id := oversize_in(arrival.payload)) is not None:
                    before = oversize.get(recorder_id) or Counted(_oversize(recorder_id), arrival.received_at, 0)
                    oversize[recorder_id] = replace(before, count=before.count + 1)
            if oversize:
                await self._store([*oversize.values()])
            if due := self._logins.due(self._now()):
                heard = await self._heard_since(due)
                await self._store(self._logins.settle(due, heard))
