"""The console's files, looked at without a browser: every text is in the catalogue, and nothing comes from elsewhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CONSOLE = Path(__file__).parents[2] / "telemetry" / "web" / "console"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def scripts() -> dict[str, str]:
    found = {path.relative_to(CONSOLE).as_posix(): path.read_text("utf-8") for path in CONSOLE.rglob("*.js")}
    return {name: text for name, text in found.items() if not name.startswith("texts/")}


def catalogue() -> dict[str, Any]:
    """The catalogue, whose values are plain strings, read as data."""
    text = (CONSOLE / "texts" / "zh-CN.js").read_text("utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.strip().startswith("//"))
    body = body.replace("export default", "").strip().rstrip(";")
    quoted = re.sub(r"([{,]\s*)([A-Za-z_][\w]*|\d+):\s", r'\1"\2": ', body)
    return dict(json.loads(re.sub(r",(\s*[}\]])", r"\1", quoted)))


def flat(node: dict[str, Any], before: str = "") -> Iterator[str]:
    for name, value in node.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def test_every_text_that_is_asked_for_is_in_the_catalogue() -> None:
    keys = set(flat(catalogue()))
    asked = {key for text in scripts().values() for key in re.findall(r'\bt\(\s*"([\w.\-]+)"', text)}
    assert set() == asked - keys


def test_every_group_of_words_that_is_asked_for_is_in_the_catalogue() -> None:
    groups = {name for name, value in catalogue().items() if isinstance(value, dict)}
    asked = {name for text in scripts().values() for name in re.findall(r'\b(?:word|choices|badge)\("(\w+)"', text)}
    assert set() == asked - groups


def test_no_script_holds_a_text_of_its_own() -> None:
    def code(text: str) -> str:
        return re.sub(r"/\*.*?\*/|^\s*//.*?$", "", text, flags=re.DOTALL | re.MULTILINE)

    assert [] == [name for name, text in scripts().items() if CHINESE.search(code(text))]


def test_no_markup_is_ever_made_of_data() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setAttribute\(\"style"
    )
    assert [] == [name for name, text in scripts().items() if forbidden.search(text)]


def test_pages_hold_neither_scripts_nor_styles_nor_anything_of_another_site() -> None:
    for path in CONSOLE.glob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|https?://", text), path.name
        assert [] == re.findall(r"<script(?![^>]*\ssrc=)", text), path.name


def test_styles_fetch_nothing() -> None:
    assert [] == [path.name for path in CONSOLE.rglob("*.css") if re.search(r"url\(|@import", path.read_text("utf-8"))]
