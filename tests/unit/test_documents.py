"""Documents are true: what is generated is up to date, and every command that a document shows is one."""

import re
import shlex
from pathlib import Path

import pytest

from telemetry.cli import build_parser
from telemetry.settings_doc import PATH, render

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "README.zh-CN.md", "ARCHITECTURE.md")
SHOWN = re.compile(r"^recorder-fleet .*$|`(recorder-fleet [^`]+)`", re.MULTILINE)


def shown_commands() -> list[str]:
    found = []
    for document in DOCUMENTS:
        for match in SHOWN.finditer((ROOT / document).read_text("utf-8")):
            command = (match[1] or match[0]).split("  #")[0].strip()
            if "…" not in command and "FILE …" not in command:
                found.append(command)
    return sorted(set(found))


def test_the_settings_document_is_up_to_date() -> None:
    assert render() == PATH.read_text("utf-8")


@pytest.mark.parametrize("command", shown_commands())
def test_every_command_that_a_document_shows_can_be_said(command: str) -> None:
    words = shlex.split(command)[1:]
    if any(word.startswith("-") for word in words):
        build_parser().parse_args(words)
        return
    # Prose may name a command without what it asks for; that it exists is told by its help.
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([*words, "--help"])
    assert 0 == ended.value.code


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_links_to_is_there(document: str) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", (ROOT / document).read_text("utf-8"))
    assert [] == [link for link in links if not (ROOT / link).exists()]
