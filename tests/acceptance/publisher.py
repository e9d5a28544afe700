"""Tests: one MQTT client that publishes whatever it is given, on whatever topic, and waits for every acknowledgement."""

import asyncio
from collections.abc import Iterable

from device_sim.transport.mqtt5_client import BrokerAddress, ConnectOptions, MqttClient, open_mqtt5

_WINDOW = 200


class Publisher:
    """Publishes at QoS 1, at most 200 at a time without an acknowledgement."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self._in_flight: set[int] = set()
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changed = asyncio.Event()
        self._fault: str | None = None
        self._is_done = False

    async def publish(self, address: BrokerAddress, messages: Iterable[tuple[str, bytes]]) -> None:
        """Publish all *messages*. Raises ConnectionError where the broker ends the connection."""
        options = ConnectOptions("publisher", None, clean_start=True)
        client = await open_mqtt5(address, options, self)
        await self._opened
        for number, (topic, payload) in enumerate(messages):
            packet_id = number % 65_000 + 1
            await self._until_at_most(_WINDOW - 1)
            self._in_flight.add(packet_id)
            client.publish(topic, payload, packet_id, retain=False, duplicate=False)
        await self._until_at_most(0)
        self._is_done = True
        client.close()

    async def _until_at_most(self, count: int) -> None:
        while len(self._in_flight) > count:
            if self._fault is not None:
                raise ConnectionError(self._fault)
            self._changed.clear()
            await self._changed.wait()

    def client_connected(self, client: MqttClient, *, session_present: bool, receive_max: int) -> None:  # noqa: ARG002 - the protocol's shape
        self._opened.set_result(None)

    def client_acknowledged(self, client: MqttClient, packet_id: int, *, accepted: bool) -> None:  # noqa: ARG002
        self._in_flight.discard(packet_id)
        self.acknowledged += accepted
        self._changed.set()

    def client_received(self, client: MqttClient, topic: str, payload: bytes) -> None:
        """It subscribes to nothing that anybody says."""

    def client_disconnected(self, client: MqttClient, reason: str) -> None:  # noqa: ARG002
        if not self._is_done:
            self._fault = reason
        if not self._opened.done():
            self._opened.set_exception(ConnectionError(reason))
        self._changed.set()
