"""Ingest: retry rejected messages that the present version can decode, with their original arrival time."""

from dataclasses import dataclass

from telemetry.domain.decode import decode, decode_inner
from telemetry.domain.readings import Rejection, Rescued
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Outcome, Writer
from telemetry.store.pool import Database
from telemetry.store.rejections import KeptRejection, kept_rejections


@dataclass(slots=True)
class Retried:
    """Result of a retry. `unreadable`: still rejected; `incomplete`: only the beginning of the message was kept."""

    outcome: Outcome
    unreadable: int = 0
    incomplete: int = 0


async def retry_rejections(database: Database, writer: Writer) -> Retried:
    """Store the rejections that can be decoded now and delete them, each in one transaction. Idempotent.

    Raises DatabaseUnavailableError: call it again.
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
        # A message rejected out of a backlog has a reason that begins with its position there.
        inner=kept.reason.startswith("messages."),
    )
