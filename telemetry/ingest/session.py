"""Ingest: a persistent MQTT 5 session that acknowledges messages on request, not on receipt.

Back-pressure uses the protocol: the broker stops at `receive_maximum` unacknowledged messages (MQTT 5, 3.3.4).
mosquitto 2.0.11 ignores that after the first acknowledgement while its queue is long, and even reuses a packet id for
two messages (harmless if both are acknowledged in order of arrival). Reading therefore also stops at twice that number,
or at `max_unacknowledged_bytes`; TCP flow control does the rest.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

import mqtt5

from telemetry.domain.clock import Now, wall_now
from telemetry.domain.errors import BrokerUnavailableError, SessionTakenOverError
from telemetry.ingest import packets
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.malformed_publish import publish_despite

_RETAINED_WITHIN_S: Final = 10.0
"""How long (s) a broker may take to send its retained messages."""
_LAST_WORD_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Where the broker is, what to subscribe to, and how much may be unacknowledged.

    `session_expiry_s`: how long the broker keeps our session while we are disconnected. `keep_alive_s`: seconds between
    pings. `retained_filter`: subscribed to once when a session begins, because shared subscriptions get no retained
    messages (MQTT 5, 4.8.2; mosquitto 2.0.11 sends them anyway). `left_filter`: a subscription that an earlier
    connection may have left in the session. `further_filters`: additional subscriptions. `leaves`: subscribe to
    nothing, only drain the queue. `now`: the clock that stamps arrivals.
    """

    host: str
    port: int
    client_id: str
    topic_filter: str
    username: str | None = None
    password: str | None = None
    tls: ssl.SSLContext | None = None
    receive_maximum: int = 8192
    max_unacknowledged_bytes: int = 64 * 1024 * 1024
    session_expiry_s: int = 7 * 24 * 3600
    keep_alive_s: int = 30
    connect_timeout_s: float = 10.0
    retained_filter: str | None = None
    left_filter: str | None = None
    further_filters: tuple[str, ...] = ()
    leaves: bool = False
    now: Now = wall_now


class Mqtt5Session(asyncio.Protocol):
    """One connection of a persistent session; it ends with the connection."""

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._buffer = bytearray()
        self._arrived: deque[Arrival] = deque()
        self._held = 0
        self._held_bytes = 0
        self._reading = True
        self._wake = asyncio.Event()
        self._lost = asyncio.Event()
        self._fault: BrokerUnavailableError | None = None
        self._transport: asyncio.Transport | None = None
        self._handshake: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._pinger: asyncio.TimerHandle | None = None
        self._silent = False
        self._hears_twice = False
        self.resumed = False

    @classmethod
    async def open(cls, settings: SessionSettings) -> "Mqtt5Session":
        """Connect, resume or start the session, and subscribe.

        Raises BrokerUnavailableError with the broker's reason.
        """
        session = cls(settings)
        try:
            async with asyncio.timeout(settings.connect_timeout_s):
                await asyncio.get_running_loop().create_connection(
                    lambda: session, settings.host, settings.port, ssl=settings.tls
                )
                session.resumed = await session._handshake
        except BaseException as fault:
            session._handshake.cancel()
            session._abort("given up")
            if not isinstance(fault, OSError | TimeoutError):
                raise
            text = f"broker {settings.host}:{settings.port}: {str(fault) or 'no answer'}"
            raise BrokerUnavailableError(text) from fault
        return session

    async def take(self, limit: int, idle_s: float) -> list[Arrival]:
        """Return 1 to *limit* messages, or an empty list after *idle_s* seconds without any.

        Raises BrokerUnavailableError once the connection is lost; the broker redelivers unacknowledged messages.
        """
        if not self._arrived:
            self._raise_if_over()
            self._wake.clear()
            try:
                async with asyncio.timeout(idle_s):
                    await self._wake.wait()
            except TimeoutError:
                return []
            self._raise_if_over()
        arrived = self._arrived
        if len(arrived) <= limit:
            taken = list(arrived)
            arrived.clear()
            return taken
        return [arrived.popleft() for _ in range(limit)]

    @property
    def waiting(self) -> int:
        """Number of messages that `take` would return at once."""
        return len(self._arrived)

    @property
    def certificate_expires_at(self) -> datetime | None:
        """When the broker's certificate expires; None without TLS."""
        shown = None if self._transport is None else self._transport.get_extra_info("peercert")
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC) if shown else None

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        """Acknowledge stored messages; QoS 0 messages need no acknowledgement.

        Does nothing after the connection is lost: the broker redelivers them, and they are recognised as duplicates.
        """
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(packets.acknowledge(arrivals))
        self._held -= len(arrivals)
        self._held_bytes -= sum(len(arrival.payload) for arrival in arrivals)
        if not self._reading and not self._is_full():
            self._reading, self._silent = True, False
            self._transport.resume_reading()

    def _is_full(self) -> bool:
        settings = self._settings
        return self._held >= 2 * settings.receive_maximum or self._held_bytes >= settings.max_unacknowledged_bytes

    def publish(self, topic: str, payload: bytes) -> None:
        """PUBLISH once with QoS 1. The broker has it once this session has received it back or was closed."""
        self._write(packets.publish(topic, payload))

    async def close(self) -> None:
        """Disconnect; the broker keeps the session and queues new messages."""
        await self._disconnect(packets.GOODBYE)

    async def forget(self) -> None:
        """Disconnect and let the broker delete the session and its queue."""
        await self._disconnect(packets.GOODBYE_FOR_GOOD)

    async def _disconnect(self, goodbye: bytes) -> None:
        self._end("closed")
        self._write(goodbye)
        if self._transport is not None and self._reading:
            # The broker closes after it has read everything. Reconnecting sooner would overtake our acknowledgements.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORD_S):
                    await self._lost.wait()
        if self._transport is not None:
            self._transport.close()

    def _abort(self, reason: str) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._end(reason)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send CONNECT."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has the same interface without the base class
        settings = self._settings
        connect = mqtt5.ConnectPacket(
            settings.client_id,
            username=settings.username,
            password=None if settings.password is None else settings.password.encode(),
            clean_start=False,
            keep_alive=settings.keep_alive_s,
            session_expiry_interval=settings.session_expiry_s,
            receive_max=settings.receive_maximum,
        )
        self._transport.write(connect.write())

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake every waiter."""
        self._lost.set()
        self._end(str(exc) if exc else "connection closed by the broker")

    def data_received(self, data: bytes) -> None:
        """Parse the received bytes; a packet that the codec can't parse is recovered and doesn't end the session."""
        self._silent = False
        self._buffer += data
        received_at = self._settings.now()
        position = 0
        view = memoryview(self._buffer)
        try:
            while position < len(view):
                try:
                    packet, size = mqtt5.read(view[position:])
                except IndexError:
                    break
                except BaseException as fault:  # noqa: BLE001 - faults outside the codec are re-raised
                    salvaged = publish_despite(fault, view[position:])
                    if salvaged is None:
                        self._refuse(f"unreadable packet: {fault}")
                        return
                    packet, size = salvaged
                if isinstance(packet, mqtt5.PublishPacket):
                    self._hear(packet, received_at)
                else:
                    self._handle(packet)
                position += size
        finally:
            view.release()
        del self._buffer[:position]
        if self._arrived:
            self._wake.set()
        if self._reading and self._is_full() and self._transport is not None:
            self._reading = False
            self._transport.pause_reading()

    def _hear(self, packet: mqtt5.PublishPacket, received_at: datetime) -> None:
        if self._hears_twice and packets.is_copy(packet):
            self._write(packets.acknowledge_copy(packet))
            return
        payload = packet.payload
        self._arrived.append(
            Arrival(
                packet.topic,
                payload,
                received_at,
                retained=packet.retain,
                duplicate=packet.duplicate,
                receipt=packet.packet_id or 0,
            )
        )
        self._held += 1
        self._held_bytes += len(payload)

    def _handle(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.ConnAckPacket():
                self._connected(packet)
            case mqtt5.SubAckPacket():
                self._subscribed(packet)
            case mqtt5.UnsubAckPacket(packet_id=packets.RETAINED):
                self._hears_twice = False
            case mqtt5.DisconnectPacket(reason_code=mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER):
                text = f"another client came as {self._settings.client_id}: is ingest.name used twice?"
                self._refuse(text, SessionTakenOverError)
            case mqtt5.DisconnectPacket():
                self._refuse(f"broker disconnected us: {packet.reason_code.name}")
            case _:
                pass

    def _connected(self, packet: mqtt5.ConnAckPacket) -> None:
        if packet.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
            self._refuse(f"login refused: {packet.reason_code.name}")
            return
        settings = self._settings
        self.resumed = packet.session_present
        self._ping_later()
        # Subscribe before unsubscribing `left_filter`, so that no message falls between the two.
        if settings.leaves:
            self._write(packets.leave(settings.topic_filter))
        else:
            self._write(packets.subscribe_fleet(settings.topic_filter, *settings.further_filters))
        if settings.left_filter is not None:
            self._write(packets.leave(settings.left_filter))
        if self.resumed or settings.leaves:
            # The queue arrives before the SUBACK and may exceed the unacknowledged limit, so don't wait for the SUBACK.
            self._handshake.set_result(self.resumed)
            self._unsubscribe_retained()

    def _subscribed(self, packet: mqtt5.SubAckPacket) -> None:
        settings = self._settings
        if packet.packet_id == packets.RETAINED:
            asyncio.get_running_loop().call_later(_RETAINED_WITHIN_S, self._unsubscribe_retained)
        elif (refused := packets.refusal(packet)) is not None:
            self._refuse(f"subscription {settings.topic_filter} refused: {refused}")
        elif not self._handshake.done():
            self._handshake.set_result(False)
            if settings.retained_filter is not None:
                self._hears_twice = True
                self._write(packets.subscribe_retained(settings.retained_filter))

    def _unsubscribe_retained(self) -> None:
        if self._settings.retained_filter is not None:
            self._hears_twice = True
            self._write(packets.leave_retained(self._settings.retained_filter))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _ping_later(self) -> None:
        self._pinger = asyncio.get_running_loop().call_later(self._settings.keep_alive_s / 2, self._ping)

    def _ping(self) -> None:
        """Any packet counts as a sign of life: the PINGRESP may be behind a long queue."""
        if self._silent and self._reading:
            self._abort("broker fell silent")
            return
        self._silent = True
        self._write(packets.PING)
        self._ping_later()

    def _refuse(self, reason: str, kind: type[BrokerUnavailableError] = BrokerUnavailableError) -> None:
        self._end(reason, kind)
        if self._transport is not None:
            self._transport.close()

    def _end(self, reason: str, kind: type[BrokerUnavailableError] = BrokerUnavailableError) -> None:
        if self._fault is None:
            self._fault = kind(f"broker {self._settings.host}:{self._settings.port}: {reason}")
        if self._pinger is not None:
            self._pinger.cancel()
        if not self._handshake.done():
            self._handshake.set_exception(self._fault)
        self._wake.set()

    def _raise_if_over(self) -> None:
        if self._fault is not None:
            raise self._fault
