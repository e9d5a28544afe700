"""Ingest's end of MQTT 5: a persistent session that acknowledges when it is told to, not when it receives.

Back-pressure is the protocol's own: the broker is told to stop at `receive_maximum` unacknowledged messages (MQTT 5,
3.3.4). mosquitto 2.0.11 forgets that at the first acknowledgement while its queue is long, and even gives two messages
the same packet id then; so reading stops as well, at twice that number or at `max_unacknowledged_bytes`, and TCP does
the rest.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

import mqtt5

from telemetry.domain.errors import BrokerUnavailableError
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.salvage import salvage_publish

_QOS_1: Final = mqtt5.QoS.AT_LEAST_ONCE
# The codec's reason codes are no integers, whatever its stub says.
_GRANTED: Final = (
    mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE,
    mqtt5.SubAckReasonCode.GRANTED_QOS_AT_MOST_ONCE,
)
_PINGREQ: Final = mqtt5.PingReqPacket().write()


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Where the broker is and how much may wait here.

    `session_expiry_s`: how long the broker keeps what we missed. `keep_alive_s`: seconds between pings.
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


class Mqtt5Session(asyncio.Protocol):
    """One connection of a persistent session; it is over when the connection is."""

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._buffer = bytearray()
        self._arrived: deque[Arrival] = deque()
        self._held = 0
        self._held_bytes = 0
        self._reading = True
        self._wake = asyncio.Event()
        self._fault: str | None = None
        self._transport: asyncio.Transport | None = None
        self._handshake: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._pinger: asyncio.TimerHandle | None = None
        self._ping_unanswered = False
        self.resumed = False

    @classmethod
    async def open(cls, settings: SessionSettings) -> "Mqtt5Session":
        """Connect, resume or begin the session, subscribe. Raises BrokerUnavailableError with the broker's word."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(settings.connect_timeout_s):
                _, session = await loop.create_connection(
                    lambda: cls(settings), settings.host, settings.port, ssl=settings.tls
                )
                session.resumed = await session._handshake  # noqa: SLF001 - its own class
        except (OSError, TimeoutError) as fault:
            raise BrokerUnavailableError(f"broker {settings.host}:{settings.port}: {fault or 'no answer'}") from fault
        return session

    async def take(self, limit: int, idle_s: float) -> list[Arrival]:
        """Up to *limit* messages, at least one; an empty list after *idle_s* seconds without any.

        Raises BrokerUnavailableError once the connection is gone; what was not acknowledged comes again.
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
        """Messages that `take` would give at once."""
        return len(self._arrived)

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        """Tell the broker that these messages are stored; one that came with QoS 0 needs no telling.

        After the connection is gone this does nothing: the broker sends them again and they are duplicates.
        """
        if self._transport is None or self._transport.is_closing():
            return
        receipts = [arrival.receipt for arrival in arrivals if arrival.receipt]
        self._transport.write(b"".join([b"\x40\x02" + receipt.to_bytes(2) for receipt in receipts]))
        self._held -= len(arrivals)
        self._held_bytes -= sum(len(arrival.payload) for arrival in arrivals)
        if not self._reading and not self._is_full():
            self._reading = True
            self._transport.resume_reading()

    def _is_full(self) -> bool:
        settings = self._settings
        return self._held >= 2 * settings.receive_maximum or self._held_bytes >= settings.max_unacknowledged_bytes

    async def close(self) -> None:
        """Leave; the broker keeps the session and what comes in the meantime."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(mqtt5.DisconnectPacket().write())
            self._transport.close()
        self._end("closed")

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send CONNECT."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
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
        """Wake whoever waits."""
        self._end(str(exc) if exc else "connection closed by the broker")

    def data_received(self, data: bytes) -> None:
        """Take apart what came; a packet that the codec can't read is kept, not fatal."""
        self._buffer += data
        received_at = datetime.now(UTC)
        position = 0
        view = memoryview(self._buffer)
        try:
            while position < len(view):
                try:
                    packet, size = mqtt5.read(view[position:])
                except IndexError:
                    break
                except BaseException as fault:
                    # The codec panics (a BaseException) on a topic that is no UTF-8; one packet is not worth a session.
                    if isinstance(fault, KeyboardInterrupt | SystemExit | asyncio.CancelledError):
                        raise
                    salvaged = salvage_publish(view[position:])
                    if salvaged is None:
                        self._refuse(f"unreadable packet: {fault}")
                        return
                    topic, payload, receipt, size = salvaged
                    self._arrive(Arrival(topic, payload, received_at, receipt=receipt))
                else:
                    if isinstance(packet, mqtt5.PublishPacket):
                        self._arrive(
                            Arrival(
                                packet.topic,
                                packet.payload,
                                received_at,
                                retained=packet.retain,
                                duplicate=packet.duplicate,
                                receipt=packet.packet_id or 0,
                            )
                        )
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

    def _arrive(self, arrival: Arrival) -> None:
        self._arrived.append(arrival)
        self._held += 1
        self._held_bytes += len(arrival.payload)

    def _handle(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.ConnAckPacket():
                self._connected(packet)
            case mqtt5.SubAckPacket():
                refused = [code.name for code in packet.reason_codes if code not in _GRANTED]
                if refused:
                    self._refuse(f"subscription {self._settings.topic_filter} refused: {refused[0]}")
                elif not self._handshake.done():
                    self._handshake.set_result(self.resumed)
            case mqtt5.PingRespPacket():
                self._ping_unanswered = False
            case mqtt5.DisconnectPacket():
                self._end(f"broker disconnected us: {packet.reason_code.name}")
            case _:
                pass

    def _connected(self, packet: mqtt5.ConnAckPacket) -> None:
        if packet.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
            self._refuse(f"login refused: {packet.reason_code.name}")
            return
        self.resumed = packet.session_present
        assert self._transport is not None
        subscribe = mqtt5.SubscribePacket(
            1,
            [
                mqtt5.TopicFilter(
                    self._settings.topic_filter,
                    max_qos=_QOS_1,
                    retain_as_published=False,
                    retain_handling=mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS,
                )
            ],
        )
        self._transport.write(subscribe.write())
        self._ping_later()

    def _ping_later(self) -> None:
        self._pinger = asyncio.get_running_loop().call_later(self._settings.keep_alive_s / 2, self._ping)

    def _ping(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._ping_unanswered and self._reading:
            self._transport.abort()
            self._end("broker did not answer a ping")
            return
        self._ping_unanswered = True
        self._transport.write(_PINGREQ)
        self._ping_later()

    def _refuse(self, reason: str) -> None:
        self._end(reason)
        if self._transport is not None:
            self._transport.close()

    def _end(self, reason: str) -> None:
        if self._fault is None:
            self._fault = reason
        if self._pinger is not None:
            self._pinger.cancel()
        if not self._handshake.done():
            settings = self._settings
            text = f"broker {settings.host}:{settings.port}: {self._fault}"
            self._handshake.set_exception(BrokerUnavailableError(text))
        self._wake.set()

    def _raise_if_over(self) -> None:
        if self._fault is not None:
            raise BrokerUnavailableError(f"broker {self._settings.host}:{self._settings.port}: {self._fault}")
