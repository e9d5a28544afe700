"""The web's small words: cursors, passwords, cells of a spreadsheet, the generated document."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import validate

from alerts.paperwork.spreadsheet_export import plain
from telemetry.records.accounts import UnitNode
from telemetry.web.http.authentication import net_of, subtree
from telemetry.web.http.openapi import document, render
from telemetry.web.http.pagination import cursor_of, place_of
from telemetry.web.http.problems import Refused
from telemetry.web.http.secrets_and_passwords import csrf_token, is_same, weakness
from telemetry.web.openapi_file import PATH
from telemetry.web.registry import ROUTES

TREE = [
    UnitNode("B", None, "bureau", "局"),
    UnitNode("D", "B", "detachment", "支队"),
    UnitNode("S1", "D", "squad", "一中队"),
    UnitNode("S2", "B", "squad", "二中队"),
]


@pytest.mark.parametrize(
    ("unit_id", "seen"),
    [("S1", {"S1"}), ("D", {"D", "S1"}), ("gone", {"gone"})],
)
def test_an_account_sees_its_unit_and_those_below_it(unit_id: str, seen: set[str]) -> None:
    assert seen == subtree(TREE, unit_id)


@pytest.mark.parametrize("unit_id", [None, "B"])
def test_the_root_is_the_whole_bureau(unit_id: str | None) -> None:
    assert None is subtree(TREE, unit_id)


def test_a_circle_of_units_ends() -> None:
    circle = [UnitNode("X", "Y", "squad", "x"), UnitNode("Y", "X", "squad", "y")]
    assert {"X", "Y"} == subtree(circle, "X")


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40), st.integers(0, 2**60))
def test_a_cursor_comes_back_as_it_went(text: str, number: int) -> None:
    assert (text, number) == place_of(cursor_of(text, number), str, int)


@pytest.mark.parametrize(
    ("address", "net"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_neighbours_within_one_net_of_ipv6_count_as_one(address: str, net: str) -> None:
    assert net == net_of(address)


@given(st.text(max_size=60))
def test_a_cursor_that_we_never_gave_is_a_refusal(text: str) -> None:
    with contextlib.suppress(Refused):
        assert None is not place_of(text, int)


@pytest.mark.parametrize(
    ("password", "is_weak"),
    [
        ("eleven char", True),
        ("abababababababab", True),
        ("password123456", True),
        ("xx-WANG-xx-99-pq", True),
        ("correct horse battery", False),
        ("中队长今天值班到夜里十点整", False),
    ],
)
def test_a_password_is_long_and_not_worn_out(password: str, is_weak: bool) -> None:  # noqa: FBT001
    assert is_weak == (weakness(password, "wang") is not None)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =cmd|' /C calc'!A0", "＝1+1", "\r\n=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert str(plain(cell)).startswith("'")


@pytest.mark.parametrize("cell", ["张三", "U01", "1=1", "", 5])
def test_other_cells_stay_as_they_are(cell: object) -> None:
    assert cell == plain(cell)


@given(st.text(max_size=50), st.text(max_size=50))
def test_secrets_of_any_signs_can_be_compared(one: str, other: str) -> None:
    assert (one == other) == is_same(one, other) if one.isascii() and other.isascii() else True
    assert 64 == len(csrf_token(one))


def test_the_openapi_document_is_up_to_date() -> None:
    assert render(ROUTES) == PATH.read_text("utf-8"), "python -m telemetry.web.openapi_file"


def test_the_openapi_document_is_one() -> None:
    validate(document(ROUTES))


def test_every_operation_is_named_once() -> None:
    names = [(route.method, route.path) for route in ROUTES]
    assert sorted(set(names)) == sorted(names)


def test_everything_that_changes_something_says_who_may() -> None:
    open_ones = {route.path for route in ROUTES if route.is_open and route.method != "GET"}
    assert {"/session", "/session/once"} == open_ones


def test_no_token_reaches_beyond_its_scopes() -> None:
    writing = {(route.method, route.path) for route in ROUTES if route.scope == "facts:write"}
    assert {("POST", "/{collection}")} == writing
    assert all(route.method == "GET" for route in ROUTES if route.scope == "read")


def test_every_schema_has_a_name_of_its_own() -> None:
    names = document(ROUTES)["components"]["schemas"]
    assert [] == [name for name in names if name.startswith("telemetry__")]
