"""Publishes one recorder's messages: QoS 1, a limited window, and reconnects as often as needed."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Generic, Protocol, TypeVar

from device_sim.transport.mqtt5_client import BrokerAddress, ClientOwner, ConnectOptions, MqttClient, open_mqtt5

# The SUBSCRIBE has the highest packet id, so a PUBLISH must not use it.
_MAX_PACKET_ID: Final = 65534
_DISCONNECT_WITHIN_S: Final = 5.0

OpenClient = Callable[[BrokerAddress, ConnectOptions, ClientOwner], Awaitable[MqttClient]]


@dataclass(slots=True, frozen=True)
class Retry:
    """Seconds between attempts to connect: doubled from *first_s* to *most_s*, with up to half taken off at random."""

    first_s: float = 1.0
    most_s: float = 60.0


class Sendable(Protocol):
    """A message that can be published."""

    @property
    def topic(self) -> str:
        """The topic."""

    @property
    def payload(self) -> bytes:
        """The bytes."""

    @property
    def is_retained(self) -> bool:
        """Whether the broker keeps it for later subscribers."""


M = TypeVar("M", bound=Sendable)
M_contra = TypeVar("M_contra", bound=Sendable, contravariant=True)


@dataclass(slots=True)
class _Pending(Generic[M]):
    message: M
    payload: bytes
    was_sent: bool = False


class PublisherOwner(Protocol[M_contra]):
    """Is notified of a publisher's events."""

    def connect_options(self, *, clean_start: bool) -> ConnectOptions:
        """The options of the next CONNECT; called at every attempt."""

    def publisher_connected(self) -> None:
        """A connection is open and unacknowledged messages were sent again: send the birth message now."""

    def publisher_disconnected(self, reason: str, *, was_connected: bool) -> None:
        """The connection is closed, or an attempt failed (not *was_connected*)."""

    def publisher_acknowledged(self, message: M_contra, *, accepted: bool) -> None:
        """The broker acknowledged *message*."""

    def publisher_received(self, topic: str, payload: bytes) -> None:
        """A command arrived."""


class Publisher(Generic[M]):
    """QoS 1 delivery for one client id; what is unacknowledged is sent again after a reconnect, as a duplicate."""

    def __init__(
        self,
        address: BrokerAddress,
        owner: PublisherOwner[M],
        rng: Random,
        *,
        window: int = 20,
        retry: Retry | None = None,
        resumes_session: bool = True,
        open_client: OpenClient = open_mqtt5,
    ) -> None:
        self._address = address
        self._owner = owner
        self._rng = rng
        self._most_in_flight = window
        self._window = window
        self._retry = retry or Retry()
        self._resumes_session = resumes_session
        self._open_client = open_client
        self._in_flight: dict[int, _Pending[M]] = {}
        self._waiting: deque[_Pending[M]] = deque()
        self._client: MqttClient | None = None
        self._is_open = False
        self._is_wanted = False
        self._has_session = False
        self._attempts = 0
        self._packet_id = 0
        self._attempt: asyncio.Task[None] | None = None
        self._retry_timer: asyncio.TimerHandle | None = None
        self._disconnect_timer: asyncio.TimerHandle | None = None

    @property
    def unacknowledged(self) -> int:
        """How many messages wait for their PUBACK or for room in the window."""
        return len(self._in_flight) + len(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether a message published now would be sent at once."""
        return self._is_open and len(self._in_flight) < self._window

    def start(self) -> None:
        """Connect, and stay connected until `stop` or `go_silent`."""
        self._is_wanted = True
        self._cancel_disconnect()
        if self._client is None and self._attempt is None and self._retry_timer is None:
            self._try()

    def stop(self) -> None:
        """Send DISCONNECT: the broker discards the will. Unacknowledged messages are kept for the next `start`."""
        self._stop_retrying()
        if self._client is not None:
            self._client.close()

    def disconnect_when_done(self) -> None:
        """`stop` as soon as everything is acknowledged, after 5 s at most."""
        self._stop_retrying()
        if self.unacknowledged and self._is_open:
            self._disconnect_timer = asyncio.get_running_loop().call_later(_DISCONNECT_WITHIN_S, self._disconnect_now)
        else:
            self.stop()

    def go_silent(self, cut_after_s: float | None = None) -> None:
        """Fall silent, as without coverage, until `start`; *cut_after_s* as in `MqttClient.go_silent`."""
        self._stop_retrying()
        if self._client is not None:
            self._client.go_silent(cut_after_s)

    def publish(self, message: M) -> None:
        """Send *message*, or queue it until there is room in the window."""
        pending = _Pending(message, message.payload)
        if self.has_room:
            self._send(pending)
        else:
            self._waiting.append(pending)

    def client_connected(self, client: MqttClient, *, session_present: bool, receive_max: int) -> None:
        """Send again what the last connection left unacknowledged, then notify the owner."""
        self._client = client
        self._is_open = self._has_session = True
        self._attempts = 0
        self._window = min(self._most_in_flight, receive_max)
        unacknowledged, self._in_flight = self._in_flight, {}
        if session_present:
            for packet_id, pending in unacknowledged.items():
                self._in_flight[packet_id] = pending
                self._put(client, packet_id, pending)
        else:
            for pending in unacknowledged.values():
                pending.was_sent = False
            self._waiting.extendleft(reversed(unacknowledged.values()))
        self._fill_window()
        self._owner.publisher_connected()

    def client_acknowledged(self, client: MqttClient, packet_id: int, *, accepted: bool) -> None:
        """Remove the message from the window, and notify the owner."""
        pending = self._in_flight.pop(packet_id, None)
        if pending is None or client is not self._client:
            return
        if self._waiting:
            self._fill_window()
        if self._disconnect_timer is not None and not self.unacknowledged:
            self._disconnect_now()
        self._owner.publisher_acknowledged(pending.message, accepted=accepted)

    def client_received(self, client: MqttClient, topic: str, payload: bytes) -> None:
        """Pass a command on."""
        if client is self._client:
            self._owner.publisher_received(topic, payload)

    def client_disconnected(self, client: MqttClient, reason: str) -> None:
        """Notify the owner, and connect again if a connection is wanted."""
        if self._client is not None and client is not self._client:
            return
        self._client = None
        was_connected, self._is_open = self._is_open, False
        self._cancel_disconnect()
        self._owner.publisher_disconnected(reason, was_connected=was_connected)
        if self._is_wanted and self._retry_timer is None:
            self._try_later()

    def _send(self, pending: _Pending[M]) -> None:
        packet_id = self._packet_id
        while True:
            packet_id = packet_id % _MAX_PACKET_ID + 1
            if packet_id not in self._in_flight:
                break
        self._packet_id = packet_id
        self._in_flight[packet_id] = pending
        assert self._client is not None
        self._put(self._client, packet_id, pending)

    def _put(self, client: MqttClient, packet_id: int, pending: _Pending[M]) -> None:
        message = pending.message
        client.publish(
            message.topic, pending.payload, packet_id, retain=message.is_retained, duplicate=pending.was_sent
        )
        pending.was_sent = True

    def _fill_window(self) -> None:
        while self._waiting and self.has_room:
            self._send(self._waiting.popleft())

    def _disconnect_now(self) -> None:
        self._cancel_disconnect()
        self.stop()

    def _cancel_disconnect(self) -> None:
        if self._disconnect_timer is not None:
            self._disconnect_timer.cancel()
            self._disconnect_timer = None

    def _stop_retrying(self) -> None:
        self._is_wanted = False
        if self._retry_timer is not None:
            self._retry_timer.cancel()
            self._retry_timer = None

    def _try_later(self) -> None:
        longest_s = min(self._retry.most_s, self._retry.first_s * 2**self._attempts)
        self._attempts = min(self._attempts + 1, 16)
        delay_s = longest_s * self._rng.uniform(0.5, 1.0)
        self._retry_timer = asyncio.get_running_loop().call_later(delay_s, self._try)

    def _try(self) -> None:
        self._retry_timer = None
        self._attempt = asyncio.ensure_future(self._connect())

    async def _connect(self) -> None:
        try:
            options = self._owner.connect_options(clean_start=not (self._has_session and self._resumes_session))
            client = await self._open_client(self._address, options, self)
            if client.is_alive:
                self._client = client
        except OSError as fault:
            self._owner.publisher_disconnected(f"can't connect: {fault}", was_connected=False)
            if self._is_wanted:
                self._try_later()
        finally:
            self._attempt = None
        if self._client is not None and not self._is_wanted:
            self._client.close()
