"""`sim`: the simulated fleet, over a broker in real time or into a trace."""

from telemetry.cli.command import Commands


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
