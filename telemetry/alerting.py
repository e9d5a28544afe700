"""Composition root: wire rules and notices from the settings and run them."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import structlog

from alerts.evaluation.engine import Evaluator
from alerts.notices.channels.opening import open_channels
from alerts.notices.planner import plan_notices
from alerts.notices.sender import Sender
from telemetry.domain.clock import Pace
from telemetry.domain.errors import DatabaseUnavailableError, RowsRefusedError
from telemetry.health.look import OwnParts
from telemetry.ingest.own_clock import OwnClock
from telemetry.settings_tree import Settings
from telemetry.store.pool import Database

_log = structlog.get_logger(__name__)
_WITHIN_S: Final = 60.0
"""Rules, planner and senders come round within seconds; a server that starts with much to judge takes longer."""


def alerting(
    settings: Settings, database: Database, pace: Pace, own: OwnParts, clock: OwnClock
) -> dict[str, Callable[[], Awaitable[None]]]:
    """Return the tasks that run beside ingest, by name. Several servers may run them: one evaluates, all send."""
    notices, heartbeats = settings.notices, own.heartbeats
    name = f"{settings.ingest.name}-{os.getpid()}"

    async def send() -> None:
        async with open_channels(notices.channels) as channels:
            sender = Sender(
                database, channels, notices, pace.now, name, works=partial(heartbeats.works, "send", _WITHIN_S)
            )
            await sender.run(asyncio.Event())

    async def plan() -> None:
        while True:
            try:
                await plan_notices(database, notices, pace.now())
                heartbeats.works("plan", _WITHIN_S)
            except (DatabaseUnavailableError, RowsRefusedError) as fault:
                _log.warning("notices can't be planned", fault=str(fault))
            await asyncio.sleep(pace.plan_s)

    evaluator = Evaluator(
        database,
        settings.rules,
        name=name,
        every_s=pace.tick_s,
        now=pace.evaluated_to,
        works=partial(heartbeats.works, "evaluate", _WITHIN_S),
        is_believed=lambda: clock.is_believed,
    )
    for part in ("evaluate", "plan", "send"):
        heartbeats.expect(part, _WITHIN_S)
    return {"evaluate": evaluator.run, "plan notices": plan, "send notices": send}
