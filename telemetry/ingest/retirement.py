"""Ingest: what waits for a worker that won't come back is taken in, and its place in the group given up.

A broker goes on dealing a shared subscription's messages to a member that is away (MQTT 5, 4.8.2): they wait in its
session, and end with it.
"""

from typing import Final

from telemetry.ingest.session import Mqtt5Session
from telemetry.ingest.writer import Outcome, Writer

_BATCH: Final = 4096
_DRAINED_S: Final = 5.0
"""A broker that has said nothing for so long, although nothing is unacknowledged, has nothing more."""


async def take_leave(session: Mqtt5Session, writer: Writer) -> Outcome:
    """Store all that waits in *session*, which was opened with `leaves`; then the broker forgets it.

    Raises BrokerUnavailableError and DatabaseUnavailableError: nothing is lost, begin again.
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
