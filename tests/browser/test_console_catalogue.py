"""The console's files, looked at without a browser: every text is in the catalogue, and nothing comes from elsewhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

from alerts.facts.versions import _BEGINNING as KINDS_THAT_WAIT_FOR_APPROVAL
from telemetry.health.faults import PlatformFault

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


def vocabulary() -> dict[str, dict[str, list[str]]]:
    """The words for codes, by group and code."""
    text = (CONSOLE / "texts" / "vocabulary.js").read_text("utf-8")
    body = text[text.index("{", text.index("WORDS")) : text.index("};")] + "}"
    quoted = re.sub(r"^  (\w+): \{", r'  "\1": {', body, flags=re.MULTILINE)
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


def test_every_text_of_the_catalogue_is_asked_for() -> None:
    code = "\n".join(scripts().values())
    asked = set(re.findall(r'"(\w+(?:\.[\w-]+)+)"', code))
    made_up = [re.sub(r"\$\{[^}]*\}", r"[\\w-]+", name) for name in re.findall(r"`(\w+(?:\.\w+)*\.\$\{[^`]*\})`", code)]
    of_codes = groups_of_codes()
    own = [key for key in flat(catalogue()) if key.partition(".")[0] not in of_codes]
    assert [] == [key for key in own if key not in asked and not any(re.fullmatch(one, key) for one in made_up)]


def groups_of_codes() -> set[str]:
    """The groups that a script has the words for codes from."""
    asking = r'\b(?:word|choices|badge|meaning|toneClass|colourOf)\("(\w+)"'
    return {name for text in scripts().values() for name in re.findall(asking, text)}


def test_every_field_of_a_late_entry_has_a_word_and_no_other_has() -> None:
    assert {name for kind in KINDS_THAT_WAIT_FOR_APPROVAL for name in kind.model_fields} == catalogue()["fact"].keys()


def test_every_column_of_the_history_has_a_word_and_no_other_has() -> None:
    script = scripts()["pages/recorder.js"]
    columns = script[script.index("const READINGS") : script.index("};", script.index("const READINGS"))]
    assert set(re.findall(r'"(\w+)"', columns)) == catalogue()["reading"].keys()


def test_every_group_of_words_that_is_asked_for_is_there_once() -> None:
    groups = {name for name, value in catalogue().items() if isinstance(value, dict)}
    assert set() == groups_of_codes() - groups - vocabulary().keys()
    assert set() == groups & vocabulary().keys()


def test_the_catalogue_has_no_words_for_codes_of_the_vocabulary() -> None:
    tables = {name: set(value) for name, value in catalogue().items() if isinstance(value, dict) and len(value) > 1}
    assert [] == [name for name, codes in tables.items() for held in vocabulary().values() if codes <= held.keys()]


def test_every_fault_of_the_platform_is_told_in_a_sentence() -> None:
    assert set(get_args(get_type_hints(PlatformFault)["code"])) == vocabulary()["platformFault"].keys()


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


def test_every_script_imports_the_functions_of_words_that_it_calls() -> None:
    names = ("word", "choices", "meaning", "toneClass", "colourOf", "badge", "dot", "deadline")
    for script, text in scripts().items():
        imported = set(re.findall(r"\w+", " ".join(re.findall(r"import \{([^}]*)\}", text))))
        made = set(re.findall(r"(?:function|const) (\w+)", text))
        called = {name for name in names if re.search(rf"(?<![\w.]){name}\(", text)}
        assert set() == called - imported - made, script
