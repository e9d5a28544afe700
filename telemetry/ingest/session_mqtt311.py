"""Ingest: an MQTT 3.1.1 session through aiomqtt (for amqtt).

It gives a weaker guarantee: the client acknowledges on receipt, not after storage, and 3.1.1 has no receive maximum.
Killing the process loses what is in memory. Use it for a demo or a laptop, not in production.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack

import aiomqtt

from telemetry.domain.clock import Now
from telemetry.domain.errors import BrokerUnavailableError
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.session import SessionSettings


class Mqtt311Session:
    """Has the interface of `Mqtt5Session`; `acknowledge` does nothing."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._arrived: deque[Arrival] = deque()
        self._wake = asyncio.Event()
        self._fault: str | None = None
        self._stack = AsyncExitStack()
        self.resumed = False

    @classmethod
    async def open(cls, settings: SessionSettings) -> "Mqtt311Session":
        """Connect and subscribe. Raises BrokerUnavailableError."""
        session = cls(settings.now)
        client = aiomqtt.Client(
            settings.host,
            settings.port,
            username=settings.username,
            password=settings.password,
            identifier=settings.client_id,
            protocol=aiomqtt.ProtocolVersion.V311,
            tls_context=settings.tls,
            clean_session=False,
            keepalive=settings.keep_alive_s,
            timeout=settings.connect_timeout_s,
        )
        try:
            await session._stack.enter_async_context(client)
            await client.subscribe(settings.topic_filter, qos=1)
        except aiomqtt.MqttError as fault:
            await session.close()
            raise BrokerUnavailableError(f"broker {settings.host}:{settings.port}: {fault}") from fault
        receiving = asyncio.create_task(session._receive(client))
        session._stack.callback(receiving.cancel)
        return session

    @property
    def waiting(self) -> int:
        """Number of messages that `take` would return at once."""
        return len(self._arrived)

    async def take(self, limit: int, idle_s: float) -> list[Arrival]:
        """Return up to *limit* messages, or none after *idle_s* seconds. Raises BrokerUnavailableError."""
        if not self._arrived:
            if self._fault is not None:
                raise BrokerUnavailableError(self._fault)
            self._wake.clear()
            try:
                async with asyncio.timeout(idle_s):
                    await self._wake.wait()
            except TimeoutError:
                return []
        return [self._arrived.popleft() for _ in range(min(limit, len(self._arrived)))]

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        """Do nothing: aiomqtt has already acknowledged them."""

    async def close(self) -> None:
        """Disconnect."""
        try:
            await self._stack.aclose()
        except aiomqtt.MqttError:
            self._fault = self._fault or "connection lost"

    async def _receive(self, client: aiomqtt.Client) -> None:
        try:
            async for message in client.messages:
                payload = message.payload if isinstance(message.payload, bytes) else b""
                self._arrived.append(Arrival(str(message.topic), payload, self._now(), retained=bool(message.retain)))
                self._wake.set()
        except aiomqtt.MqttError as fault:
            self._fault = f"broker: {fault}"
        self._wake.set()
