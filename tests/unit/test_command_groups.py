"""The command imports only what the word it was given needs, and knows all the same words either way."""

import argparse
import subprocess
import sys

import pytest

from telemetry.cli import build_parser

COMMANDS = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction)).choices


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_alone_has_the_same_words_as_among_all(command: str) -> None:
    """Its help is the same, so that it was found in the module which the table names."""
    alone = next(a for a in build_parser(command)._actions if isinstance(a, argparse._SubParsersAction))
    assert COMMANDS[command].format_help() == alone.choices[command].format_help()


@pytest.mark.parametrize("words", [["--config", "demo", "ingest"], ["ingest"], ["ingest", "--name", "demo"]])
def test_an_ingest_worker_starts_without_the_console(words: list[str]) -> None:
    """The web and the rules take seconds to import, and a server starts such a process for every core."""
    code = (
        "import sys; from telemetry.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('aiohttp', 'telemetry.web', 'alerts.evaluation.engine') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code, *words, "--help"], capture_output=True, text=True, check=True)
    assert "[]" == said.stdout.splitlines()[-1]
    assert "--retire" in said.stdout
