"""The facts file of the contract: all of it or every fault with its line; and how faults are told."""

import json

import pytest
from facts_scene import element, everything, facts_file, faults_in, read

from alerts.facts.elements import FactSet, Source, read_array
from alerts.facts.faults import MAX_FAULTS, FactFault, problem
from alerts.facts.json_file import read_json
from alerts.facts.models import MODELS


def test_a_facts_file_holds_every_collection() -> None:
    assert dict.fromkeys(MODELS, 1) == read(**everything()).counts


def test_an_empty_object_is_an_empty_facts_file() -> None:
    assert dict.fromkeys(MODELS, 0) == read().counts


def test_a_byte_order_mark_is_no_fault() -> None:
    assert isinstance(read_json(b"\xef\xbb\xbf{}", "facts.json"), FactSet)


def test_names_that_are_no_collection_are_ignored_and_told() -> None:
    assert ["facts.json: shfits", "facts.json: made_by"] == read(shfits=[], made_by="x").ignored  # type: ignore[arg-type]


def test_the_same_id_again_is_kept_in_the_order_of_writing() -> None:
    facts = read(shifts=[element("shifts"), element("shifts", kind="office")])
    assert ["patrol", "office"] == [e.fact.model_dump()["kind"] for e in facts.elements["shifts"]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JSON: "),
        (b"{", "no JSON: "),
        (b'{"units": [NaN]}', "no JSON: "),
        (b"\xff\xfe{}", "no JSON: "),
        (b"[]", "no JSON object with an array per collection"),
        (b"null", "no JSON object with an array per collection"),
        (b'{"units": {}}', "is no array"),
        (b'{"units": null}', "is no array"),
        (b'{"units": [[]]}', "is no object"),
        (b'{"units": ["U1"]}', "is no object"),
    ],
)
def test_what_is_no_facts_file_is_one_clear_fault(data: bytes, reason: str) -> None:
    found = read_json(data, "facts.json")
    assert isinstance(found, list)
    assert 1 == len(found)
    assert found[0].reason.startswith(reason)


def test_every_fault_of_every_collection_is_named_at_once() -> None:
    found = faults_in(
        units=[element("units", kind="x"), element("units"), element("units", name=3)],
        shifts=[element("shifts", ends_at="gestern", officer_id="P 1")],
    )
    assert [("units[0]", "kind"), ("units[2]", "name"), ("shifts[0]", "officer_id"), ("shifts[0]", "ends_at")] == [
        (fault.place, fault.field) for fault in found
    ]


def test_a_fault_is_one_line_with_file_line_element_and_field() -> None:
    text = json.dumps({"x": 1, "units": [element("units"), element("units", kind="x")]}, indent=1)
    found = read_json(text.encode(), "facts.json")
    assert isinstance(found, list)
    line = 1 + text[: text.index('"kind": "x"')].count("\n") - 3
    assert [f"facts.json:{line}: units[1]: kind: is none of 'bureau', 'office', 'detachment' or 'squad'"] == [
        str(fault) for fault in found
    ]


def test_lines_are_found_past_brackets_in_strings_and_other_values() -> None:
    first = element("units", name='][}{",\\" 第3中队')
    data = b'{"a": {"b": [1, 2]}, "c": "]",\n"units": [' + facts_file(x=[first])[7:-2] + b",\n\n7]}"
    found = read_json(data, "facts.json")
    assert isinstance(found, list)
    assert [4] == [fault.line for fault in found]


def test_a_fault_is_told_in_chinese_by_its_column() -> None:
    found = faults_in(shifts=[element("shifts", kind="night"), element("shifts", ends_at="2026-03-02T08:00:00+08:00")])
    assert [
        "facts.json 第1行：shifts[0]：类别：不在可选值之内：巡查、专项整治、内勤",
        "facts.json 第1行：shifts[1]：结束时间：不晚于开始时间，请核对",
    ] == [fault.in_chinese() for fault in found]


def test_a_thousand_faults_are_told_as_the_first_and_a_word() -> None:
    found = faults_in(units=[{}] * 1000)
    assert MAX_FAULTS + 1 == len(found)
    assert "more than 200 faults" in found[-1].reason


def test_a_post_answers_with_a_problem_that_points_at_the_field() -> None:
    found = read_array([element("officers"), element("officers", contact={"email": "x"})], Source("officers"))
    assert isinstance(found, list)
    answer = problem(found)
    assert (422, "about:blank") == (answer["status"], answer["type"])
    assert [{
        "pointer": "#/1/contact/email", "field": "contact.email", "detail": "no e-mail address", "detail_zh": "不是邮箱地址"
    }] == answer["errors"]  # fmt: skip


def test_a_problem_of_the_whole_points_at_the_whole() -> None:
    assert "#" == problem([FactFault("units", "", "is no array", "应为数组")])["errors"][0]["pointer"]
