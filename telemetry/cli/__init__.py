"""The command `recorder-fleet`: one module a group of sub-commands, each of which is a thin word for the program."""

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
"""The module of each command; only the one asked for is imported, since all of them together take seconds."""


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """The command line of *command*; the whole of it where that is none."""
    parser = argparse.ArgumentParser(
        prog="recorder-fleet",
        description="Telemetry server for 4G body-worn recorders: MQTT in, TimescaleDB kept, the fleet always known.",
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
    """Run one command; the exit code: 0 it worked, 1 it failed, 2 the words or the input are wrong."""
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
