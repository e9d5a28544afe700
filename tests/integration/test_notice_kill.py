"""Notices under SIGKILL: senders die in the middle of what they do, and every notice is sent, or visibly dead, once."""

import asyncio
import json
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standins import http_channels as standin
from standins.mail_server import MailServer, serving_mail

from telemetry.store import notices as store
from telemetry.store.pool import Database

_PROGRAM = Path(__file__).parent.parent / "standins" / "sender_process.py"
_MOODS = (*["ok"] * 8, "http_500", "busy", "hang", "hang_after", "reset", "reset_after", "page")
NOTICES = 60
KILLS = 10


@asynccontextmanager
async def sender(dsn: str, settings: dict[str, Any], name: str) -> AsyncIterator[None]:
    """A sender process that is killed when the block ends, whatever it is doing."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, _PROGRAM, dsn, name),
        stdin=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(_PROGRAM.parent.parent.parent)},
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(settings).encode())
    process.stdin.close()
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def count_queued(database: Database) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM notice WHERE state = 'queued'"))


async def next_request(service: standin.StandIn, most_s: float) -> None:
    """Until *service* is asked for something; not longer than *most_s* seconds."""
    service.requested.clear()
    with suppress(TimeoutError):
        async with asyncio.timeout(most_s):
            await service.requested.wait()


async def queue(database: Database) -> None:
    async with database.transaction() as connection:
        for n in range(NOTICES):
            message: dict[str, str | None] = {"title": "t", "text": f"第{n}件", "public_text": f"第{n}件", "link": None}
            ways = [("group", "lidui"), ("app", "lidui"), ("mail", "li@bureau.test")]
            order = ways[n % 3 :] + ways[: n % 3]
            notice = store.NewNotice("P0001", urgent=n % 5 == 0, message=message, routes=order)
            await store.add_notices(connection, [(notice, [])], datetime.now(UTC))


def settings_for(group: standin.Feishu, app: standin.WecomApp, mail: MailServer) -> dict[str, Any]:
    channels = {
        "group": {"kind": "feishu", "base_url": group.url, "hook": "hook-1", "secret": "feishu-secret"},
        "app": {"kind": "wecom_app", "base_url": app.url, "corpid": "ww1", "secret": "s3cret", "agentid": 1000002},
        "mail": {"kind": "smtp", "host": "127.0.0.1", "port": mail.port, "security": "none", "sender": "f@b.test"},
    }
    return {
        "channels": {name: {**table, "timeout_s": 0.4} for name, table in channels.items()},
        "tries": 3,
        "back_off_s": 0.1,
        "lease_s": 2,
        "breaker_failures": 20,
        "parallel": 8,
    }


@pytest.mark.parametrize("seed", [1, 2])
async def test_senders_killed_in_the_middle_send_every_notice_or_show_it_dead_and_none_twice(
    plain_database: str, seed: int
) -> None:
    chance = random.Random(seed)
    group, app, mail = standin.Feishu(), standin.WecomApp(), MailServer()
    for service in (group, app, mail):
        service.moods.extend(chance.choice(_MOODS) for _ in range(400))
    async with standin.serving(group, app), serving_mail(mail):
        database = await Database.open(plain_database)
        await queue(database)
        settings = settings_for(group, app, mail)
        async with sender(plain_database, settings, "steady"):
            for n in range(KILLS):
                async with sender(plain_database, settings, f"killed-{n}"):
                    await next_request(chance.choice((group, app)), 2)
                if not await count_queued(database):
                    break
            async with asyncio.timeout(90):
                while await count_queued(database):
                    await next_request(group, 0.2)
        async with database.connection() as connection:
            notices = await connection.fetch("SELECT message->>'text' AS text, state, sent_by, reason FROM notice")
            unsure = await connection.fetchval("SELECT count(*) FROM notice_attempt WHERE state = 'unknown'")
        await database.close()
    arrived = {
        "group": Counter(str(message["content"]["text"]).split("\n")[0] for message in group.arrived),
        "app": Counter(message["text"]["content"] for message in app.arrived),
        "mail": Counter(_body(mail_message) for mail_message in mail.arrived),
    }
    assert all(count == 1 for channel in arrived.values() for count in channel.values())
    assert {"sent", "dead"} >= {row["state"] for row in notices}
    for row in notices:
        if row["state"] == "sent":
            assert row["text"] in arrived[row["sent_by"]]
        else:
            assert row["reason"]
    assert NOTICES == len(notices)
    assert unsure > 0


def _body(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content()).strip()
