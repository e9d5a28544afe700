"""The command `recorder-fleet`; one module for each group of sub-commands."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from telemetry.cli.command import Context
from telemetry.domain.errors import RecorderFleetError
from telemetry.logs import configure_logs
from telemetry.settings_tree import load_settings

_GROUPS: Final = {
    "demo": "demo",
    "serve": "server",
    "check": "server",
    "config": "config",
    "ingest": "worker",
    "migrate": "database",
    "rejections": "rejections",
    "accounts": "accounts",
    "credentials": "credentials",
    "dashboards": "dashboards",
    "facts": "rules_commands",
    "backtest": "rules_commands",
    "score": "rules_commands",
    "notify": "rules_commands",
    "sim": "simulator",
    "record": "traces",
    "replay": "traces",
}
"""The module of each command. Only the one that is run is imported, because all together take seconds."""


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser of *command*; of all commands if it is None or unknown."""
    parser = argparse.ArgumentParser(
        prog="recorder-fleet",
        description="Telemetry server for 4G body-worn recorders, with MQTT and TimescaleDB.",
        epilog="Settings come from --config FILE (TOML) and RECORDER_FLEET_* variables; see docs/settings.md.",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, TOML")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in [_GROUPS[command]] if command in _GROUPS else dict.fromkeys(_GROUPS.values()):
        import_module(f"telemetry.cli.{group}").add_commands(commands)
    return parser


def _command_of(arguments: Sequence[str] | None) -> str | None:
    first = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    first.add_argument("--config")
    first.add_argument("command", nargs="?")
    try:
        command: str | None = first.parse_known_args(arguments)[0].command
    except argparse.ArgumentError:
        return None
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0 success, 1 failure, 2 invalid options or input."""
    parsed = build_parser(_command_of(arguments)).parse_args(arguments)
    try:
        settings = load_settings(parsed.config)
        configure_logs(settings.log)
        return int(parsed.run(Context(settings, parsed.config, parsed)))
    except RecorderFleetError as fault:
        sys.stderr.write(f"recorder-fleet: {fault}\n")
        return fault.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
