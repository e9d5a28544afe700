"""Topic names of the wire contract, version 1, and of mosquitto: the only place that spells them."""

import re
from typing import Final

PREFIX: Final = "recorder/v1"
UPLINK_KINDS: Final = frozenset(
    {"presence", "heartbeat", "battery", "storage", "recording", "location", "event", "backlog", "reply"}
)
BROKER_LOG: Final = "$SYS/broker/log/N"
"""mosquitto's own log, of which notices say who logs in."""
BROKER_UPTIME: Final = "$SYS/broker/uptime"
BROKER_DROPPED: Final = "$SYS/broker/publish/messages/dropped"
"""How many messages mosquitto has dropped since its start."""
BROKER_TOPICS: Final = (BROKER_LOG, BROKER_UPTIME, BROKER_DROPPED)
"""What the server hears from mosquitto about itself."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


def is_id(text: str) -> bool:
    """Whether *text* is an id of the contract: 1-32 characters out of `A-Z a-z 0-9 _ -`."""
    return _ID.fullmatch(text) is not None


def topic_of(recorder_id: str, kind: str) -> str:
    """The topic on which *recorder_id* publishes *kind*."""
    return f"{PREFIX}/{recorder_id}/{kind}"


def recorder_of(topic: str) -> str | None:
    """Whose topic it is, at any depth and whatever the kind; None if nobody's of the contract."""
    levels = topic.split("/", 3)
    ours = len(levels) == 4 and f"{levels[0]}/{levels[1]}" == PREFIX and is_id(levels[2])
    return levels[2] if ours else None


def is_downlink(topic: str) -> bool:
    """Whether *topic* carries commands to a recorder: our own words, which a wide subscription hears again."""
    return topic.endswith("/command") and topic.startswith(f"{PREFIX}/") and topic.count("/") == 3


def uplink_filter(share: str | None = None) -> str:
    """The subscription that sees all recorders; with *share*, a shared one (MQTT 5, 4.8.2).

    It sees deeper topics than the contract's too: what a recorder says there is rejected visibly, not lost.
    """
    everything = f"{PREFIX}/#"
    return everything if share is None else f"$share/{share}/{everything}"
