"""A sender as a separate process that tests kill: `sender_process.py DSN NAME`, settings as JSON on standard input."""

import asyncio
import sys
from datetime import UTC, datetime

from alerts.notices.channels.opening import open_channels
from alerts.notices.sender import Sender
from telemetry.settings_tree import NoticeTable
from telemetry.store.pool import Database


async def main(dsn: str, name: str) -> None:
    """Send until killed."""
    settings = NoticeTable.model_validate_json(sys.stdin.read())
    database = await Database.open(dsn)
    async with open_channels(settings.channels) as channels:
        sender = Sender(database, channels, settings, lambda: datetime.now(UTC), name)
        await sender.run(asyncio.Event(), idle_s=0.05)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
