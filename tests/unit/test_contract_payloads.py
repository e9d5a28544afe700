"""The contract's own example payloads (a copy, with our reasons beside them): accepted, or rejected for what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from decoded_checks import decode_storable

from telemetry.domain.readings import Envelope, Rejection, Rescued

_EXAMPLES = Path(__file__).parents[1] / "golden" / "payloads.jsonl"
EXAMPLES = [json.loads(line) for line in _EXAMPLES.read_text("utf-8").splitlines()]


def rejections(example: dict[str, Any]) -> list[Rejection]:
    """What is rejected of it, wholly or in part."""
    payload = example["payload"]
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    decoded = decode_storable(example["topic"], raw)
    if isinstance(decoded, Rejection):
        return [decoded]
    items = decoded.items if isinstance(decoded, Envelope | Rescued) else (decoded,)
    told = (item if isinstance(item, Rejection) else item.partial for item in items)
    return [rejection for rejection in told if rejection is not None]


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if e["accept"]], ids=lambda e: e["topic"].rpartition("/")[2] + " " + e["why"]
)
def test_what_the_contract_accepts_is_accepted_and_what_is_left_out_of_it_is_noted(example: dict[str, Any]) -> None:
    expected = [("partial", example["partial"])] if "partial" in example else []
    assert expected == [(rejection.code, rejection.reason) for rejection in rejections(example)]


@pytest.mark.parametrize("example", [e for e in EXAMPLES if not e["accept"]], ids=lambda e: e["why"])
def test_what_the_contract_rejects_is_rejected_and_the_reason_says_why(example: dict[str, Any]) -> None:
    found = rejections(example)
    assert [example["reason"]] == [rejection.reason for rejection in found]
    assert "partial" not in {rejection.code for rejection in found}
