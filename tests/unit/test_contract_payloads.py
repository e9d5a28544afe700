"""The contract's own example payloads (a copy, with our reasons beside them): accepted, or rejected for what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from decoded_checks import decode_storable

from telemetry.domain.readings import Envelope, Rejection

_EXAMPLES = Path(__file__).parents[1] / "golden" / "payloads.jsonl"
EXAMPLES = [json.loads(line) for line in _EXAMPLES.read_text("utf-8").splitlines()]


def rejections(example: dict[str, Any]) -> list[Rejection]:
    payload = example["payload"]
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    decoded = decode_storable(example["topic"], raw)
    if isinstance(decoded, Envelope):
        return [item for item in decoded.items if isinstance(item, Rejection)]
    return [decoded] if isinstance(decoded, Rejection) else []


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if e["accept"]], ids=lambda e: e["topic"].rpartition("/")[2] + " " + e["why"]
)
def test_what_the_contract_accepts_is_accepted(example: dict[str, Any]) -> None:
    assert [] == rejections(example)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if not e["accept"]], ids=lambda e: e["why"])
def test_what_the_contract_rejects_is_rejected_and_the_reason_says_why(example: dict[str, Any]) -> None:
    assert [example["reason"]] == [rejection.reason for rejection in rejections(example)]
