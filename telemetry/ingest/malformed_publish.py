"""Ingest, MQTT 5: recover topic, payload and packet id of a PUBLISH that the codec can't parse, to acknowledge it."""

import mqtt5

_PUBLISH = 3
_MAX_LENGTH_BYTES = 4


def publish_despite(fault: BaseException, data: memoryview) -> tuple[mqtt5.PublishPacket, int] | None:
    """Return the PUBLISH at the start of *data* that made the codec fail with *fault*, and its size in bytes.

    None if the packet is incomplete. Raises *fault* if it didn't come from the codec. The codec panics (a
    BaseException) on a topic that isn't UTF-8; one bad packet must not end the session.
    """
    if not isinstance(fault, Exception) and "Panic" not in type(fault).__name__:
        raise fault
    saved = salvage_publish(data)
    if saved is None:
        return None
    topic, payload, receipt, size = saved
    qos = mqtt5.QoS.AT_LEAST_ONCE if receipt else mqtt5.QoS.AT_MOST_ONCE
    return mqtt5.PublishPacket(topic, payload, qos=qos, packet_id=receipt or None), size


def salvage_publish(data: memoryview) -> tuple[str, bytes, int, int] | None:
    """Return topic, payload, packet id (0 at QoS 0) and size in bytes of the first packet (MQTT 5, 2.1 and 3.3).

    The payload still starts with the properties, which are not parsed. None if *data* holds no complete PUBLISH.
    """
    header = _remaining_length(data)
    if header is None or data[0] >> 4 != _PUBLISH:
        return None
    start, length = header
    end = start + length
    qos = (data[0] >> 1) & 3
    topic_end = start + 2 + int.from_bytes(data[start : start + 2])
    if end > len(data) or topic_end + (2 if qos else 0) > end:
        return None
    topic = bytes(data[start + 2 : topic_end]).decode("utf-8", "backslashreplace")
    receipt = int.from_bytes(data[topic_end : topic_end + 2]) if qos else 0
    return topic, bytes(data[topic_end + (2 if qos else 0) : end]), receipt, end


def _remaining_length(data: memoryview) -> tuple[int, int] | None:
    """Return the offset of the variable header and the remaining length in bytes; None if they are incomplete."""
    value = 0
    for i in range(1, _MAX_LENGTH_BYTES + 1):
        if i >= len(data):
            return None
        value |= (data[i] & 0x7F) << (7 * (i - 1))
        if data[i] < 0x80:
            return i + 1, value
    return None
