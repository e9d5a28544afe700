"""`record`: write the messages of a live broker to a trace file."""

import gzip
from collections.abc import Callable
from pathlib import Path

from telemetry.domain.trace import TraceLine, spell_line
from telemetry.ingest.session import Mqtt5Session, SessionSettings


async def capture(settings: SessionSettings, path: Path, told: Callable[[int], None]) -> None:
    """Write every arriving message to *path* (gzip if it ends in `.gz`) until cancelled.

    Messages are acknowledged once they are in the file's buffer. `told` is called with the number of lines. Raises
    BrokerUnavailableError when the session is lost; the file is complete up to then.
    """
    session = await Mqtt5Session.open(settings)
    written = 0
    try:
        with gzip.open(path, "ab") if path.name.endswith(".gz") else path.open("ab") as file:
            while True:
                arrivals = await session.take(4096, 1.0)
                for arrival in arrivals:
                    line = TraceLine(arrival.received_at, arrival.topic, arrival.payload, arrival.retained)
                    file.write(spell_line(line))
                session.acknowledge(arrivals)
                written += len(arrivals)
                told(written)
    finally:
        await session.close()
