"""Test helper: checks that the database can store whatever `decode` returns."""

import json
import math
from datetime import UTC, datetime
from typing import Any

from telemetry.domain.decode import decode
from telemetry.domain.readings import CommandReply, Decoded, Envelope, Reading, Rejection, Rescued
from telemetry.domain.topics import is_id

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
MAX_REASON = 300
MAX_TOPIC = 512
MAX_KEPT = 65_536


def decode_storable(topic: str, payload: bytes) -> Decoded:
    """Decode, and assert that every value fits the column it is for and every rejection says why."""
    decoded = decode(topic, payload)
    match decoded:
        case Rejection():
            assert len(payload) == decoded.length
            assert payload[:MAX_KEPT] == decoded.payload
            _check_rejection(decoded)
        case Reading():
            _check_reading(decoded)
        case Envelope():
            assert is_id(decoded.recorder_id)
            assert is_id(decoded.boot)
            assert 0 <= decoded.seq < 2**63 - 1
            assert decoded.ts.tzinfo is not None
            assert 1 <= len(decoded.items) <= 101
            _check_items(decoded.items)
        case Rescued():
            _check_items(decoded.items)
        case CommandReply():
            _check_partial(decoded.partial)
            assert is_id(decoded.recorder_id)
            assert is_id(decoded.body.id)
            _check_json(decoded.body.detail)
    return decoded


def _check_items(items: tuple[Reading | Rejection, ...]) -> None:
    for item in items:
        _check_rejection(item) if isinstance(item, Rejection) else _check_reading(item)


def _check_partial(partial: Rejection | None) -> None:
    if partial is not None:
        assert "partial" == partial.code
        _check_rejection(partial)


def _check_rejection(rejection: Rejection) -> None:
    assert 0 < len(rejection.reason) <= MAX_REASON
    assert len(rejection.topic) <= MAX_TOPIC
    for text in (rejection.reason, rejection.topic):
        assert b"\x00" not in text.encode()
    assert len(rejection.payload) <= MAX_KEPT
    assert len(rejection.sha256) == 32
    assert rejection.recorder_id is None or is_id(rejection.recorder_id)
    assert (rejection.boot is None) == (rejection.seq is None)
    assert rejection.boot is None or is_id(rejection.boot)
    assert rejection.seq is None or 0 <= rejection.seq < 2**63 - 1


def _check_reading(reading: Reading) -> None:
    assert is_id(reading.recorder_id)
    _check_partial(reading.partial)
    for name, value in reading.body:
        if name == "detail":
            _check_json(value)
        else:
            _check_value(name, value)


def _check_value(name: str, value: Any) -> None:
    match value:
        case None | bool():
            pass
        case int():
            assert -(2**31) <= value < 2**31 or (name == "seq" and 0 <= value < 2**63 - 1), name
        case float():
            assert math.isfinite(value), name
            assert abs(value) < 3.4e38, name
        case datetime():
            assert value.tzinfo is not None, name
            assert EARLIEST <= value < LATEST, name
        case str():
            assert b"\x00" not in value.encode(), name
            assert len(value) <= 64, name
        case _:
            raise AssertionError(name)


def _check_json(detail: Any) -> None:
    """As PostgreSQL's jsonb takes it: no NaN, no NUL, no lone surrogate."""
    text = json.dumps(detail, allow_nan=False)
    assert "\\u0000" not in text
    json.dumps(detail, ensure_ascii=False).encode()
