"""Runs amqtt in this process, for machines without mosquitto; `embedded` says what it doesn't promise.

amqtt 0.12 looks up, replaces and deletes sessions by client id *before* it authenticates, so a stranger could end
another recorder's session. Here a CONNECT is checked against the accounts before amqtt sees it.
"""

import asyncio
import logging
import struct
from collections.abc import Iterable, Iterator
from typing import Any, Final, NoReturn

from amqtt.adapters import BufferReader, StreamReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from amqtt.errors import AMQTTError, CodecError, MQTTError, NoDataError
from amqtt.mqtt.connect import ConnectPacket
from amqtt.session import Session

from broker.access import Account, AccountKind
from broker.amqtt_plugin import AccessPlugin, AccountRegistry
from broker.mosquitto_conf import Ports
from telemetry.domain.errors import BrokerUnavailableError

_PLUGIN: Final = f"{AccessPlugin.__module__}.{AccessPlugin.__qualname__}"
_LISTENER: Final = "default"
_CONNECT: Final = 0x10
_MAX_CONNECT_BYTES: Final = 64 * 1024
_CONNECT_S: Final = 10.0
_MQTT_311: Final = 4
_REFUSED_VERSION_5: Final = b"\x20\x03\x00\x84\x00"
"""CONNACK of MQTT 5 with reason 0x84, unsupported protocol version (MQTT 5, 3.2.2.2)."""
_NOT_AUTHORISED: Final = b"\x20\x02\x00\x05"
"""CONNACK of MQTT 3.1.1 with return code 5 (MQTT 3.1.1, 3.2.2.3)."""
_UNREADABLE: Final = (AMQTTError, CodecError, MQTTError, NoDataError, struct.error, ValueError)


class AmqttBroker:
    """amqtt behind a check of the accounts; call `start`, then `reload`, `restart`, `stop`."""

    def __init__(self, host: str, ports: Ports) -> None:
        self._host = host
        self._ports = ports
        self._registry = AccountRegistry()
        self._broker: _Broker | None = None
        self._servers: list[asyncio.Server] = []
        self._connected: dict[asyncio.StreamWriter, str] = {}

    async def start(self, accounts: Iterable[Account]) -> None:
        """Listen on both ports. Raises BrokerUnavailableError if one is in use."""
        self._registry.replace(accounts)
        await self._start()

    async def reload(self, accounts: Iterable[Account]) -> None:
        """Accept only *accounts* from now on; disconnect revoked ones."""
        self._registry.replace(accounts)
        for writer, username in list(self._connected.items()):
            if self._registry.account(username) is None:
                writer.close()

    async def restart(self) -> None:
        """Stop, and start on the same ports; amqtt loses all sessions and messages."""
        await self.stop()
        await self._start()

    async def stop(self) -> None:
        """Close all connections and stop amqtt."""
        for server in self._servers:
            server.close()
        for writer in list(self._connected):
            writer.close()
        if self._broker is not None:
            await self._broker.shutdown()
            self._broker = None
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    async def wait_failed(self) -> NoReturn:
        """Never return: it ends only with this process."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async def _start(self) -> None:
        # amqtt logs every refused connection as an error.
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        listener = ListenerConfig(type=ListenerType.EXTERNAL)
        plugins = {_PLUGIN: {"registry": self._registry}}
        self._broker = _Broker(BrokerConfig(listeners={_LISTENER: listener}, plugins=plugins))
        await self._broker.start()
        try:
            self._servers = [
                await asyncio.start_server(self._accept_recorder, self._host, self._ports.recorders),
                await asyncio.start_server(self._accept_server, self._host, self._ports.server),
            ]
        except OSError as fault:
            await self.stop()
            raise BrokerUnavailableError(f"the amqtt broker can't listen: {fault}") from fault

    async def _accept_recorder(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._accept(reader, writer, "recorder")

    async def _accept_server(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._accept(reader, writer, "server")

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: AccountKind) -> None:
        try:
            async with asyncio.timeout(_CONNECT_S):
                heard = await _read_connect(reader)
                username = await self._admitted(heard, kind)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, *_UNREADABLE):
            writer.close()
            return
        if username is None or self._broker is None:
            writer.write(_REFUSED_VERSION_5 if _protocol_level(heard) > _MQTT_311 else _NOT_AUTHORISED)
            writer.close()
            return
        self._connected[writer] = username
        try:
            await self._broker.external_connected(_Replayed(heard, reader), StreamWriterAdapter(writer), _LISTENER)
        finally:
            self._connected.pop(writer, None)
            writer.close()

    async def _admitted(self, heard: bytes, kind: AccountKind) -> str | None:
        """The user name of a CONNECT that is accepted, or None. Raises what amqtt raises on malformed packets."""
        if _protocol_level(heard) > _MQTT_311:
            return None
        connect = await ConnectPacket.from_stream(BufferReader(heard))
        will_topic = connect.will_topic if connect.will_flag else None
        admitted = self._registry.admits(connect.username, connect.password, connect.client_id, will_topic)
        return connect.username if admitted == kind else None


class _Subscriptions(dict[str, list[tuple[Session, int]]]):
    """Subscriptions that may change while amqtt iterates over them: iteration uses a copy."""

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().__iter__()))

    def items(self) -> Any:  # dict's own view type has no public name
        return {topic: list(sessions) for topic, sessions in super().items()}.items()


class _Broker(Broker):
    """amqtt with two faults corrected.

    It sends a connecting session the retained messages of everybody's subscriptions, and loses a message that it is
    delivering while somebody subscribes ("dictionary changed size during iteration").
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._subscriptions = _Subscriptions()

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        topic_filter, _ = subscription
        if any(holder is session for holder, _ in self._subscriptions.get(topic_filter, ())):
            await super()._publish_retained_messages_for_subscription(subscription, session)


class _Replayed(StreamReaderAdapter):
    """A connection whose first packet was read already."""

    def __init__(self, heard: bytes, reader: asyncio.StreamReader) -> None:
        super().__init__(reader)
        self._heard = heard

    async def read(self, n: int = -1) -> bytes:
        """Return *n* bytes; amqtt never reads beyond a packet's end."""
        if not self._heard:
            return await super().read(n)
        given, self._heard = self._heard[:n], self._heard[n:]
        return given


async def _read_connect(reader: asyncio.StreamReader) -> bytes:
    """Read the first packet. Raises ValueError if it isn't a CONNECT or is too long, and IncompleteReadError."""
    heard = await reader.readexactly(2)
    while heard[-1] & 0x80 and len(heard) < 5:
        heard += await reader.readexactly(1)
    length = sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(heard[1:]))
    if heard[0] != _CONNECT or length > _MAX_CONNECT_BYTES:
        raise ValueError("no CONNECT")
    return heard + await reader.readexactly(length)


def _protocol_level(connect: bytes) -> int:
    """The byte after the protocol's name (MQTT 3.1.1, 3.1.2.2). Raises ValueError."""
    start = next(place for place, byte in enumerate(connect) if place > 0 and not byte & 0x80) + 1
    level = start + 2 + int.from_bytes(connect[start : start + 2])
    if level >= len(connect):
        raise ValueError("no CONNECT")
    return connect[level]
