"""All settings in one tree, read once at the start: the TOML file, and the environment over it.

`RECORDER_FLEET_DATABASE__URL` is `url` in the table `[database]`, `RECORDER_FLEET_RULES__BATTERY_LOW__BELOW_PCT` is
`below_pct` in `[rules.battery-low]`. Nonsense is refused, all of it at once and each by its name.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError

from alerts.notices.channels.registry import ChannelSettings
from alerts.notices.settings import NoticeSettings
from alerts.notices.texts import TITLES
from alerts.paperwork.settings import PaperSettings
from alerts.rules.settings import RuleSettings
from telemetry.domain.errors import InputError, SettingsError
from telemetry.domain.settings_table import Table, faults_of
from telemetry.settings import (
    AccountsSettings,
    BrokerSettings,
    DatabaseSettings,
    HttpSettings,
    IngestSettings,
    LogSettings,
    RetentionSettings,
)

ENV_PREFIX: Final = "RECORDER_FLEET_"
_BY_RULE: Final = (("rules",), ("paper", "score", "weights"))
"""The tables whose keys are ids of rules."""
_CHANNELS: Final = ("notices", "channels")


class NoticeTable(NoticeSettings):
    """When people are told, how often and by which channels."""

    channels: Mapping[str, ChannelSettings] = Field(default={}, title="渠道", description="by a name of your choice")


class Settings(Table):
    """All settings; `docs/settings.md` is made from this."""

    database: DatabaseSettings = Field(DatabaseSettings(), title="数据库")
    broker: BrokerSettings = Field(BrokerSettings(), title="消息代理")
    ingest: IngestSettings = Field(default_factory=IngestSettings, title="接入")
    http: HttpSettings = Field(HttpSettings(), title="网页和接口")
    accounts: AccountsSettings = Field(AccountsSettings(), title="登录")
    retention: RetentionSettings = Field(RetentionSettings(), title="保存期限")
    log: LogSettings = Field(LogSettings(), title="日志")
    rules: RuleSettings = Field(RuleSettings(), title="规则")
    notices: NoticeTable = Field(NoticeTable(), title="通知")
    paper: PaperSettings = Field(PaperSettings(), title="移送单和考核")


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings. Raises SettingsError that names everything that is wrong and where."""
    values = {} if path is None else read_toml(path)
    variables = _put_environment(values, os.environ)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        lines = []
        for place, reason in faults_of(error):
            # A channel is read by its kind, which pydantic puts into the path after the channel's name.
            at = (*place[:3], *place[4:]) if place[:2] == _CHANNELS else place
            given = next((f" ({variables[at[:n]]})" for n in range(len(at), 0, -1) if at[:n] in variables), "")
            lines.append(f"settings: {'.'.join(at)}{given}: {reason}")
        raise SettingsError("\n".join(lines)) from None


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a settings file. Raises SettingsError."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise SettingsError(f"{path}: {fault}") from fault


def read_rules(path: Path, base: RuleSettings) -> RuleSettings:
    """The thresholds of a file, one table a rule, over *base*. Raises SettingsError or InputError that names them."""
    try:
        return base.changed(read_toml(path))
    except InputError as fault:
        raise InputError(f"{path}: {fault}") from None


def _put_environment(values: dict[str, Any], environment: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Put the environment over the file's *values*; the variable by the path that it gives."""
    variables: dict[tuple[str, ...], str] = {}
    for variable in sorted(environment):
        if not variable.upper().startswith(ENV_PREFIX):
            continue
        *tables, name = _keys(variable.upper().removeprefix(ENV_PREFIX).lower().split("__"))
        if not tables:
            if name in Settings.model_fields:
                raise SettingsError(
                    f"settings: environment variable {variable}: a table is not read as a whole; "
                    f"use {ENV_PREFIX}{name.upper()}__<NAME> for each setting"
                )
            continue
        table: Any = values
        for n, part in enumerate(tables, 1):
            if part not in table:
                table[part] = {}
                variables[tuple(tables[:n])] = variable
            table = table[part]
            if not isinstance(table, dict):
                raise SettingsError(f"settings: environment variable {variable}: {part} is no table")
        table[name] = environment[variable]
        variables[*tables, name] = variable
    return variables


def _keys(parts: Sequence[str]) -> list[str]:
    """The parts of a variable's name as the file writes them: no variable has the hyphens of a rule's id."""
    depth = next((len(path) for path in _BY_RULE if tuple(parts[: len(path)]) == path), len(parts))
    return [rule if n == depth and (rule := part.replace("_", "-")) in TITLES else part for n, part in enumerate(parts)]


def require_database_url(settings: Settings) -> str:
    """Return the database URL. Raises SettingsError if it isn't set."""
    url = settings.database.url.get_secret_value()
    if not url:
        raise SettingsError(f"database.url is not set (environment {ENV_PREFIX}DATABASE__URL, or [database] url)")
    return url
