"""What ingest's end of MQTT 5 says to the broker, as bytes."""

from collections.abc import Sequence
from typing import Final

import mqtt5

from telemetry.ingest.arrival import Arrival

PING: Final = mqtt5.PingReqPacket().write()
GOODBYE: Final = mqtt5.DisconnectPacket().write()
GOODBYE_FOR_GOOD: Final = mqtt5.DisconnectPacket(session_expiry_interval=0).write()
"""The broker drops the session with whatever waits in it (MQTT 5, 3.14.2.2.2)."""
# Packet ids of what we ask for, and of what we publish.
FLEET: Final = 1
RETAINED: Final = 2
_LEFT: Final = 3
_PUBLISHED: Final = 4
# The codec's reason codes are no integers, whatever its stub says.
_GRANTED: Final = (
    mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE,
    mqtt5.SubAckReasonCode.GRANTED_QOS_AT_MOST_ONCE,
)


def subscribe_fleet(*topic_filters: str) -> bytes:
    """Ask for what is published from now on; again at every connection, so that a changed filter takes effect."""
    return _subscribe(FLEET, topic_filters, mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS)


def subscribe_retained(topic_filter: str) -> bytes:
    """Ask for what the broker retains; a subscription identifier tells what is published meanwhile from the rest."""
    return _subscribe(RETAINED, (topic_filter,), mqtt5.RetainHandling.SEND_ALWAYS, RETAINED)


def is_copy(packet: mqtt5.PublishPacket) -> bool:
    """Whether it comes only because we asked for what is retained, and comes by the shared subscription too."""
    return not packet.retain and RETAINED in packet.subscription_ids


def acknowledge_copy(packet: mqtt5.PublishPacket) -> bytes:
    """A PUBACK for *packet*, if it wants one."""
    return b"" if packet.packet_id is None else mqtt5.PubAckPacket(packet.packet_id).write()


def _subscribe(
    packet_id: int,
    topic_filters: Sequence[str],
    retained: mqtt5.RetainHandling,
    subscription_id: int | None = None,
) -> bytes:
    wanted = [
        mqtt5.TopicFilter(
            topic_filter, max_qos=mqtt5.QoS.AT_LEAST_ONCE, retain_as_published=False, retain_handling=retained
        )
        for topic_filter in topic_filters
    ]
    return mqtt5.SubscribePacket(packet_id, wanted, subscription_id=subscription_id).write()


def leave(topic_filter: str) -> bytes:
    """Ask for no more of it; what waits already still comes."""
    return mqtt5.UnsubscribePacket(_LEFT, [topic_filter]).write()


def leave_retained(topic_filter: str) -> bytes:
    """End what `subscribe_retained` asked for."""
    return mqtt5.UnsubscribePacket(RETAINED, [topic_filter]).write()


def refusal(packet: mqtt5.SubAckPacket) -> str | None:
    """The broker's word for why it refused a subscription, or None where it didn't."""
    refused = [code.name for code in packet.reason_codes if code not in _GRANTED]
    return refused[0] if refused else None


def publish(topic: str, payload: bytes) -> bytes:
    """Say something, and want it acknowledged."""
    return mqtt5.PublishPacket(topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=_PUBLISHED).write()


def acknowledge(arrivals: Sequence[Arrival]) -> bytes:
    """A PUBACK for each that came with QoS 1, in the order of *arrivals*."""
    receipts = [arrival.receipt for arrival in arrivals if arrival.receipt]
    return b"".join([b"\x40\x02" + receipt.to_bytes(2) for receipt in receipts])
