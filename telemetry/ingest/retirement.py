"""Ingest: drain the session of a worker that won't return, and remove it from the shared subscription.

A broker keeps dealing messages to disconnected members of a shared subscription (MQTT 5, 4.8.2). They wait in the
member's session and are lost when it ends.
"""

from typing import Final

from telemetry.ingest.session import Mqtt5Session
from telemetry.ingest.writer import Outcome, Writer

_BATCH: Final = 4096
_DRAINED_S: Final = 5.0
"""Seconds without a message, with nothing unacknowledged, after which the queue counts as empty."""


async def take_leave(session: Mqtt5Session, writer: Writer) -> Outcome:
    """Store everything queued in *session*, which was opened with `leaves`; then delete it at the broker.

    Raises BrokerUnavailableError and DatabaseUnavailableError. Nothing is lost: call it again.
    """
    outcome = Outcome()
    try:
        while session.resumed and (arrivals := await session.take(_BATCH, _DRAINED_S)):
            for arrival in arrivals:
                arrival.queued = True
            outcome.add(await writer.write(arrivals))
            session.acknowledge(arrivals)
        await session.forget()
    finally:
        await session.close()
    return outcome
