"""The vocabulary as files for console and boards: `python -m telemetry.web.vocabulary_file [--check]`.

Neither can import the table: the console is JavaScript, and `dashboards` knows nothing of the server. The words of rules
come from the registry, those of changes that write no audit entry of their own from the summaries of their routes.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from alerts.rules.registry import RULES
from alerts.rules.rule import Rule
from telemetry.vocabulary import GROUPS, PALETTE, Word, Words
from telemetry.web.http.route import Route
from telemetry.web.registry import ROUTES

_ROOT: Final = Path(__file__).parents[2]
_CONSOLE: Final = _ROOT / "telemetry" / "web" / "console"
_HEAD: Final = "Made by `python -m telemetry.web.vocabulary_file` from telemetry/vocabulary and the rules: don't edit."


def groups(rules: Iterable[Rule] = RULES, routes: Iterable[Route] = ROUTES) -> dict[str, Words]:
    """All groups, with the words that *rules* and *routes* bring."""
    of_rules = {rule.id: word_of(rule) for rule in rules}
    of_routes = {f"{each.method} {each.path}": Word(each.summary, each.summary) for each in routes if each.audited}
    return {
        **GROUPS,
        "rule": {**of_rules, **GROUPS["rule"]},
        "audit_action": {**GROUPS["audit_action"], **of_routes},
    }


def word_of(rule: Rule) -> Word:
    """A rule's word; its colour is that of the state of the same name, else that of the most it may weigh."""
    shown = GROUPS["state"].get(rule.id) or GROUPS["weight"][rule.weight]
    return Word(rule.title, rule.what.replace("{duration}", ""), shown.tone)


def files(rules: Iterable[Rule] = RULES) -> dict[Path, str]:
    """What is written where."""
    found = groups(rules)
    return {
        _CONSOLE / "texts" / "vocabulary.js": _script(found),
        _CONSOLE / "css" / "palette.css": _styles(),
        _ROOT / "dashboards" / "vocabulary.json": _json(found),
    }


def _script(found: Mapping[str, Words]) -> str:
    """Code → [word, explanation, colour] by group, the groups named as the console's code names things."""
    lines = [
        f"// {_HEAD}",
        "",
        "/** By group and code: [word, explanation, name of the colour]. */",
        "export const WORDS = {",
    ]
    for name, words in found.items():
        lines.append(f"  {_camel(name)}: {{")
        lines += [f"    {_text(code)}: {_text([part or '' for part in word])}," for code, word in words.items()]
        lines.append("  },")
    fills = {name: tone.fill for name, tone in PALETTE.items()}
    lines += ["};", "", "/** What marks, lines and points are drawn in, by the name of the colour. */"]
    lines += ["export const FILLS = {", *(f"  {name}: {_text(fill)}," for name, fill in fills.items()), "};"]
    return "\n".join(lines) + "\n"


def _styles() -> str:
    """A class for each colour, from which badges, dots and edges take theirs."""
    lines = [f"/* {_HEAD} */", ""]
    for name, tone in PALETTE.items():
        lines.append(f".tone-{name} {{ --tone: {tone.fill}; --tone-ground: {tone.ground}; --tone-ink: {tone.ink}; }}")
    return "\n".join(lines) + "\n"


def _json(found: Mapping[str, Words]) -> str:
    """Code → word and colour by group, for Grafana's value mappings."""
    plain = {
        name: {code: [word.text, PALETTE[word.tone].fill if word.tone else None] for code, word in words.items()}
        for name, words in found.items()
    }
    palette = {name: tone.fill for name, tone in PALETTE.items()}
    text = json.dumps({"palette": palette, "groups": plain}, ensure_ascii=False, indent=1)
    return re.sub(r"\[\s+(\"[^\"]*\"),\s+([^\s\]]+)\s+\]", r"[\1, \2]", text) + "\n"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def main(arguments: list[str]) -> str | None:
    """Write the files, or compare them (`--check`); what is wrong with them."""
    wanted = files()
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        names = ", ".join(path.relative_to(_ROOT).as_posix() for path in stale)
        return f"{names}: out of date: python -m telemetry.web.vocabulary_file" if stale else None
    for path in stale:
        path.write_text(wanted[path], "utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
