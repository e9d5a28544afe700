"""Composition root: wire rules and notices from the settings and run them."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from alerts.evaluation.engine import Evaluator
from alerts.notices.channels.registry import open_channels
from alerts.notices.planner import plan_notices
from alerts.notices.sender import Sender
from alerts.notices.settings_table import NoticeTable, read_notice_settings
from alerts.rules.settings import RuleSettings, parse_settings
from telemetry.domain.clock import Pace
from telemetry.domain.errors import DatabaseUnavailableError, InputError, RowsRefusedError, SettingsError
from telemetry.settings import Settings
from telemetry.store.pool import Database

_log = structlog.get_logger(__name__)


def rule_settings(settings: Settings) -> RuleSettings:
    """Return the parameters of the table `[rules]`. Raises SettingsError that names the rule and the parameter."""
    rules = RuleSettings()
    try:
        for rule, values in settings.rules.items():
            for name, value in values.items():
                rules = rules.with_value(rule, name, value)
    except InputError as fault:
        raise SettingsError(f"settings: rules: {fault}") from None
    return rules


def read_rules_file(path: Path, base: RuleSettings | None = None) -> RuleSettings:
    """The thresholds of a file over *base*. Raises InputError that names the file and the place."""
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise InputError(f"{path}: {fault}") from None
    return parse_settings(data, str(path), base)


def notice_settings(settings: Settings) -> NoticeTable:
    """The table `[notices]`, and over it the environment. Raises SettingsError that names what is wrong."""
    return read_notice_settings(settings.notices, os.environ)


def alerting(settings: Settings, database: Database, pace: Pace) -> dict[str, Callable[[], Awaitable[None]]]:
    """Return the tasks that run beside ingest, by name. Several servers may run them: one evaluates, all send.

    Raises SettingsError.
    """
    rules, notices = rule_settings(settings), notice_settings(settings)

    async def send() -> None:
        async with open_channels(notices.channels) as channels:
            sender = Sender(database, channels, notices, pace.now, f"{settings.ingest.name}-{os.getpid()}")
            await sender.run(asyncio.Event())

    async def plan() -> None:
        while True:
            try:
                await plan_notices(database, notices, pace.now())
            except (DatabaseUnavailableError, RowsRefusedError) as fault:
                _log.warning("notices can't be planned", fault=str(fault))
            await asyncio.sleep(pace.plan_s)

    evaluator = Evaluator(database, rules, every_s=pace.tick_s, now=pace.evaluated_to)
    return {"evaluate": evaluator.run, "plan notices": plan, "send notices": send}
