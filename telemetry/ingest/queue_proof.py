"""Ingest: test whether the broker keeps the messages it acknowledges while the server is disconnected.

mosquitto 2.0.12 to 2.0.22 with `per_listener_settings true` acknowledge such messages and silently drop them.
"""

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Final

from telemetry.domain.errors import QueueNotKeptError
from telemetry.domain.topics import topic_of
from telemetry.ingest.session import Mqtt5Session, SessionSettings

_EXPIRY_S: Final = 60
"""Session expiry in seconds; removes what an interrupted test leaves at the broker."""


async def prove_queue(settings: SessionSettings, patience_s: float = 20.0) -> datetime | None:
    """Disconnect, publish, reconnect and expect the message; return when the broker's certificate expires, if it has one.

    *settings* gives the broker and the login.

    The message is a command to a recorder that doesn't exist: no worker reads it and no recorder receives it. Raises
    QueueNotKeptError, naming the setting that is probably wrong, if the broker lost it, and BrokerUnavailableError.
    """
    proof = f"proof-{secrets.token_hex(8)}"
    topic = topic_of(proof, "command")
    absent = replace(
        settings, client_id=f"{settings.client_id}-{proof}", topic_filter=topic, session_expiry_s=_EXPIRY_S
    )
    await (await Mqtt5Session.open(absent)).close()
    try:
        await _publish(absent, topic, patience_s)
    except QueueNotKeptError:
        await (await Mqtt5Session.open(absent)).forget()
        raise
    # If this is cancelled, the broker lets the session expire: opening it once more could hold up the cancellation.
    back = await Mqtt5Session.open(absent)
    waited = await back.take(1, patience_s) if back.resumed else []
    expires_at = back.certificate_expires_at
    await back.forget()
    if not back.resumed:
        raise QueueNotKeptError(
            "the broker forgets a session whose client is away (session expiry): all that comes meanwhile is lost"
        )
    if not waited:
        raise QueueNotKeptError(
            "the broker acknowledges what comes for a session that is away, and drops it. mosquitto: "
            "`per_listener_settings` must be false, with one password_file and one acl_file for all listeners "
            "(broker/production/mosquitto.conf); and `max_queued_messages` must be far above its default of 1,000"
        )
    return expires_at


async def _publish(absent: SessionSettings, topic: str, patience_s: float) -> None:
    """Publish to *topic* and receive it in a connected session, so that a loss can't be caused by missing rights."""
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
