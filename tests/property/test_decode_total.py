"""Decoding is total, and what is right comes through unchanged: every model, dumped to JSON, decodes to itself."""

import json
import string
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from decoded_checks import decode_storable
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel

from telemetry.domain import messages as m
from telemetry.domain.readings import CommandReply, Envelope, Reading, Rejection
from telemetry.domain.topics import UPLINK_KINDS

kinds = st.sampled_from(sorted(UPLINK_KINDS))
ids = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=32)
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.builds(
    lambda moment, offset: moment.astimezone(offset).isoformat(),
    st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - `timezones`
    offsets,
)
texts = st.text(
    st.characters(codec="utf-8", exclude_characters="".join(map(chr, range(32))) + "\x7f"), min_size=1, max_size=64
)
counts = st.integers(0, 2**31 - 1)
iccids = st.text(string.digits + string.ascii_uppercase, min_size=18, max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
tame_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def numbers(least: float, most: float) -> st.SearchStrategy[float]:
    return st.floats(least, most) | st.integers(int(-(-least // 1)), int(most // 1))


def payloads(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with all of *required*, and each of *optional* there, null, or missing."""
    return st.fixed_dictionaries(required, optional={name: st.none() | values for name, values in optional.items()})


def uplink(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return payloads(
        {"ts": times, "boot": ids, "seq": st.integers(0, 2**63 - 2), **required},
        {"up_s": numbers(0, 2**31 - 1), "clock": st.sampled_from(["network", "gnss", "manual", "unset"]), **optional},
    )


MODELS: dict[type[BaseModel], tuple[str, st.SearchStrategy[dict[str, Any]]]] = {
    m.PresenceOnline: (
        "presence",
        uplink(
            {
                "state": st.just("online"),
                "model": texts,
                "firmware": texts,
                "imei": st.text(string.digits, min_size=15, max_size=15),
                "uptime_s": counts,
            },
            {
                "session": ids,
                "iccid": iccids,
                "officer_id": ids,
                "last_end": st.sampled_from(["key", "battery", "watchdog", "battery_out", "unknown"]),
                "dropped": counts,
            },
        ),
    ),
    m.PresenceOffline: (
        "presence",
        uplink(
            {
                "state": st.just("offline"),
                "reason": st.sampled_from(["power_off", "low_battery", "docked", "sleep", "update"]),
            },
            {"session": ids},
        ),
    ),
    m.PresenceWill: (
        "presence",
        payloads(
            {"ts": times, "boot": ids, "state": st.just("offline"), "reason": st.just("connection_lost")},
            {"session": ids},
        ),
    ),
    m.Heartbeat: (
        "heartbeat",
        uplink(
            {
                "uptime_s": counts,
                "network": st.sampled_from(["4g", "5g", "3g", "2g", "wifi", "none"]),
                "rsrp_dbm": st.none() | numbers(-156, -31),
                "cell": st.none() | st.from_regex(r"\A[0-9]{3}-[0-9]{2,3}-[0-9A-Fa-f]{1,8}-[0-9A-Fa-f]{1,11}\Z"),
            },
            {"sim": st.sampled_from(["ready", "absent", "locked", "error"]), "iccid": iccids},
        ),
    ),
    m.Battery: (
        "battery",
        uplink(
            {"level_pct": numbers(0, 100), "charging": st.booleans()},
            {"voltage_mv": numbers(0, 100_000), "temperature_c": numbers(-100, 200)},
        ),
    ),
    m.Storage: (
        "storage",
        st.tuples(uplink({"total_mb": counts, "files": counts}, {}), st.floats(0, 1)).map(
            lambda drawn: drawn[0] | {"free_mb": int(drawn[0]["total_mb"] * drawn[1])}
        ),
    ),
    m.Recording: (
        "recording",
        uplink(
            {"state": st.sampled_from(["recording", "standby"]), "since": times},
            {"file_id": texts, "trigger": st.sampled_from(["manual", "auto", "sos"])},
        ),
    ),
    m.Location: (
        "location",
        st.builds(
            lambda payload, crs: payload | crs,
            uplink(
                {"lat": numbers(-90, 90), "lon": numbers(-180, 180), "fix": st.sampled_from(["gnss", "network"])},
                {"accuracy_m": numbers(0, 1e6), "speed_mps": numbers(0, 1e4), "heading_deg": numbers(0, 360)},
            ),
            st.sampled_from([{}, {"crs": "wgs84"}, {"crs": "gcj02"}]),
        ),
    ),
    m.Event: (
        "event",
        uplink(
            {"type": st.sampled_from(list(m.EventType.__args__))},
            {"detail": st.dictionaries(texts, tame_values, max_size=3)},
        ),
    ),
    m.Reply: ("reply", payloads({"id": ids, "ok": st.booleans()}, {"detail": tame_values})),
}
models = st.sampled_from(list(MODELS)).flatmap(
    lambda model: MODELS[model][1].map(lambda payload: (MODELS[model][0], model.model_validate(payload)))
)


@given(st.text(), st.binary())
def test_any_bytes_on_any_topic_have_an_answer(topic: str, payload: bytes) -> None:
    assert isinstance(decode_storable(topic, payload), Rejection)


@given(kinds, st.binary())
def test_any_bytes_on_a_right_topic_have_an_answer(kind: str, payload: bytes) -> None:
    decode_storable(f"recorder/v1/R1/{kind}", payload)


@given(kinds, json_values)
def test_any_json_on_a_right_topic_has_an_answer(kind: str, value: Any) -> None:
    decode_storable(f"recorder/v1/R1/{kind}", json.dumps(value).encode())


@given(models, st.data())
def test_any_value_in_the_place_of_a_right_one_has_an_answer(drawn: tuple[str, BaseModel], data: st.DataObject) -> None:
    kind, body = drawn
    payload = json.loads(body.model_dump_json())
    payload[data.draw(st.sampled_from(sorted(payload)))] = data.draw(json_values)
    decode_storable(f"recorder/v1/R1/{kind}", json.dumps(payload).encode())


@given(models, ids)
def test_a_model_dumped_to_json_decodes_to_itself(drawn: tuple[str, BaseModel], recorder_id: str) -> None:
    kind, body = drawn
    payload = body.model_dump_json().encode()
    assume(len(payload) <= m.MAX_PAYLOAD_BYTES)
    decoded = decode_storable(f"recorder/v1/{recorder_id}/{kind}", payload)
    if _is_too_much(body):
        assert isinstance(decoded, Rejection)
        return
    assert isinstance(decoded, Reading | CommandReply), decoded
    assert (recorder_id, type(body), body) == (decoded.recorder_id, type(decoded.body), decoded.body)


def _is_too_much(body: BaseModel) -> bool:
    """Whether its free object is over the 4 KiB or 8 levels that are kept."""
    detail = getattr(body, "detail", None)
    return detail is not None and (len(json.dumps(detail)) > 4096 or _depth(detail) > 8)


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, value.values() if isinstance(value, dict) else value), default=0)


@given(models, st.dictionaries(st.text(min_size=20, max_size=30), tame_values, max_size=3))
def test_fields_that_nobody_knows_change_nothing(drawn: tuple[str, BaseModel], extra: dict[str, Any]) -> None:
    kind, body = drawn
    assume(not _is_too_much(body))
    payload = json.dumps(extra | json.loads(body.model_dump_json())).encode()
    decoded = decode_storable(f"recorder/v1/R1/{kind}", payload)
    assert isinstance(decoded, Reading | CommandReply), decoded
    assert body == decoded.body


@given(st.lists(models, min_size=1, max_size=20), ids, st.integers(0, 2**63 - 2))
def test_messages_in_an_envelope_decode_as_they_do_alone(
    drawn: list[tuple[str, BaseModel]], boot: str, seq: int
) -> None:
    readings = [(kind, body) for kind, body in drawn if kind != "reply" and not _is_too_much(body)]
    assume(readings)
    messages = [{"kind": kind, **json.loads(body.model_dump_json())} for kind, body in readings]
    envelope = {"ts": "2026-03-02T09:00:00+08:00", "boot": boot, "seq": seq, "messages": [*messages, {"kind": "reply"}]}
    decoded = decode_storable("recorder/v1/R1/backlog", json.dumps(envelope).encode())
    assert isinstance(decoded, Envelope), decoded
    *items, bad = decoded.items
    assert (boot, seq) == (decoded.boot, decoded.seq)
    assert readings == [(item.kind, item.body) for item in items if isinstance(item, Reading)]
    assert isinstance(bad, Rejection)
    assert bad.reason.startswith(f"messages.{len(readings)}.")


@given(models, st.data())
def test_a_field_that_must_be_there_is_named_when_it_is_not(drawn: tuple[str, BaseModel], data: st.DataObject) -> None:
    kind, body = drawn
    required = [name for name, field in type(body).model_fields.items() if field.is_required()]
    # What tells the models of a kind apart leaves another model's fields missing.
    name = data.draw(st.sampled_from([name for name in required if name not in {"state", "reason"}]))
    payload = json.loads(body.model_dump_json())
    del payload[name]
    decoded = decode_storable(f"recorder/v1/R1/{kind}", json.dumps(payload).encode())
    # Without its type an alarm is no alarm.
    if isinstance(body, m.Event) and body.type in m.ALARM_TYPES and name != "type":
        assert isinstance(decoded, Reading)
        assert decoded.partial is not None
        assert name in decoded.partial.fields
        return
    assert isinstance(decoded, Rejection)
    assert decoded.reason.startswith(f"{name}: ") or _is_too_much(body)


@given(models.filter(lambda drawn: drawn[0] != "reply"), st.data())
def test_an_optional_field_that_cannot_be_read_costs_nothing_else(
    drawn: tuple[str, BaseModel], data: st.DataObject
) -> None:
    kind, body = drawn
    optional = [name for name, field in type(body).model_fields.items() if field.default is None]
    name = data.draw(st.sampled_from(optional))
    payload = json.loads(body.model_dump_json()) | {name: data.draw(json_values)}
    decoded = decode_storable(f"recorder/v1/R1/{kind}", json.dumps(payload).encode())
    assert isinstance(decoded, Reading), decoded
    told = decoded.body.model_dump(exclude={name, "detail"})
    assert body.model_dump(exclude={name, "detail"}) == told
