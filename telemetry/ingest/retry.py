"""Ingest: what was rejected is taken in again where it can be read now, as of when it came."""

from dataclasses import dataclass

from telemetry.domain.decode import decode, decode_inner
from telemetry.domain.readings import Rejection, Rescued
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Outcome, Writer
from telemetry.store.pool import Database
from telemetry.store.rejections import KeptRejection, kept_rejections


@dataclass(slots=True)
class Retried:
    """What became of the rejections: `unreadable` still, `incomplete` because only their beginning was kept."""

    outcome: Outcome
    unreadable: int = 0
    incomplete: int = 0


async def retry_rejections(database: Database, writer: Writer) -> Retried:
    """Take in what can be read now; each is stored, and its rejection gone, in one transaction. Again changes nothing.

    Raises DatabaseUnavailableError: begin again.
    """
    retried = Retried(Outcome())
    async for kept in kept_rejections(database):
        if kept.length > len(kept.payload):
            retried.incomplete += 1
            continue
        arrival = _arrival_of(kept)
        decoded = (decode_inner if arrival.inner else decode)(arrival.topic, arrival.payload)
        if isinstance(decoded, Rejection | Rescued):
            retried.unreadable += 1
            continue
        retried.outcome.add(await writer.write([arrival]))
    return retried


def _arrival_of(kept: KeptRejection) -> Arrival:
    return Arrival(
        kept.topic,
        kept.payload,
        kept.first_received_at,
        queued=True,
        rejection_id=kept.rejection_id,
        # What was rejected alone out of a backlog was named by its place in it.
        inner=kept.reason.startswith("messages."),
    )
