"""An MQTT 3.1.1 client with aiomqtt, for brokers without MQTT 5 (amqtt) and small fleets.

It promises less than the MQTT 5 client: no session is resumed, so unacknowledged messages are published again after a
reconnect. It can't fall silent either: `go_silent` cuts the connection, and the will is published then.
"""

import asyncio
import logging
import socket
from typing import Final, cast

import aiomqtt

from device_sim.transport.mqtt5_client import (
    KEEP_ALIVE_S,
    LOGIN_REFUSED,
    BrokerAddress,
    ClientOwner,
    ConnectOptions,
    MqttClient,
)

_OPEN_TIMEOUT_S: Final = 20.0
_RECEIVE_MAX: Final = 20
_REFUSED: Final = (4, 5, 134, 135)
"""Return codes of a CONNACK for a bad name or secret and a missing right, in MQTT 3.1.1's and in paho's numbers."""
# paho logs every lost connection; the owner is notified anyway.
_LOGGER: Final = logging.getLogger("device_sim.mqtt311")
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False


class Mqtt311Client:
    """One MQTT 3.1.1 connection, kept by a task of its own."""

    def __init__(self, address: BrokerAddress, options: ConnectOptions, owner: ClientOwner) -> None:
        self._options = options
        self._owner: ClientOwner | None = owner
        self._publishing: set[asyncio.Task[None]] = set()
        will = options.will
        self._client = aiomqtt.Client(
            address.host,
            address.port,
            identifier=options.client_id,
            username=options.client_id,
            password=options.password,
            logger=_LOGGER,
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
            will=None if will is None else aiomqtt.Will(will.topic, will.payload, qos=1, retain=True),
            keepalive=KEEP_ALIVE_S,
            tls_context=address.tls,
            timeout=_OPEN_TIMEOUT_S,
            max_inflight_messages=_RECEIVE_MAX,
            max_concurrent_outgoing_calls=None,
        )
        self._keeping = asyncio.ensure_future(self._keep())

    @property
    def is_alive(self) -> bool:
        """Whether the owner has not been notified of its end yet."""
        return self._owner is not None

    def publish(self, topic: str, payload: bytes, packet_id: int, *, retain: bool, duplicate: bool) -> None:  # noqa: ARG002
        """Send a QoS 1 PUBLISH. aiomqtt can't mark it as a duplicate."""
        task = asyncio.ensure_future(self._publish(topic, payload, packet_id, retain=retain))
        self._publishing.add(task)
        task.add_done_callback(self._publishing.discard)

    def close(self) -> None:
        """Send DISCONNECT: the broker discards the will."""
        self._keeping.cancel()

    def abort(self) -> None:
        """Cut the connection at once: the broker publishes the will."""
        transport = self._client._client.socket()  # noqa: SLF001 - aiomqtt has no way to drop a connection
        if transport is not None:
            cast("socket.socket", transport).shutdown(socket.SHUT_RDWR)

    def go_silent(self, cut_after_s: float | None = None) -> None:
        """Publish no more, and cut the connection now or after *cut_after_s* seconds: aiomqtt can't fall silent."""
        self._notify_closed("vanished")
        if cut_after_s is None:
            self.abort()
        else:
            asyncio.get_running_loop().call_later(cut_after_s, self.abort)

    async def _keep(self) -> None:
        reason = "closed"
        try:
            async with self._client:
                await self._client.subscribe(f"recorder/v1/{self._options.client_id}/command", qos=1)
                if self._owner is not None:
                    self._owner.client_connected(self, session_present=False, receive_max=_RECEIVE_MAX)
                async for message in self._client.messages:
                    if self._owner is not None and isinstance(message.payload, bytes):
                        self._owner.client_received(self, message.topic.value, message.payload)
        except (aiomqtt.MqttError, OSError) as fault:
            refused = isinstance(fault, aiomqtt.MqttCodeError) and fault.rc in _REFUSED
            reason = LOGIN_REFUSED if refused else str(fault) or "connection lost"
        finally:
            self._notify_closed(reason)

    async def _publish(self, topic: str, payload: bytes, packet_id: int, *, retain: bool) -> None:
        try:
            await self._client.publish(topic, payload, qos=1, retain=retain, timeout=float("inf"))
        except (aiomqtt.MqttError, ValueError):
            return
        if self._owner is not None:
            self._owner.client_acknowledged(self, packet_id, accepted=True)

    def _notify_closed(self, reason: str) -> None:
        owner, self._owner = self._owner, None
        for task in self._publishing:
            task.cancel()
        if owner is not None:
            owner.client_disconnected(self, reason)


async def open_mqtt311(address: BrokerAddress, options: ConnectOptions, owner: ClientOwner) -> MqttClient:
    """Start to connect; *owner* is notified of the outcome."""
    return Mqtt311Client(address, options, owner)
