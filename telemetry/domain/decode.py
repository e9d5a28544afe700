"""Ingest, step 1 of 4: bytes from outside become a reading or a rejection with its reason; it never raises."""

import hashlib
import json
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import SchemaValidator, from_json

from telemetry.domain import messages as m
from telemetry.domain.readings import CommandReply, Decoded, Envelope, Reading, Rejection, RejectionCode
from telemetry.domain.topics import UPLINK_KINDS, is_id, recorder_of

MAX_DETAIL_BYTES: Final = 4096
MAX_DETAIL_DEPTH: Final = 8
_MAX_REASON: Final = 300
_MAX_TOPIC: Final = 512
_MAX_KNOWN_TOPIC: Final = 80
_PATTERN: Final = "string_pattern_mismatch"
_FORMS: Final = {
    "ts": "no RFC 3339 time with an offset",
    "since": "no RFC 3339 time with an offset",
    "boot": "no id (1-32 characters of A-Z a-z 0-9 _ -)",
    "session": "no id (1-32 characters of A-Z a-z 0-9 _ -)",
    "officer_id": "no id (1-32 characters of A-Z a-z 0-9 _ -)",
    "imei": "not 15 digits",
    "iccid": "not 18-20 characters of 0-9 A-Z",
    "cell": "not mcc-mnc-tac-eci",
}
"""What a person is told instead of the regular expression."""


def _validator(model: type[BaseModel]) -> SchemaValidator:
    # Calling the compiled validator itself saves a Python frame per message against `model_validate_json`.
    validator = model.__pydantic_validator__
    assert isinstance(validator, SchemaValidator)
    return validator


_PLAIN: Final[dict[str, tuple[m.ReadingKind, SchemaValidator]]] = {
    "heartbeat": ("heartbeat", _validator(m.Heartbeat)),
    "battery": ("battery", _validator(m.Battery)),
    "storage": ("storage", _validator(m.Storage)),
    "recording": ("recording", _validator(m.Recording)),
    "location": ("location", _validator(m.Location)),
}
_ONLINE = _validator(m.PresenceOnline)
_OFFLINE = _validator(m.PresenceOffline)
_WILL = _validator(m.PresenceWill)
_EVENT = _validator(m.Event)
_BACKLOG = _validator(m.Backlog)
_REPLY = _validator(m.Reply)


def decode(topic: str, payload: bytes) -> Decoded:
    """Read one MQTT message of the contract; whatever comes, the answer is a value.

    A payload over 64 KiB, JSON that is none, a foreign topic, a field out of bounds: each is a `Rejection`.
    """
    address = _known_address(topic) if len(topic) <= _MAX_KNOWN_TOPIC else _address(topic)
    if isinstance(address, str):
        return reject(topic, recorder_of(topic), payload, "topic", address)
    recorder_id, kind = address
    if kind not in UPLINK_KINDS:
        return reject(topic, recorder_id, payload, "kind", f"topic: kind {kind[:32]!r} is unknown")
    if len(payload) > m.MAX_PAYLOAD_BYTES:
        return reject(topic, recorder_id, payload, "too_large", f"payload: {len(payload)} bytes, over 65536")
    plain = _PLAIN.get(kind)
    try:
        if plain is not None:
            return Reading(recorder_id, plain[0], plain[1].validate_json(payload))
        return _decode_structured(topic, recorder_id, kind, payload)
    except (ValidationError, ValueError) as fault:
        return reject(topic, recorder_id, payload, *_explain(fault))


def _address(topic: str) -> tuple[str, str] | str:
    """Recorder and kind of a topic, or what is wrong with it."""
    parts = topic.split("/")
    if len(parts) != 4 or parts[0] != "recorder" or parts[1] != "v1":
        return "topic: not recorder/v1/{recorder_id}/{kind}"
    if not is_id(parts[2]):
        return "topic: recorder_id is not 1-32 characters of A-Z a-z 0-9 _ -"
    return parts[2], parts[3]


# A fleet says the same few thousand topics over and over; a long one is nobody's, and 64 KiB of it could be kept.
_known_address = lru_cache(maxsize=65_536)(_address)


def _decode_structured(topic: str, recorder_id: str, kind: str, payload: bytes) -> Decoded:
    """Decode the kinds whose shape depends on their content. Raises ValueError, ValidationError."""
    value = from_json(payload, allow_inf_nan=False)
    if not isinstance(value, dict):
        return reject(topic, recorder_id, payload, "not_json", "payload: no JSON object")
    match kind:
        case "backlog":
            envelope: m.Backlog = _BACKLOG.validate_python(value)
            items = tuple(
                _decode_inner(topic, recorder_id, index, inner) for index, inner in enumerate(envelope.messages)
            )
            return Envelope(recorder_id, envelope.boot, envelope.seq, items)
        case "reply":
            reply: m.Reply = _REPLY.validate_python(value)
            _check_detail(reply.detail)
            return CommandReply(recorder_id, reply)
        case _:
            return _decode_value(recorder_id, kind, value)


def _decode_value(recorder_id: str, kind: str, value: dict[str, Any]) -> Reading:
    """Decode one JSON object as *kind*. Raises ValueError, ValidationError."""
    plain = _PLAIN.get(kind)
    if plain is not None:
        return Reading(recorder_id, plain[0], plain[1].validate_python(value))
    if kind == "presence":
        return Reading(recorder_id, "presence", _presence_validator(value).validate_python(value))
    if kind == "event":
        event: m.Event = _EVENT.validate_python(value)
        _check_detail(event.detail)
        return Reading(recorder_id, "event", event)
    text = f"kind: {kind[:32]!r} is unknown here"
    raise ValueError(text)


def _presence_validator(value: dict[str, Any]) -> SchemaValidator:
    if value.get("state") == "online":
        return _ONLINE
    return _WILL if value.get("reason") == "connection_lost" else _OFFLINE


def _decode_inner(topic: str, recorder_id: str, index: int, inner: Any) -> Reading | Rejection:
    """Decode one message inside a backlog; a bad one is rejected alone, under `messages.{index}`."""
    try:
        if not isinstance(inner, dict):
            return _reject_inner(topic, recorder_id, index, inner, ("schema", "no JSON object"))
        kind = inner.get("kind")
        if not isinstance(kind, str):
            return _reject_inner(topic, recorder_id, index, inner, ("schema", "kind: missing or no string"))
        return _decode_value(recorder_id, kind, inner)
    except (ValidationError, ValueError) as fault:
        return _reject_inner(topic, recorder_id, index, inner, _explain(fault))


def _reject_inner(topic: str, recorder_id: str, index: int, inner: Any, why: tuple[RejectionCode, str]) -> Rejection:
    payload = json.dumps(inner, default=str).encode("utf-8", "backslashreplace")
    code, reason = why
    return reject(topic, recorder_id, payload, code, f"messages.{index}.{reason}")


def _check_detail(detail: Any) -> None:
    """Hold a free JSON value to what a `jsonb` column can keep; raises ValueError that names the field."""
    if detail is None:
        return
    if _depth(detail, 0) > MAX_DETAIL_DEPTH:
        text = f"detail: over {MAX_DETAIL_DEPTH} levels deep"
        raise ValueError(text)
    try:
        encoded = json.dumps(detail, allow_nan=False, ensure_ascii=True)
    except (ValueError, TypeError, RecursionError) as fault:
        text = f"detail: {fault}"
        raise ValueError(text) from None
    if len(encoded) > MAX_DETAIL_BYTES:
        text = f"detail: over {MAX_DETAIL_BYTES} bytes"
        raise ValueError(text)
    if "\\u0000" in encoded or "\\ud8" in encoded or "\\udc" in encoded:
        _check_text(detail)


def _check_text(value: Any) -> None:
    """Refuse NUL and lone surrogates, which JSON can spell and PostgreSQL can't keep."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            text = "detail: holds a NUL character or a lone surrogate"
            raise ValueError(text)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_text(key)
            _check_text(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_text(inner)


def _depth(value: Any, depth: int) -> int:
    if depth > MAX_DETAIL_DEPTH or not isinstance(value, dict | list):
        return depth
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(v, depth + 1) for v in inner), default=depth + 1)


def _explain(fault: Exception) -> tuple[RejectionCode, str]:
    if not isinstance(fault, ValidationError):
        text = str(fault)
        return ("schema" if text.startswith(("detail", "kind")) else "not_json"), text
    first = fault.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] in {"json_invalid", "model_type", "dict_type", "model_attributes_type"} and not first["loc"]:
        return "not_json", "payload: no JSON object"
    where = ".".join(str(part) for part in first["loc"])
    message = _FORMS.get(str(first["loc"][-1]), first["msg"]) if first["type"] == _PATTERN else first["msg"]
    return "schema", f"{where}: {message}" if where else message


def reject(topic: str, recorder_id: str | None, payload: bytes, code: RejectionCode, reason: str) -> Rejection:
    """A rejection of *payload*: its first 64 KiB, length and SHA-256, and its name where that can be read."""
    boot, seq = _name_of(payload) if code == "schema" else (None, None)
    return Rejection(
        topic=_storable(topic, _MAX_TOPIC),
        recorder_id=recorder_id,
        code=code,
        reason=_storable(reason, _MAX_REASON),
        payload=bytes(payload[: m.MAX_PAYLOAD_BYTES]),
        length=len(payload),
        sha256=hashlib.sha256(payload).digest(),
        boot=boot,
        seq=seq,
    )


def _name_of(payload: bytes) -> tuple[str | None, int | None]:
    """Boot and seq of a rejected message, where both can still be read."""
    try:
        value = from_json(payload)
    except ValueError:
        return None, None
    boot, seq = (value.get("boot"), value.get("seq")) if isinstance(value, dict) else (None, None)
    if not (isinstance(boot, str) and is_id(boot)):
        return None, None
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq < 2**63 - 1:
        return None, None
    return boot, seq


def _storable(text: str, limit: int) -> str:
    """*text* as PostgreSQL can keep it: valid UTF-8 without NUL, at most *limit* characters."""
    clean = text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")
    return clean[:limit]
