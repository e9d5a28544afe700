"""The command `recorder-fleet`: one module a group of sub-commands, each of which is a thin word for the program."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from telemetry.cli import accounts, credentials, dashboards, database, demo, findings, server, simulator, traces
from telemetry.cli.command import Context
from telemetry.domain.errors import RecorderFleetError
from telemetry.logs import configure_logs
from telemetry.settings import load_settings

_GROUPS = (demo, server, database, accounts, credentials, dashboards, findings, simulator, traces)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="recorder-fleet",
        description="Telemetry server for 4G body-worn recorders: MQTT in, TimescaleDB kept, the fleet always known.",
        epilog="Settings come from --config FILE (TOML) and RECORDER_FLEET_* variables; see docs/settings.md.",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, TOML")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in _GROUPS:
        group.add_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 it worked, 1 it failed, 2 the words or the input are wrong."""
    parsed = build_parser().parse_args(arguments)
    try:
        settings = load_settings(parsed.config)
        configure_logs(settings.log)
        return int(parsed.run(Context(settings, parsed.config, parsed)))
    except RecorderFleetError as fault:
        sys.stderr.write(f"recorder-fleet: {fault}\n")
        return fault.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
