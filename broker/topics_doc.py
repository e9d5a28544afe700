"""Writes `TOPICS.md`, the project's copy of the wire contract, from the models that decode the messages.

python -m broker.topics_doc            writes it
python -m broker.topics_doc --check    exit code 1 if it differs from the models
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from broker.access import SERVER_ACCOUNT
from broker.mosquitto_conf import MAX_PACKET_BYTES
from telemetry.domain import messages as m
from telemetry.domain.topics import PREFIX, UPLINK_KINDS, topic_of

PATH: Final = Path(__file__).with_name("TOPICS.md")
_TS: Final = "2026-03-02T09:00:00.412+08:00"
_HEAD: Final[dict[str, Any]] = {"ts": _TS, "boot": "b7f3a1c2", "seq": 17}
_BATTERY: Final[dict[str, Any]] = _HEAD | {"level_pct": 76, "charging": False, "voltage_mv": 3870}


class _Form(NamedTuple):
    """One form that a kind of message can have, with a valid example."""

    model: type[BaseModel]
    example: Mapping[str, Any]


_FORMS: Final[dict[str, tuple[_Form, ...]]] = {
    "presence": (
        _Form(
            m.PresenceOnline,
            _HEAD
            | {"seq": 1, "state": "online", "session": "s9k2", "model": "HX-4G", "firmware": "3.2.1"}
            | {"imei": "861234567890123", "iccid": "89860012345678901234", "uptime_s": 4, "officer_id": "P0031"},
        ),
        _Form(m.PresenceOffline, _HEAD | {"state": "offline", "session": "s9k2", "reason": "docked"}),
        _Form(
            m.PresenceWill,
            {"ts": _TS, "boot": "b7f3a1c2", "session": "s9k2", "state": "offline", "reason": "connection_lost"},
        ),
    ),
    "heartbeat": (
        _Form(
            m.Heartbeat,
            _HEAD
            | {"uptime_s": 14210, "network": "4g", "rsrp_dbm": -84, "cell": "460-00-5004-100040", "sim": "ready"}
            | {"iccid": "89860012345678901234", "clock": "network"},
        ),
    ),
    "battery": (_Form(m.Battery, _BATTERY),),
    "storage": (_Form(m.Storage, _HEAD | {"total_mb": 65536, "free_mb": 20480, "files": 31}),),
    "recording": (
        _Form(m.Recording, _HEAD | {"state": "recording", "since": "2026-03-02T08:58:11+08:00", "trigger": "manual"}),
    ),
    "location": (_Form(m.Location, _HEAD | {"lat": 31.22134, "lon": 121.54412, "accuracy_m": 8.5, "fix": "gnss"}),),
    "event": (_Form(m.Event, _HEAD | {"type": "login", "detail": {"officer_id": "P0031"}}),),
    "backlog": (_Form(m.Backlog, _HEAD | {"seq": 900, "messages": [{"kind": "battery"} | _BATTERY | {"seq": 801}]}),),
    "reply": (_Form(m.Reply, {"id": "c42", "ok": True}),),
}
_RETAINED: Final = frozenset({"presence"})
_NOTES: Final[Mapping[str, str]] = {
    "backlog": "Each of `messages` is the payload of another kind with its own `ts`, `boot` and `seq`, and its `kind`.",
    "location": "A position within 0.01 degrees of 0, 0, or outside of China, counts as no fix: it is stored, but not shown or used.",
    "storage": "`total_mb` 0, or a total that differs from the recorder's usual one, means that the card isn't mounted: the count is ignored.",
    "event": "A `login` without a readable `officer_id` in `detail` doesn't count as a login: it is stored, and noted.",
}
_ORDER: Final = (*m.READING_KINDS, "backlog", "reply")


def render() -> str:
    """The whole page."""
    assert set(_ORDER) == UPLINK_KINDS == set(_FORMS)
    blocks = [_INTRODUCTION, _LENIENCY, _topics(), _RIGHTS, _every_message()]
    blocks += [_kind(kind) for kind in _ORDER]
    return "\n\n".join(block.strip() for block in blocks) + "\n"


_INTRODUCTION: Final = f"""
# Topics and messages, wire contract version 1.1

Generated from `telemetry/domain/messages.py` by `python -m broker.topics_doc`; don't edit.

MQTT 3.1.1 or 5. Client id = user name = `recorder_id`; ids are 1–32 characters out of `A–Z a–z 0–9 _ -`. Payloads are
JSON objects of at most {m.MAX_PAYLOAD_BYTES // 1024} KiB; the broker ends a connection that sends more than
{MAX_PACKET_BYTES // 1024} KiB in a packet, or QoS 2, without acknowledging it. Keep-alive is {m.KEEP_ALIVE_S} s: a broker publishes the will
of a connection that has been silent for {m.WILL_AFTER_S:g} s. Fields that aren't listed here are ignored. Unknown kinds, and bad
values of required fields, are rejected and stored with the reason.
"""

_LENIENCY: Final = f"""
## Leniency

An optional field that can't be read or is out of bounds is left out, and noted beside the reading as a partial rejection
(`recorder-fleet rejections list`). An integer may be written `12.0`. A byte order mark before the JSON is ignored, as are
white space and NULs after it. Bytes that are not UTF-8 invalidate only the field that they are in.

An event {", ".join(f"`{name}`" for name in sorted(m.ALARM_TYPES))} counts if its JSON can be read, whatever else is wrong
with it, even inside a rejected `backlog`, and in a payload that is too long, as far as the broker takes it. A missing or bad `ts` is
replaced by the time of arrival; without `boot` or `seq` it is stored by a hash of its content.
"""

_RIGHTS: Final = f"""
## Who may do what

| account | publishes | receives |
|---|---|---|
| a recorder, named by its `recorder_id` | all kinds of its own, `command` excepted | `{topic_of("{recorder_id}", "command")}` of its own |
| the server, `{SERVER_ACCOUNT}` | `{topic_of("+", "command")}` | `{PREFIX}/#`, by a shared subscription too |

The broker acknowledges messages on other topics, as MQTT 3.1.1 requires, and drops them (MQTT 5: reason 0x87): check the
topic's case, slashes and id. They leave a gap in `seq`. The server reports recorders that log in but are never heard.
"""


def _topics() -> str:
    rows = [
        f"| `{topic_of('{recorder_id}', kind)}` | up | 1 | {'yes' if kind in _RETAINED else 'no'} |" for kind in _ORDER
    ]
    command = (
        f'| `{topic_of("{recorder_id}", "command")}` | down: `{{"id", "type", …}}`, answered on `…/reply` | 1 | no |'
    )
    return "\n".join(["## Topics", "", "| topic | direction | QoS | retained |", "|---|---|---|---|", *rows, command])


def _every_message() -> str:
    text = (
        "Every uplink message except the will and `reply` has these. `(recorder_id, boot, seq)` identifies a message: a "
        "second one with the same content is a duplicate and not stored. With different content (a reused boot id, or a "
        "`seq` that wrapped) it starts another generation of the boot, stored as `boot~2`, `boot~3`, …: a device fault."
    )
    return f"## Every message\n\n{text}\n\n{_table(m.Uplink, frozenset())}"


def _kind(kind: str) -> str:
    parts = [f"## {kind}", *([_NOTES[kind]] if kind in _NOTES else [])]
    for form in _FORMS[kind]:
        inherited = frozenset(m.Uplink.model_fields) if issubclass(form.model, m.Uplink) else frozenset()
        example = json.dumps(form.example, ensure_ascii=False)
        parts += [(form.model.__doc__ or "").strip(), _table(form.model, inherited), f"    {example}"]
    return "\n\n".join(parts)


def _table(model: type[BaseModel], left_out: frozenset[str]) -> str:
    schema = model.model_json_schema()
    required = set(schema.get("required", ()))
    rows = ["| field | | value | meaning |", "|---|---|---|---|"]
    for name, field in schema["properties"].items():
        if name not in left_out:
            need = "required" if name in required else "optional"
            rows.append(f"| `{name}` | {need} | {_value(field)} | {field.get('description', '')} |")
    return "\n".join(rows)


def _value(field: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_value(option) for option in field["anyOf"])
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return " ".join(f"`{value}`" for value in field["enum"])
    return _typed(field)


def _typed(field: Mapping[str, Any]) -> str:
    match field.get("type", "any JSON value"):
        case "string":
            return _text(field)
        case "integer" | "number" as kind:
            return f"{kind} {_range(field.get('minimum'), field.get('maximum'))}".strip()
        case "array":
            return f"array of {field.get('minItems', 0)}–{field['maxItems']} objects"
        case other:
            return str(other)


def _text(field: Mapping[str, Any]) -> str:
    if field.get("format") == "date-time":
        return "time, RFC 3339 with an offset"
    length = f"{field.get('minLength', 0)}–{field['maxLength']} characters" if "maxLength" in field else "string"
    pattern = field.get("pattern")
    # A vertical bar would end the table's cell.
    return length if pattern is None else f"{length}, `{pattern.replace('|', chr(92) + '|')}`"


def _range(least: float | None, most: float | None) -> str:
    if least is None or most is None:
        return ""
    top = {2**31 - 1: "2³¹−1", 2**63 - 2: "2⁶³−2"}.get(int(most), f"{most:.10g}")
    return f"{least:.10g}…{top}".replace("-", "−")


def main() -> int:
    """Write the page, or compare the existing one with the models."""
    parser = argparse.ArgumentParser(prog="python -m broker.topics_doc", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 where TOPICS.md is out of date"
    )
    page = render()
    if not parser.parse_args().check:
        PATH.write_text(page, encoding="utf-8")
        return 0
    if PATH.is_file() and PATH.read_text(encoding="utf-8") == page:
        return 0
    sys.stderr.write("broker/TOPICS.md is not what the models say; run: python -m broker.topics_doc\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
