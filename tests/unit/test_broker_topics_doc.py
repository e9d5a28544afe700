"""broker/TOPICS.md says what the models say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from broker import topics_doc
from telemetry.domain.decode import decode
from telemetry.domain.messages import Uplink
from telemetry.domain.readings import Rejection
from telemetry.domain.topics import UPLINK_KINDS, topic_of


def test_the_page_is_what_the_models_say() -> None:
    assert topics_doc.render() == topics_doc.PATH.read_text("utf-8"), "run: python -m broker.topics_doc"


def test_check_says_by_its_exit_code_that_the_page_is_right() -> None:
    assert 0 == subprocess.run([sys.executable, "-m", "broker.topics_doc", "--check"], check=False).returncode


def test_check_finds_a_page_that_is_out_of_date(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = tmp_path / "TOPICS.md"
    page.write_text("another contract")
    monkeypatch.setattr(topics_doc, "PATH", page)
    monkeypatch.setattr(sys, "argv", ["topics_doc", "--check"])
    assert 1 == topics_doc.main()
    assert "another contract" == page.read_text()


def test_every_example_on_the_page_is_accepted() -> None:
    sections = re.findall(r"^## (\w+)$(.*?)(?=^## |\Z)", topics_doc.render(), re.MULTILINE | re.DOTALL)
    examples = [(kind, text) for kind, body in sections for text in re.findall(r"^    (\{.*\})$", body, re.MULTILINE)]
    assert UPLINK_KINDS == {kind for kind, _ in examples}
    for kind, text in examples:
        decoded = decode(topic_of("R0017", kind), text.encode())
        assert not isinstance(decoded, Rejection), decoded


def test_every_kind_has_its_section_and_every_common_field_its_row() -> None:
    page = topics_doc.render()
    for kind in UPLINK_KINDS:
        assert f"\n## {kind}\n" in page
    for field in Uplink.model_fields:
        assert f"\n| `{field}` | " in page
