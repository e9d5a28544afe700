"""The vocabulary: every code that people see has one word, and no second one stands in Python, in the console or on a board."""

import ast
from collections.abc import Mapping
from dataclasses import replace

from vocabulary_walk import (
    CHINESE,
    INTERNAL,
    ROOMS,
    ROOT,
    audit_actions,
    checks,
    literals,
    live_states,
    python_files,
    refusals,
    tables_in,
)

from alerts.incidents.actions import BY_HAND
from alerts.notices import texts
from alerts.rules.registry import RULES
from dashboards import words as boards
from telemetry.vocabulary import GROUPS, PALETTE
from telemetry.web.vocabulary_file import files, groups, main

OLD = [
    "已证实",
    "已确证",
    "很可能",
    "把握",
    "未道别",
    "不指向个人",
    "合规事由",
    "提为可移送",
    "情况选择",
    "没有此页",
    "发送经过",
    "设于",
    "再显示一些",
    "从左侧选",
    "陈述期至",
    "在座",
    "离座",
    "失联",
    "已定稿",
    "采集进程",
    "账户",
]
"""Words that were replaced; none stands in the product, and none comes back."""


def without_word(found: Mapping[str, frozenset[str]]) -> list[str]:
    """The places whose codes no group holds and that aren't internal."""
    held = [words.keys() for words in GROUPS.values()]
    return [
        f"{place}: {', '.join(sorted(codes))}"
        for place, codes in found.items()
        if codes not in INTERNAL and not any(codes <= words for words in held)
    ]


def all_codes() -> dict[str, frozenset[str]]:
    return literals() | checks() | {"live map": live_states()}


def test_every_code_of_the_server_has_a_word() -> None:
    assert [] == without_word(all_codes())


def test_nothing_is_called_internal_that_is_gone() -> None:
    assert set() == INTERNAL - set(all_codes().values())


def test_every_refusal_is_told_in_a_sentence() -> None:
    found = refusals()
    assert {
        "alerts/facts/approve.py:overtaken",
        "alerts/incidents/actors.py:being_heard",
        "alerts/paperwork/circulars/closing.py:not_over",
        "alerts/paperwork/registers/entry_workflow.py:no_note",
        "alerts/paperwork/slips/opinions.py:evidence_changed",
    } <= {place for place, _ in found}
    assert [] == [place for place, text in found if not CHINESE.search(text)]
    assert len(found) == len(dict(found))


def test_every_action_of_the_audit_log_has_a_word() -> None:
    found = audit_actions()
    assert {"incident.raise", "slip.void", "request.refuse", "handout.give", "session.begin"} <= found
    assert set() == found - groups()["audit_action"].keys()


def test_every_change_over_the_api_that_is_recorded_has_a_word() -> None:
    assert all(CHINESE.search(word.text) for word in groups()["audit_action"].values())


def test_every_rule_brings_its_word() -> None:
    assert {rule.id for rule in RULES} | BY_HAND.keys() == groups()["rule"].keys()
    assert texts.TITLES == {code: word.text for code, word in groups()["rule"].items()}


def test_every_word_is_said_and_explained_and_its_colour_is_in_the_palette() -> None:
    for group, words in groups().items():
        for code, word in words.items():
            assert word.text.strip(), (group, code)
            assert word.meaning.strip(), (group, code)
            assert word.tone is None or word.tone in PALETTE, (group, code)


def test_a_badge_can_be_read_on_its_ground() -> None:
    for name, tone in PALETTE.items():
        assert contrast(tone.ground, tone.ink) >= 4.5, name


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.1, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        lit = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * lit[0] + 0.7152 * lit[1] + 0.0722 * lit[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_no_module_has_a_table_of_words_of_its_own() -> None:
    """A second table is how two words for one code begin."""
    assert [] == [f"{path}:{line}: {group}" for path, module in python_files() for line, group in tables_in(module)]


def test_no_board_calls_a_code_otherwise() -> None:
    for path, module in python_files():
        if path.parts[0] != "dashboards":
            continue
        for call in (node for node in ast.walk(module) if isinstance(node, ast.Call) and len(node.args) >= 2):
            match call.func, call.args[:2]:
                case ast.Name(id="Field"), [ast.Constant(value=str(code)), ast.Constant(value=str(label))]:
                    held = [GROUPS[name][code].text for name in COUNTED if code in GROUPS[name]]
                    assert not held or any(text in label for text in held), (path, code, label, held)


COUNTED = ("strip", "state", "status", "weight", "confidence", "cause", "notice_state", "attempt", "recorder_status")
"""Groups whose codes are columns of the boards; other columns may be named like codes and count something else."""


def test_old_words_are_gone() -> None:
    kept = {"alerts/facts/labels.py", "telemetry/web/resources/incident_words.py"}
    paths = [
        path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in {".py", ".js", ".json", ".html"}
    ]
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in paths
        if path.relative_to(ROOT).as_posix() not in kept
        for word in OLD
        if word in path.read_text("utf-8")
    ]
    assert [] == found


def test_the_files_for_console_and_boards_are_what_the_table_makes() -> None:
    assert None is main(["--check"])


def test_the_boards_read_the_table_s_words_and_colours() -> None:
    for name, words in groups().items():
        fills = {code: (word.text, PALETTE[word.tone].fill if word.tone else "text") for code, word in words.items()}
        assert fills == boards.words(name)


def test_a_new_rule_brings_its_words_to_console_and_boards() -> None:
    toy = replace(RULES[0], id="toy-rule", title="示例规则", what="示例情形{duration}", weight="check")
    written = {path.name: text for path, text in files((*RULES, toy)).items()}
    colour = PALETTE[GROUPS["weight"]["check"].tone or ""].fill
    assert '"toy-rule": ["示例规则", "示例情形", "amber"]' in written["vocabulary.js"]
    assert f'"toy-rule": ["示例规则", "{colour}"]' in written["vocabulary.json"]


def test_a_code_without_a_word_is_found() -> None:
    spoilt = {"alerts/finding.py:Confidence": frozenset({"suspected", "certain"})}
    assert ["alerts/finding.py:Confidence: certain, suspected"] == without_word(spoilt)


def test_a_second_table_is_found() -> None:
    module = ast.parse('SURE = {"suspected": "疑似", "probable": "很可能"}')
    assert [(1, "confidence")] == list(tables_in(module))
