"""Rules and notices as running things, wired from the settings; part of the composition root."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from alerts.calendar import BureauCalendar
from alerts.channels.registry import open_channels
from alerts.evaluate import Evaluator
from alerts.notices.deliver import Sender
from alerts.notices.planner import plan_notices
from alerts.notices.settings import NoticeSettings, read_notice_settings
from alerts.parameters import RuleSettings
from telemetry.domain.errors import DatabaseUnavailableError, InputError, RowsRefusedError, SettingsError
from telemetry.settings import Settings
from telemetry.store.pool import Database

_log = structlog.get_logger(__name__)
_PLAN_S: Final = 1.0


def rule_settings(settings: Settings) -> RuleSettings:
    """The thresholds of the table `[rules]`. Raises SettingsError that names the rule and the parameter."""
    rules = RuleSettings()
    try:
        for rule, values in settings.rules.items():
            for name, value in values.items():
                rules = rules.with_value(rule, name, value)
    except InputError as fault:
        raise SettingsError(f"settings: rules: {fault}") from None
    return rules


def notice_settings(settings: Settings) -> NoticeSettings:
    """The table `[notices]`, and over it the environment. Raises SettingsError that names what is wrong."""
    return read_notice_settings(settings.notices, os.environ)


def alerting(settings: Settings, database: Database) -> dict[str, Callable[[], Awaitable[None]]]:
    """What has to run beside ingest, by name. Several servers may run it: one evaluates, all send.

    Raises SettingsError.
    """
    rules, notices = rule_settings(settings), notice_settings(settings)
    calendar = BureauCalendar()

    async def send() -> None:
        async with open_channels(notices.channels) as channels:
            sender = Sender(database, channels, notices, _now, f"{settings.ingest.name}-{os.getpid()}")
            await sender.run(asyncio.Event())

    async def plan() -> None:
        while True:
            try:
                await plan_notices(database, notices, calendar, _now())
            except (DatabaseUnavailableError, RowsRefusedError) as fault:
                _log.warning("notices can't be planned", fault=str(fault))
            await asyncio.sleep(_PLAN_S)

    return {"evaluate": Evaluator(database, rules).run, "plan notices": plan, "send notices": send}


def _now() -> datetime:
    return datetime.now(UTC)
