"""Topic names of the wire contract, version 1, and of mosquitto; no other module spells them."""

import re
from typing import Final

PREFIX: Final = "recorder/v1"
UPLINK_KINDS: Final = frozenset(
    {"presence", "heartbeat", "battery", "storage", "recording", "location", "event", "backlog", "reply"}
)
BROKER_LOG: Final = "$SYS/broker/log/N"
"""mosquitto's log; its notices report logins."""
BROKER_UPTIME: Final = "$SYS/broker/uptime"
BROKER_DROPPED: Final = "$SYS/broker/publish/messages/dropped"
"""Number of messages mosquitto has dropped since its start."""
BROKER_TOPICS: Final = (BROKER_LOG, BROKER_UPTIME, BROKER_DROPPED)
"""Everything the server reads from mosquitto about itself."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


def is_id(text: str) -> bool:
    """Return whether *text* is an id of the contract: 1-32 characters of `A-Z a-z 0-9 _ -`."""
    return _ID.fullmatch(text) is not None


def topic_of(recorder_id: str, kind: str) -> str:
    """Return the topic on which *recorder_id* publishes *kind*."""
    return f"{PREFIX}/{recorder_id}/{kind}"


def recorder_of(topic: str) -> str | None:
    """Return the recorder of a topic, at any depth and of any kind; None outside the contract."""
    levels = topic.split("/", 3)
    ours = len(levels) == 4 and f"{levels[0]}/{levels[1]}" == PREFIX and is_id(levels[2])
    return levels[2] if ours else None


def is_downlink(topic: str) -> bool:
    """Return whether *topic* carries commands to a recorder; a wide subscription receives our own commands again."""
    return topic.endswith("/command") and topic.startswith(f"{PREFIX}/") and topic.count("/") == 3


def uplink_filter(share: str | None = None) -> str:
    """Return the subscription filter for all recorders; with *share*, a shared one (MQTT 5, 4.8.2).

    It also matches deeper topics than the contract's, so that messages there are rejected visibly, not lost.
    """
    everything = f"{PREFIX}/#"
    return everything if share is None else f"$share/{share}/{everything}"
