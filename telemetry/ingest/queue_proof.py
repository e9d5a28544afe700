"""Ingest's own doubt: does the broker keep what it acknowledges while we are away? Tried out, whatever broker it is.

mosquitto 2.0.12 to 2.0.22 with `per_listener_settings true` acknowledge such messages and drop them without a word.
"""

import secrets
from dataclasses import replace
from typing import Final

from telemetry.domain.errors import QueueNotKeptError
from telemetry.domain.topics import topic_of
from telemetry.ingest.session import Mqtt5Session, SessionSettings

_EXPIRY_S: Final = 60
"""What is left behind by a proof that is cut off is gone after this."""


async def prove_queue(settings: SessionSettings, patience_s: float = 20.0) -> None:
    """Go away, publish, come back, find the message; *settings* say where and as whom.

    The message is a command to a recorder that there isn't: no worker takes it for a reading, no recorder hears it.
    Raises QueueNotKeptError where the broker forgot it, with the setting that is probably wrong, and
    BrokerUnavailableError.
    """
    proof = f"proof-{secrets.token_hex(8)}"
    topic = topic_of(proof, "command")
    absent = replace(
        settings, client_id=f"{settings.client_id}-{proof}", topic_filter=topic, session_expiry_s=_EXPIRY_S
    )
    await (await Mqtt5Session.open(absent)).close()
    try:
        await _publish(absent, topic, patience_s)
    finally:
        back = await Mqtt5Session.open(absent)
        waited = await back.take(1, patience_s) if back.resumed else []
        await back.forget()
    if not back.resumed:
        raise QueueNotKeptError(
            "the broker forgets a session whose client is away (session expiry): all that comes meanwhile is lost"
        )
    if not waited:
        raise QueueNotKeptError(
            "the broker acknowledges what comes for a session that is away, and drops it. mosquitto: "
            "`per_listener_settings` must be false, with one password_file and one acl_file for all listeners "
            "(broker/production/mosquitto.conf); and `max_queued_messages` must be 0"
        )


async def _publish(absent: SessionSettings, topic: str, patience_s: float) -> None:
    """Publish to *topic* and hear it by a session that is there, so that it isn't for want of rights if it is lost."""
    present = await Mqtt5Session.open(replace(absent, client_id=f"{absent.client_id}-2", session_expiry_s=0))
    try:
        present.publish(topic, b"{}")
        if not await present.take(1, patience_s):
            raise QueueNotKeptError(
                f"whether the broker keeps what comes for an absent session can't be tried: {absent.username or 'nobody'} "
                f"doesn't hear what it publishes to {topic}; it may write recorder/v1/+/command and read recorder/v1/#"
            )
    finally:
        await present.forget()
