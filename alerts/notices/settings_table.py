"""The table `[notices]` of the settings file, and over it the environment, where secrets belong."""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field, ValidationError

from alerts.notices.channels.registry import ChannelSettings
from alerts.notices.settings import NoticeSettings
from telemetry.domain.errors import SettingsError

ENV_PREFIX: Final = "RECORDER_FLEET_NOTICES__"


class NoticeTable(NoticeSettings):
    """The table `[notices]`: each channel is read by its `kind`."""

    channels: Mapping[str, ChannelSettings] = Field(default={}, description="by a name of your choice")


def read_notice_settings(table: Mapping[str, Any], environment: Mapping[str, str]) -> NoticeTable:
    """Read the settings of the table `[notices]`; the environment overrides them.

    `RECORDER_FLEET_NOTICES__CHANNELS__APP__SECRET` is `secret` of the channel `app`; lists are JSON. Raises
    SettingsError that names the setting but not its value, which may be a secret.
    """
    values = json.loads(json.dumps(table, default=str))
    for variable in sorted(environment):
        if variable.upper().startswith(ENV_PREFIX):
            _put(values, variable.upper().removeprefix(ENV_PREFIX).lower().split("__"), environment[variable])
    try:
        return NoticeTable.model_validate(values)
    except ValidationError as fault:
        errors = fault.errors(include_url=False, include_input=False)
        lines = [f"notices.{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in errors]
        raise SettingsError("settings: " + "; ".join(lines)) from None


def _put(values: dict[str, Any], path: list[str], text: str) -> None:
    variable = ENV_PREFIX + "__".join(path).upper()
    for name in path[:-1]:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            raise SettingsError(f"settings: environment variable {variable} names no setting")
    try:
        values[path[-1]] = json.loads(text) if text.startswith(("[", "{")) else text
    except ValueError:
        raise SettingsError(f"settings: environment variable {variable} is no JSON") from None
