"""Scanning a JSON text gives what decoding the whole gives, however it is spaced, and no other text passes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from alerts.facts.json_scan import JsonScan

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=5)


def scanned(data: bytes) -> dict[str, Any]:
    scan = JsonScan(data)
    assert scan.starts(b"{")
    return {name: list(scan.values()) if scan.starts(b"[") else scan.value() for name in scan.names()}


def skipped(data: bytes) -> list[str]:
    scan = JsonScan(data)
    names = []
    for name in scan.names():
        names.append(name)
        scan.skip()
    return names


@given(OBJECTS, st.sampled_from([None, 1]), st.booleans())
def test_every_value_is_found_where_it_is(value: dict[str, Any], indent: int | None, ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    data = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    assert value == scanned(data)
    assert list(value) == skipped(data)


@given(OBJECTS, st.data())
def test_a_text_with_a_byte_missing_is_no_json_or_what_it_says(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value).encode()
    at = data.draw(st.integers(1, len(text) - 1))
    broken = text[:at] + text[at + 1 :]
    try:
        whole = from_json(broken, allow_inf_nan=False)
    except ValueError:
        with pytest.raises(ValueError, match=r" at line \d"):
            scanned(broken)
    else:
        assert whole == scanned(broken)
