"""Store queries of rejections: counts for device makers, and the messages to retry."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telemetry.store.pool import Database
from telemetry.store.queries import query

_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class KeptRejection:
    """A rejected message as kept; over 64 KiB only its beginning."""

    rejection_id: int
    topic: str
    payload: bytes
    length: int
    reason: str
    first_received_at: datetime


async def count_rejections(database: Database, since: datetime, recorder_id: str | None) -> list[dict[str, Any]]:
    """Return count, last time and last reason by recorder, model, firmware, kind, code and field."""
    async with database.connection() as connection:
        return [dict(row) for row in await connection.fetch(query("rejections", "summary"), since, recorder_id)]


async def kept_rejections(database: Database) -> AsyncIterator[KeptRejection]:
    """Yield every wholly rejected message once, even if it is stored meanwhile."""
    after = 0
    while True:
        async with database.connection() as connection:
            page = [KeptRejection(*row) for row in await connection.fetch(query("rejections", "kept"), after, _PAGE)]
        if not page:
            return
        for kept in page:
            yield kept
        after = page[-1].rejection_id
