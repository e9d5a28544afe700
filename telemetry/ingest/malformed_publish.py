"""What can be saved of a PUBLISH that the codec refuses: its topic, its bytes, and the number to acknowledge it by."""

import mqtt5

_PUBLISH = 3
_MAX_LENGTH_BYTES = 4


def publish_despite(fault: BaseException, data: memoryview) -> tuple[mqtt5.PublishPacket, int] | None:
    """The PUBLISH at the start of *data* that the codec refused with *fault*, and its size; None if it is no whole one.

    The codec panics (a BaseException) on a topic that is no UTF-8; one packet is not worth a session. Raises *fault*
    where it isn't the codec's.
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
    """Topic, payload, packet id (0 at QoS 0) and size of the first packet in *data* (MQTT 5, 2.1 and 3.3).

    Without its properties told apart, the payload begins with them. None if it is no whole PUBLISH.
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
    """Where the variable header starts, and how many bytes follow; None if not all is there."""
    value = 0
    for i in range(1, _MAX_LENGTH_BYTES + 1):
        if i >= len(data):
            return None
        value |= (data[i] & 0x7F) << (7 * (i - 1))
        if data[i] < 0x80:
            return i + 1, value
    return None
