"""Test helper: a subscriber to the whole simulated fleet."""

import asyncio
from collections.abc import Callable, Iterable

import mqtt5

from device_sim.transport.mqtt5_client import BrokerAddress
from telemetry.domain.decode import decode
from telemetry.domain.readings import Decoded, Envelope, Reading


class Listener(asyncio.Protocol):
    """Subscribes to the whole fleet by MQTT 5, acknowledges and records messages."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.is_subscribed = asyncio.Event()
        self._something_came = asyncio.Event()
        self._partial = b""

    async def wait_until(self, is_so: Callable[[list[tuple[str, bytes]]], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so(self.heard):
                self._something_came.clear()
                await self._something_came.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(mqtt5.ConnectPacket("listener", clean_start=True).write())

    def data_received(self, data: bytes) -> None:
        data = self._partial + data
        offset = 0
        while offset < len(data):
            try:
                packet, size = mqtt5.read(memoryview(data)[offset:])
            except IndexError:
                break
            offset += size
            match packet:
                case mqtt5.ConnAckPacket():
                    everything = mqtt5.TopicFilter(
                        "recorder/#", max_qos=mqtt5.QoS.AT_LEAST_ONCE, retain_handling=mqtt5.RetainHandling.SEND_NEVER
                    )
                    self._transport.write(mqtt5.SubscribePacket(1, [everything]).write())
                case mqtt5.SubAckPacket():
                    self.is_subscribed.set()
                case mqtt5.PublishPacket():
                    self.heard.append((packet.topic, packet.payload))
                    self._something_came.set()
                    if packet.packet_id is not None:
                        self._transport.write(mqtt5.PubAckPacket(packet.packet_id).write())
        self._partial = data[offset:]


async def listen_to(address: BrokerAddress) -> Listener:
    _, listener = await asyncio.get_running_loop().create_connection(Listener, address.host, address.port)
    await asyncio.wait_for(listener.is_subscribed.wait(), 5)
    return listener


def names_of(heard: Iterable[tuple[str, bytes]]) -> list[tuple[str, str, int]]:
    """The (recorder, boot, seq) of every message, envelopes and what is in them too; all must be accepted."""
    return [name for topic, payload in heard for name in _names(decode(topic, payload))]


def _names(decoded: Decoded) -> list[tuple[str, str, int]]:
    match decoded:
        case Envelope():
            inner = [name for item in decoded.items for name in _names(item)]
            return [(decoded.recorder_id, decoded.boot, decoded.seq), *inner]
        case Reading():
            seq = getattr(decoded.body, "seq", None)
            return [] if seq is None else [(decoded.recorder_id, decoded.body.boot, seq)]
        case _:
            raise AssertionError(f"not accepted: {decoded}")
