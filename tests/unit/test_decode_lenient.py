"""Leniency of the wire contract (1.1): an oddity beside the point is left out and noted, and an alarm always rings."""

import json
from datetime import UTC
from typing import Any, Final

import pytest
from decoded_checks import decode_storable

from telemetry.domain import messages as m
from telemetry.domain.readings import CommandReply, Envelope, Reading, Rejection, Rescued

HEAD: Final = {"ts": "2026-03-02T09:00:00.412+08:00", "boot": "b1", "seq": 17}
BATTERY: Final = {**HEAD, "level_pct": 61, "charging": False}
BIRTH: Final = {**HEAD, "state": "online", "model": "X", "firmware": "1", "imei": "861234567890123", "uptime_s": 4}
LOCATION: Final = {**HEAD, "lat": 30.27, "lon": 120.15, "fix": "gnss"}
SOS: Final = {**HEAD, "type": "sos"}


def raw(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def read(kind: str, payload: Any) -> Reading:
    decoded = decode_storable(f"recorder/v1/R1/{kind}", raw(payload))
    assert isinstance(decoded, Reading), decoded
    return decoded


def left_out(reading: Reading) -> tuple[str, ...]:
    return () if reading.partial is None else reading.partial.fields


@pytest.mark.parametrize(
    ("kind", "payload", "field"),
    [
        ("battery", BATTERY | {"temperature_c": -127}, "temperature_c"),
        ("battery", BATTERY | {"voltage_mv": "3870"}, "voltage_mv"),
        ("battery", BATTERY | {"up_s": -1}, "up_s"),
        ("battery", BATTERY | {"clock": "sundial"}, "clock"),
        ("location", LOCATION | {"heading_deg": -1}, "heading_deg"),
        ("presence", BIRTH | {"iccid": ""}, "iccid"),
        ("presence", BIRTH | {"imei": ""}, "imei"),
        ("presence", BIRTH | {"imei": "1234"}, "imei"),
        ("presence", BIRTH | {"officer_id": "P 31"}, "officer_id"),
        ("presence", BIRTH | {"last_end": "meteor"}, "last_end"),
        ("presence", BIRTH | {"dropped": 1.5}, "dropped"),
    ],
)
def test_an_optional_field_that_cannot_be_read_is_left_out_and_noted(
    kind: str, payload: dict[str, Any], field: str
) -> None:
    reading = read(kind, payload)
    assert getattr(reading.body, field) is None
    assert (field,) == left_out(reading)
    assert reading.partial is not None
    assert ("partial", "b1", 17) == (reading.partial.code, reading.partial.boot, reading.partial.seq)
    assert reading.partial.reason.startswith(f"{field}: ")


def test_every_field_that_is_left_out_is_named() -> None:
    assert ("session", "imei", "iccid") == left_out(read("presence", BIRTH | {"imei": "", "iccid": 5, "session": []}))


@pytest.mark.parametrize("seq", ["12.0", "1.2e1"])
def test_a_whole_number_may_be_spelled_with_a_point(seq: str) -> None:
    reading = read("battery", raw(BATTERY).replace(b"17", seq.encode()))
    assert isinstance(reading.body, m.Battery)
    assert (12, ()) == (reading.body.seq, left_out(reading))


@pytest.mark.parametrize(
    ("field", "value"), [("seq", "12"), ("seq", 12.5), ("seq", True), ("uptime_s", "4"), ("uptime_s", 1e300)]
)
def test_what_is_no_whole_number_is_none_however_it_is_spelled(field: str, value: Any) -> None:
    decoded = decode_storable("recorder/v1/R1/presence", raw(BIRTH | {field: value}))
    assert isinstance(decoded, Rejection)
    assert (("schema", (field,))) == (decoded.code, decoded.fields)


@pytest.mark.parametrize("payload", [BATTERY, BIRTH, SOS, LOCATION], ids=["battery", "birth", "sos", "location"])
def test_a_byte_order_mark_before_and_nul_and_white_space_after_are_ignored(payload: dict[str, Any]) -> None:
    kind = {"level_pct": "battery", "state": "presence", "type": "event", "lat": "location"}
    name = next(kind[key] for key in payload if key in kind)
    odd = b"\xef\xbb\xbf" + raw(payload) + b" \r\n\x00\x00"
    assert (read(name, payload).body, None) == (read(name, odd).body, read(name, odd).partial)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("89860012345678901234", "89860012345678901234"),
        ("8986001234567890123f", "8986001234567890123"),
        ("8986001234567890123F", "8986001234567890123"),
        ("898600a234567890123b", "898600A234567890123B"),
        ("F" * 20, None),
        ("0" * 20, None),
        ("98680021436587090010", None),
    ],
)
def test_a_card_number_that_can_be_none_is_as_if_missing(told: str, kept: str | None) -> None:
    reading = read("presence", BIRTH | {"iccid": told})
    assert isinstance(reading.body, m.PresenceOnline)
    assert (kept, None) == (m.iccid_as_read(reading.body.iccid), reading.partial)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("861234567890123", "861234567890123"),
        ("8612345678901201", "86123456789012"),
        ("0" * 15, None),
        ("0" * 14 + "23", None),
    ],
)
def test_of_an_imei_with_a_software_version_the_first_14_digits_count(told: str, kept: str | None) -> None:
    reading = read("presence", BIRTH | {"imei": told})
    assert isinstance(reading.body, m.PresenceOnline)
    assert (kept, None) == (m.imei_as_read(reading.body.imei), reading.partial)


def test_bytes_that_are_no_utf8_cost_only_the_field_that_holds_them() -> None:
    payload = raw(BATTERY | {"vendor": "@", "clock": "#"}).replace(b"@", "张".encode("gbk")).replace(b"#", b"\xd5\xc5")
    assert ("clock",) == left_out(read("battery", payload))
    birth = decode_storable("recorder/v1/R1/presence", raw(BIRTH | {"model": "@"}).replace(b"@", b"\xd5\xc5"))
    assert isinstance(birth, Rejection)
    assert ("model",) == birth.fields


@pytest.mark.parametrize("kind", sorted(m.ALARM_TYPES))
@pytest.mark.parametrize(
    "detail",
    [
        b'"text instead of an object"',
        b'{"name": "\xd5\xc5\xc8\xfd"}',
        json.dumps({"log": "x" * 5000}).encode(),
        b'{"x": NaN}',
        b'{"x": "\\u0000\\ud800"}',
        b'{"x": "line\nbreak"}',
        b"[" * 300 + b"]" * 300,
        b"9" * 6000,
        json.dumps({"log": "x" * 200_000}).encode(),
    ],
    ids=["text", "gbk", "5 KB", "NaN", "NUL", "control", "deep", "digits", "200 KB"],
)
def test_an_alarm_rings_whatever_its_detail_is(kind: str, detail: bytes) -> None:
    payload = raw(HEAD | {"type": kind, "detail": 0}).replace(b'"detail": 0', b'"detail": ' + detail)
    body = read("event", payload).body
    assert isinstance(body, m.Event | m.Alarm)
    assert (kind, 17) == (body.type, body.seq)


def test_an_alarm_whose_text_hides_a_quotation_mark_rings() -> None:
    # The second byte of this character is a backslash.
    payload = raw(SOS | {"detail": {"name": "@"}}).replace(b"@", "誠".encode("gb18030"))
    body = read("event", payload).body
    assert isinstance(body, m.Event)
    assert {"name": "誠"} == body.detail


@pytest.mark.parametrize("payload", [{"type": "sos"}, {"type": "sos", "ts": "bad", "boot": 5, "seq": -1}])
def test_an_alarm_without_time_and_name_rings(payload: dict[str, Any]) -> None:
    reading = read("event", payload)
    assert m.Alarm(type="sos") == reading.body
    assert {"ts", "boot", "seq"} == set(left_out(reading))


def test_alarms_of_a_backlog_ring_whatever_is_wrong_with_it() -> None:
    inner = [{"kind": "event", **SOS}, {"kind": "event", "type": "tamper"}, {"kind": "battery", **BATTERY}]
    for envelope in (
        {"messages": inner},
        HEAD | {"messages": inner * 40},
        HEAD | {"seq": "x", "messages": [*inner, {"pad": "x" * 80_000}]},
    ):
        decoded = decode_storable("recorder/v1/R1/backlog", raw(envelope))
        assert isinstance(decoded, Rescued)
        rejection, *alarms = decoded.items
        assert isinstance(rejection, Rejection)
        assert {"sos", "tamper"} == {getattr(item.body, "type", None) for item in alarms if isinstance(item, Reading)}
    decoded = decode_storable("recorder/v1/R1/backlog", raw(HEAD | {"clock": "?", "messages": inner}))
    assert isinstance(decoded, Envelope)
    *readings, note = decoded.items
    assert 3 == sum(isinstance(item, Reading) for item in readings)
    assert isinstance(note, Rejection)
    assert ("partial", ("clock",)) == (note.code, note.fields)


@pytest.mark.parametrize("detail", [None, "P1", {}, {"officer_id": "P 1"}, {"officer_id": 31}])
def test_a_login_whose_officer_cannot_be_read_is_noted(detail: Any) -> None:
    reading = read("event", HEAD | {"type": "login", "detail": detail})
    assert ("detail",) == left_out(reading)


def test_an_answer_to_a_command_keeps_what_can_be_read() -> None:
    decoded = decode_storable("recorder/v1/R1/reply", raw({"id": "c1", "ok": True, "detail": {"x": "y" * 9000}}))
    assert isinstance(decoded, CommandReply)
    assert (True, None) == (decoded.body.ok, decoded.body.detail)
    assert decoded.partial is not None
    assert ("detail",) == decoded.partial.fields


@pytest.mark.parametrize("depth", [300, 1_500, 30_000])
@pytest.mark.parametrize("field", ["detail", "x"])
def test_an_alarm_rings_however_deep_something_in_it_is(field: str, depth: int) -> None:
    payload = raw({field: {"a": 0}} | SOS).replace(b'"a": 0', b'"a": ' + b"[" * depth + b"]" * depth)
    reading = read("event", payload)
    assert isinstance(reading.body, m.Event)
    assert ("sos", 17) == (reading.body.type, reading.body.seq)
    assert (("detail",) if field == "detail" else ()) == left_out(reading)


def test_what_is_nested_too_deep_costs_no_more_than_itself() -> None:
    payload = raw(SOS | {"x": {"deep": 0, "text": 'a "[" and \\'}, "detail": {"n": 7}})
    reading = read("event", payload.replace(b'"deep": 0', b'"deep": ' + b'{"k":[' * 3_000 + b"]}" * 3_000))
    assert isinstance(reading.body, m.Event)
    assert {"n": 7} == reading.body.detail


@pytest.mark.parametrize("quotes", [b'\\"' * 100_000, b'"' * 100_001], ids=["escaped", "plain"])
def test_what_is_cut_off_within_deep_nesting_is_no_json(quotes: bytes) -> None:
    for payload in (
        b'{"type": "sos", "detail": ' + b"[" * 30_000,
        b'{"type": "sos", "x": ' + b"[" * 3_000 + b'"' + quotes,
    ):
        decoded = decode_storable("recorder/v1/R1/event", payload)
        assert isinstance(decoded, Rejection)
        assert decoded.code in {"not_json", "too_large"}


@pytest.mark.parametrize(
    "ts",
    [
        "2026-03-02T10:00:00+0800",
        "2026-03-02T10:00+08:00",
        "2026-03-02T10:00:60+08:00",
        "2026-03-02T24:00:00+08:00",
        "2026-03-02T10:00:00",
        " 2026-03-02T10:00:00+08:00 ",
        "2026年3月2日10:00",
        "0000-00-00T00:00:00Z",
        1_772_416_800,
        "1772416800",
        {},
    ],
)
def test_an_alarm_whose_time_is_spelled_in_another_way_rings_at_its_arrival(ts: Any) -> None:
    reading = read("event", SOS | {"ts": ts})
    assert isinstance(reading.body, m.Alarm)
    assert (None, 17) == (reading.body.ts, reading.body.seq)
    assert ("ts",) == left_out(reading)


@pytest.mark.parametrize(
    "ts", ["2026-03-02t10:00:00z", "2026-03-02 18:00:00+08:00", "2026-03-02T10:00:00.123456789-00:00"]
)
def test_an_alarm_keeps_every_time_that_rfc_3339_allows(ts: str) -> None:
    reading = read("event", SOS | {"ts": ts})
    assert isinstance(reading.body, m.Event)
    assert (10, 0) == (reading.body.ts.astimezone(UTC).hour, reading.body.ts.minute)


@pytest.mark.parametrize("kind", [{}, {"kind": None}, {"kind": 5}, {"kind": ["event"]}])
def test_an_alarm_in_a_backlog_rings_without_a_readable_kind(kind: dict[str, Any]) -> None:
    decoded = decode_storable("recorder/v1/R1/backlog", raw(HEAD | {"messages": [kind | SOS | {"seq": 3}]}))
    assert isinstance(decoded, Envelope)
    [alarm] = decoded.items
    assert isinstance(alarm, Reading)
    assert ("sos", 3, ("kind",)) == (alarm.body.type, alarm.body.seq, left_out(alarm))  # type: ignore[union-attr]
    rescued = decode_storable("recorder/v1/R1/backlog", raw({"messages": [kind | SOS]}))
    assert isinstance(rescued, Rescued)
    assert "sos" == getattr(getattr(rescued.items[-1], "body", None), "type", None)
