"""What could not be taken in: counted for those who make the devices, and read again for another try."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telemetry.store.pool import Database
from telemetry.store.queries import query

_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class KeptRejection:
    """One message as it was kept: of one over 64 KiB only the beginning."""

    rejection_id: int
    topic: str
    payload: bytes
    length: int
    reason: str
    first_received_at: datetime


async def count_rejections(database: Database, since: datetime, recorder_id: str | None) -> list[dict[str, Any]]:
    """By recorder, model, firmware, kind, code and field: how often, when last, and the last reason."""
    async with database.connection() as connection:
        return [dict(row) for row in await connection.fetch(query("rejections", "summary"), since, recorder_id)]


async def kept_rejections(database: Database) -> AsyncIterator[KeptRejection]:
    """Every message that was rejected as a whole; one that is taken in meanwhile is told of once."""
    after = 0
    while True:
        async with database.connection() as connection:
            page = [KeptRejection(*row) for row in await connection.fetch(query("rejections", "kept"), after, _PAGE)]
        if not page:
            return
        for kept in page:
            yield kept
        after = page[-1].rejection_id
