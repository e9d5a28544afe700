"""Ingest, step 1 of 4: decode a message into a reading or a rejection with its reason; never raises.

A message that matches its model needs one call of a compiled validator. Any other is read field by field: an invalid
optional field is left out and noted (`partial`), and an alarm counts whatever else is wrong with it.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import SchemaValidator, from_json

from telemetry.domain import messages as m
from telemetry.domain.readings import CommandReply, Decoded, Envelope, Reading, Rejection, RejectionCode, Rescued
from telemetry.domain.topics import UPLINK_KINDS, is_id, recorder_of

MAX_ALARM_BYTES: Final = 1024 * 1024
"""Largest message, rejected for exceeding 64 KiB, that is still searched for alarms."""
_MAX_BYTES: Final = m.MAX_PAYLOAD_BYTES
_MAX_REASON: Final = 300
_MAX_TOPIC: Final = 512
_MAX_KNOWN_TOPIC: Final = 80
_MAX_DIGITS: Final = 32
_BOM: Final = b"\xef\xbb\xbf"
_AFTER_JSON: Final = b" \t\r\n\x00"
_MOST_NESTED: Final = 64
"""Values nested deeper are read as null, because no reader follows any depth. Nothing in the contract is so deep."""
_STRING_OR_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_PATTERN: Final = "string_pattern_mismatch"
_NO_OBJECT: Final = "payload: no JSON object"
_FORMS: Final = {
    "ts": "no RFC 3339 time with an offset",
    "since": "no RFC 3339 time with an offset",
    "boot": "no id (1-32 characters of A-Z a-z 0-9 _ -)",
    "session": "no id (1-32 characters of A-Z a-z 0-9 _ -)",
    "officer_id": "no id (1-32 characters of A-Z a-z 0-9 _ -)",
    "imei": "not 15 or 16 digits",
    "iccid": "not 18-20 characters of 0-9 A-Z",
    "cell": "not mcc-mnc-tac-eci",
}
"""Explanations shown to people instead of the regular expression."""


class _Form(NamedTuple):
    """A model's compiled validator, its fields, and which of them are optional.

    Calling the validator directly saves a Python frame per message compared with `model_validate_json`.
    """

    validator: SchemaValidator
    fields: frozenset[str]
    optional: frozenset[str]


def _form(model: type[BaseModel]) -> _Form:
    validator = model.__pydantic_validator__
    assert isinstance(validator, SchemaValidator)
    fields = model.model_fields
    optional = (name for name, field in fields.items() if not field.is_required() and field.default is None)
    return _Form(validator, frozenset(fields), frozenset(optional))


_PLAIN: Final[dict[str, tuple[m.ReadingKind, _Form]]] = {
    "heartbeat": ("heartbeat", _form(m.Heartbeat)),
    "battery": ("battery", _form(m.Battery)),
    "storage": ("storage", _form(m.Storage)),
    "recording": ("recording", _form(m.Recording)),
    "location": ("location", _form(m.Location)),
}
_FAST: Final = {kind: (name, form.validator) for kind, (name, form) in _PLAIN.items()}
_ONLINE = _form(m.PresenceOnline)
_OFFLINE = _form(m.PresenceOffline)
_WILL = _form(m.PresenceWill)
_EVENT = _form(m.Event)
_ALARM = _form(m.Alarm)
_BACKLOG = _form(m.Backlog)
_REPLY = _form(m.Reply)


def decode(topic: str, payload: bytes) -> Decoded:
    """Decode one MQTT message of the contract; never raises.

    Returns a `Rejection` for a payload over 64 KiB, invalid JSON, a foreign topic or an invalid required field.
    """
    address = _known_address(topic) if len(topic) <= _MAX_KNOWN_TOPIC else _address(topic)
    if isinstance(address, str):
        return reject(topic, recorder_of(topic), payload, "topic", address)
    recorder_id, kind = address
    fast = _FAST.get(kind)
    if fast is not None and len(payload) <= _MAX_BYTES:
        try:
            return Reading(recorder_id, fast[0], fast[1].validate_json(payload))
        except ValidationError:
            pass
    if kind not in UPLINK_KINDS:
        return reject(topic, recorder_id, payload, "kind", f"topic: kind {kind[:32]!r} is unknown")
    return _decode_object(_Source(topic, recorder_id, payload), kind, payload)


def decode_inner(topic: str, payload: bytes) -> Reading | Rejection:
    """Decode again a message that was kept out of a backlog, under the backlog's *topic*."""
    source = _Source(topic, recorder_of(topic) or "", payload, "messages.")
    return _decode_inner(source, _read_json(payload))


def _address(topic: str) -> tuple[str, str] | str:
    """Return recorder and kind of a topic, or what is wrong with it."""
    parts = topic.split("/")
    if len(parts) != 4 or parts[0] != "recorder" or parts[1] != "v1":
        return "topic: not recorder/v1/{recorder_id}/{kind}"
    if not is_id(parts[2]):
        return "topic: recorder_id is not 1-32 characters of A-Z a-z 0-9 _ -"
    return parts[2], parts[3]


# A fleet repeats the same few thousand topics. Long topics are foreign; caching them could cost 64 KiB each.
_known_address = lru_cache(maxsize=65_536)(_address)


@dataclass(slots=True)
class _Source:
    """A JSON object's recorder, and its bytes; for an inner message the object itself.

    `where` is the prefix of the names of faulty fields.
    """

    topic: str
    recorder_id: str
    payload: bytes | None
    where: str = ""
    inner: Any = None

    def reject(self, code: RejectionCode, faults: "_Faults") -> Rejection:
        """Return the rejection, whole or partial, for *faults*."""
        reason = "; ".join(f"{self.where}{name}: {text}" if name else f"{self.where}{text}" for name, text in faults)
        fields = tuple(name for name, _ in faults if name)
        payload = _spelled(self.inner) if self.payload is None else self.payload
        return reject(self.topic, self.recorder_id, payload, code, reason, fields=fields)


_Faults = list[tuple[str, str]]
"""Field (empty: no particular one) and what is wrong with it."""


def _decode_object(source: _Source, kind: str, payload: bytes) -> Decoded:
    """Decode a message of any kind, field by field."""
    if len(payload) > m.MAX_PAYLOAD_BYTES:
        return _decode_too_large(source, kind, payload)
    value = _read_json(payload)
    if not isinstance(value, dict):
        return source.reject("not_json", [("", _NO_OBJECT)])
    if kind == "backlog":
        return _decode_backlog(source, value)
    if kind == "reply":
        reply, faults = _read(_REPLY, value)
        if reply is None:
            return source.reject("schema", faults)
        return CommandReply(source.recorder_id, reply, source.reject("partial", faults) if faults else None)
    return _decode_value(source, kind, value)


def _decode_too_large(source: _Source, kind: str, payload: bytes) -> Rejection | Reading | Rescued:
    faults: _Faults = [("", f"payload: {len(payload)} bytes, over {m.MAX_PAYLOAD_BYTES}")]
    value = _read_json(payload) if kind in {"event", "backlog"} and len(payload) <= MAX_ALARM_BYTES else None
    if not isinstance(value, dict):
        return source.reject("too_large", faults)
    if kind == "event" and _is_alarm(value):
        return _decode_alarm(source, value, faults)
    return _with_alarms(source.reject("too_large", faults), source, value)


def _decode_backlog(source: _Source, value: dict[str, Any]) -> Envelope | Rejection | Rescued:
    envelope, faults = _read(_BACKLOG, value)
    if envelope is None:
        return _with_alarms(source.reject("schema", faults), source, value)
    items: list[Reading | Rejection] = [
        _decode_plain(source.recorder_id, inner) or _decode_inner(_inner_source(source, index, inner), inner)
        for index, inner in enumerate(envelope.messages)
    ]
    if faults:
        items.append(source.reject("partial", faults))
    return Envelope(source.recorder_id, envelope.boot, envelope.seq, envelope.ts, tuple(items))


def _with_alarms(rejection: Rejection, source: _Source, value: dict[str, Any]) -> Rejection | Rescued:
    """Return the rejection of a backlog together with the alarms in it."""
    messages = value.get("messages")
    if not isinstance(messages, list):
        return rejection
    alarms = [
        _decode_inner(_inner_source(source, index, inner), inner)
        for index, inner in enumerate(messages)
        if isinstance(inner, dict) and _is_alarm(inner) and _may_be_event(inner.get("kind"))
    ]
    return Rescued((rejection, *alarms)) if alarms else rejection


def _inner_source(source: _Source, index: int, inner: Any) -> _Source:
    return _Source(source.topic, source.recorder_id, None, f"messages.{index}.", inner)


def _spelled(inner: Any) -> bytes:
    try:
        return json.dumps(inner, default=str).encode()
    except RecursionError:
        return json.dumps({key: told for key, told in inner.items() if not isinstance(told, dict | list)}).encode()


def _decode_plain(recorder_id: str, inner: Any) -> Reading | None:
    """Decode an inner message of a plain kind that matches its model (the fast path); None otherwise."""
    kind = inner.get("kind") if isinstance(inner, dict) else None
    fast = _FAST.get(kind) if isinstance(kind, str) else None
    if fast is None:
        return None
    try:
        return Reading(recorder_id, fast[0], fast[1].validate_python(inner))
    except ValidationError:
        return None


def _decode_inner(source: _Source, inner: Any) -> Reading | Rejection:
    """Decode one message inside a backlog; a bad one is rejected alone, under `messages.{index}`."""
    if not isinstance(inner, dict):
        return source.reject("schema", [("", "no JSON object")])
    kind = inner.get("kind")
    if not isinstance(kind, str):
        faults = [("kind", "missing or no string")]
        return _decode_alarm(source, inner, faults) if _is_alarm(inner) else source.reject("schema", faults)
    if kind not in m.READING_KINDS:
        return source.reject("schema", [("kind", f"{kind[:32]!r} is unknown here")])
    return _decode_value(source, kind, inner)


def _decode_value(source: _Source, kind: str, value: dict[str, Any]) -> Reading | Rejection:
    """Decode one JSON object as a reading of *kind*."""
    name: m.ReadingKind
    match kind:
        case "presence":
            name, form = "presence", _presence_form(value)
        case "event":
            name, form = "event", _EVENT
        case _:
            name, form = _PLAIN[kind]
    body, faults = _read(form, value)
    if body is None:
        if kind == "event" and _is_alarm(value):
            return _decode_alarm(source, value, [])
        return source.reject("schema", faults)
    if isinstance(body, m.Event) and body.type == "login" and body.officer_id is None and not faults:
        faults = [("detail", "names no officer_id that can be read: no login")]
    partial = source.reject("partial", faults) if faults else None
    return Reading(source.recorder_id, name, body, partial)


def _decode_alarm(source: _Source, value: dict[str, Any], faults: _Faults) -> Reading:
    """Decode an alarm of which anything but the type may be wrong. *faults*: those found so far."""
    alarm, more = _read(_ALARM, value)
    assert isinstance(alarm, m.Alarm)
    named = {name for name, _ in more}
    missing = [(name, "missing") for name in ("ts", "boot", "seq") if getattr(alarm, name) is None]
    faults = [*faults, *more, *(fault for fault in missing if fault[0] not in named)]
    return Reading(source.recorder_id, "event", alarm, source.reject("partial", faults))


def _is_alarm(value: dict[str, Any]) -> bool:
    kind = value.get("type")
    return isinstance(kind, str) and kind in m.ALARM_TYPES


def _may_be_event(kind: Any) -> bool:
    """Return whether a message of this kind may be an event: it says so, or its kind can't be read."""
    return kind == "event" or not isinstance(kind, str)


def _presence_form(value: dict[str, Any]) -> _Form:
    if value.get("state") == "online":
        return _ONLINE
    return _WILL if value.get("reason") == "connection_lost" else _OFFLINE


def _read_json(payload: bytes) -> Any:
    """Parse *payload*, ignoring a leading byte order mark and trailing NULs; None if it isn't JSON.

    Bytes that aren't UTF-8 become lone surrogates, so that only the field that holds them is invalid. If they hide a
    quotation mark (a double-byte character whose second byte is a backslash), decode as GB 18030 instead.
    """
    try:
        return from_json(payload, allow_inf_nan=False)
    except ValueError:
        data = payload.removeprefix(_BOM).rstrip(_AFTER_JSON)
    for encoding in ("utf-8", "gb18030"):
        try:
            return _parse(data.decode(encoding, "surrogateescape"))
        except (ValueError, RecursionError):
            continue
    return None


def _parse(text: str) -> Any:
    try:
        return json.loads(text, strict=False, parse_int=_integer)
    except RecursionError:
        return json.loads(_flattened(text), strict=False, parse_int=_integer)


def _flattened(text: str) -> str:
    """Return *text* with null in place of all that is nested too deep."""
    kept, depth, start = [], 0, 0
    for found in _STRING_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth == _MOST_NESTED + 1:
                kept.append(text[start : found.start()])
                kept.append("null")
        elif found[0] in "]}":
            depth -= 1
            if depth == _MOST_NESTED:
                start = found.end()
    return "".join([*kept, text[start:]])


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _read(form: _Form, value: dict[str, Any]) -> tuple[Any, _Faults]:
    """Return the model of *value* and the fields left out; or None and the faults."""
    faults: _Faults = []
    # Each field is repaired at most twice: 30.0 becomes 30, or the field is left out.
    for _ in range(2 * len(form.fields)):
        try:
            return form.validator.validate_python(value), faults
        except ValidationError as fault:
            errors = fault.errors(include_url=False, include_context=False, include_input=False)
        value = dict(value)
        fatal = [text for text in (_mend(form, value, error, faults) for error in errors) if text is not None]
        if fatal:
            return None, fatal
    return None, [("", "can't be read")]


def _mend(form: _Form, value: dict[str, Any], error: Any, faults: _Faults) -> tuple[str, str] | None:
    """Repair *value* where the contract allows it; otherwise return the faulty field and what is wrong with it."""
    name = str(error["loc"][0]) if error["loc"] else ""
    told = value.get(name)
    if isinstance(told, float) and told.is_integer() and error["type"] in {"int_type", "int_from_float"}:
        value[name] = int(told)
        return None
    message = _FORMS.get(name, error["msg"]) if error["type"] == _PATTERN else error["msg"]
    if name in form.optional:
        if name in value:
            del value[name]
            faults.append((name, message))
        return None
    return name, message


def reject(
    topic: str,
    recorder_id: str | None,
    payload: bytes,
    code: RejectionCode,
    reason: str,
    *,
    fields: tuple[str, ...] = (),
) -> Rejection:
    """Return a rejection of *payload*: its first 64 KiB, length, SHA-256, and boot and `seq` if readable."""
    boot, seq = _name_of(payload) if code in {"schema", "partial"} else (None, None)
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
        fields=fields,
    )


def _name_of(payload: bytes) -> tuple[str | None, int | None]:
    """Return boot and `seq` of a rejected message if both can still be read."""
    value = _read_json(payload)
    boot, seq = (value.get("boot"), value.get("seq")) if isinstance(value, dict) else (None, None)
    if not (isinstance(boot, str) and is_id(boot)):
        return None, None
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq < 2**63 - 1:
        return None, None
    return boot, seq


def _storable(text: str, limit: int) -> str:
    """Return *text* as PostgreSQL can store it: valid UTF-8 without NUL, at most *limit* characters."""
    clean = text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")
    return clean[:limit]
