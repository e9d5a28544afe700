"""`config`: an example of the settings file, and a check of one."""

import sys
from pathlib import Path

from telemetry.cli.command import Commands, Context
from telemetry.settings_doc import example


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    config = commands.add_parser("config", help="the settings file")
    actions = config.add_subparsers(title="actions", metavar="ACTION", required=True)
    shown = actions.add_parser("example", help="print a complete, commented settings file that changes nothing")
    shown.set_defaults(run=_example)
    check = actions.add_parser("check", help="name every fault of a settings file, the environment over it")
    # In the place of --config: it is read as every command reads its settings, and refused so.
    check.add_argument("config", type=Path, metavar="FILE")
    check.set_defaults(run=_check)


def _example(_: Context) -> int:
    sys.stdout.write(example())
    return 0


def _check(context: Context) -> int:
    sys.stdout.write(f"{context.config}: no faults\n")
    return 0
