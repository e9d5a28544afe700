"""Ingest: builds the MQTT 5 packets that the server sends to the broker."""

from collections.abc import Sequence
from typing import Final

import mqtt5

from telemetry.ingest.arrival import Arrival

PING: Final = mqtt5.PingReqPacket().write()
GOODBYE: Final = mqtt5.DisconnectPacket().write()
GOODBYE_FOR_GOOD: Final = mqtt5.DisconnectPacket(session_expiry_interval=0).write()
"""Session expiry 0 on DISCONNECT: the broker deletes the session and its queue (MQTT 5, 3.14.2.2.2)."""
# Packet ids of our subscriptions and of our PUBLISH.
FLEET: Final = 1
RETAINED: Final = 2
_LEFT: Final = 3
_PUBLISHED: Final = 4
# The codec's reason codes are not integers, although its stub says so.
_GRANTED: Final = (
    mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE,
    mqtt5.SubAckReasonCode.GRANTED_QOS_AT_MOST_ONCE,
)


def subscribe_fleet(*topic_filters: str) -> bytes:
    """SUBSCRIBE to new messages. Sent on every connection, so that a changed filter takes effect."""
    return _subscribe(FLEET, topic_filters, mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS)


def subscribe_retained(topic_filter: str) -> bytes:
    """SUBSCRIBE to retained messages. The subscription identifier marks what arrives through this subscription."""
    return _subscribe(RETAINED, (topic_filter,), mqtt5.RetainHandling.SEND_ALWAYS, RETAINED)


def is_copy(packet: mqtt5.PublishPacket) -> bool:
    """Return whether *packet* is a live message that also arrives through the shared subscription."""
    return not packet.retain and RETAINED in packet.subscription_ids


def acknowledge_copy(packet: mqtt5.PublishPacket) -> bytes:
    """Return a PUBACK for *packet*, or nothing at QoS 0."""
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
    """UNSUBSCRIBE; messages that are already queued still arrive."""
    return mqtt5.UnsubscribePacket(_LEFT, [topic_filter]).write()


def leave_retained(topic_filter: str) -> bytes:
    """UNSUBSCRIBE from the filter of `subscribe_retained`."""
    return mqtt5.UnsubscribePacket(RETAINED, [topic_filter]).write()


def refusal(packet: mqtt5.SubAckPacket) -> str | None:
    """Return the broker's reason for refusing a subscription, or None if it granted it."""
    refused = [code.name for code in packet.reason_codes if code not in _GRANTED]
    return refused[0] if refused else None


def publish(topic: str, payload: bytes) -> bytes:
    """PUBLISH with QoS 1."""
    return mqtt5.PublishPacket(topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=_PUBLISHED).write()


def acknowledge(arrivals: Sequence[Arrival]) -> bytes:
    """Return a PUBACK for each QoS 1 message, in the order of *arrivals*."""
    receipts = [arrival.receipt for arrival in arrivals if arrival.receipt]
    return b"".join([b"\x40\x02" + receipt.to_bytes(2) for receipt in receipts])
