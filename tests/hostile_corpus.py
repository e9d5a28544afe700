"""Test helper: generates hostile and malformed messages, reproducible by seed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

Payload = dict[str, Any]

TWO_MEGABYTES: Final = 2 * 1024 * 1024
KINDS: Final = ("presence", "heartbeat", "battery", "storage", "recording", "location", "event", "backlog", "reply")
_KEY: Final = "\x00key"
"""Placeholder that is replaced by a raw token in the JSON text."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """One message, and the kind of mutation that made it."""

    topic: str
    payload: bytes
    sort: str


def hostile_messages(seed: int) -> Iterator[Hostile]:
    """An endless stream of messages; some mutations are harmless, so a few are valid."""
    chance = Random(seed)
    sorts, weights = zip(*((sort, weight) for sort, (weight, _) in _SORTS.items()), strict=True)
    while True:
        sort = chance.choices(sorts, weights)[0]
        topic, payload = _SORTS[sort][1](chance)
        yield Hostile(topic, payload, sort)


def is_publishable(topic: str) -> bool:
    """Whether MQTT lets anybody publish to *topic* (MQTT 5, 1.5.4 and 4.7), and mosquitto in particular.

    mosquitto 2.0 refuses the characters that a broker SHOULD refuse, too, and what begins with `$` is its own.
    """
    try:
        length = len(topic.encode())
    except UnicodeEncodeError:
        return False
    return 0 < length < 65_536 and topic[0] != "$" and topic.count("/") < 200 and not any(map(_is_refused, topic))


def _is_refused(character: str) -> bool:
    number = ord(character)
    is_no_character = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF
    return character in "+#" or number < 0x20 or 0x7F <= number < 0xA0 or is_no_character


def good(chance: Random, kind: str) -> Payload:
    """A valid payload with a boot id and `seq` that are unlikely to repeat."""
    payload: Payload = {
        "ts": f"2026-03-{chance.randint(1, 28):02d}T{chance.randint(0, 23):02d}:{chance.randint(0, 59):02d}:03.5+08:00",
        "boot": f"h{chance.getrandbits(60):015x}",
        "seq": chance.randint(0, 10**6),
    }
    match kind:
        case "presence":
            payload |= {"state": "online", "session": "s1", "model": "HX-4G", "firmware": "3.2.1"}
            payload |= {"imei": "861234567890123", "iccid": "89860012345678901234", "uptime_s": 4}
        case "heartbeat":
            payload |= {
                "uptime_s": 14210,
                "network": "4g",
                "rsrp_dbm": -84,
                "cell": "460-00-5004-100040",
                "sim": "ready",
            }
        case "battery":
            payload |= {"level_pct": 61, "charging": False, "voltage_mv": 3870, "temperature_c": 31.5}
        case "storage":
            payload |= {"total_mb": 65536, "free_mb": 40000, "files": 12}
        case "recording":
            payload |= {"state": "recording", "since": "2026-03-02T08:58:11+08:00", "file_id": "F1", "trigger": "auto"}
        case "location":
            payload |= {"lat": 31.22134, "lon": 121.54412, "crs": "wgs84", "accuracy_m": 8.5, "fix": "gnss"}
        case "event":
            payload |= {"type": chance.choice(("login", "sos", "fault")), "detail": {"officer_id": "P0031"}}
        case "backlog":
            inner = [chance.choice(KINDS[:7]) for _ in range(chance.randint(1, 4))]
            payload |= {"messages": [good(chance, kind) | {"kind": kind} for kind in inner]}
        case _:
            payload = {"id": "c42", "ok": True, "detail": {"said": "yes"}}
    return payload


def _name(chance: Random) -> str:
    return f"H{chance.randint(0, 999):03d}"


def _addressed(chance: Random) -> tuple[str, str]:
    kind = chance.choice(KINDS)
    return f"recorder/v1/{_name(chance)}/{kind}", kind


def _text(payload: Any) -> str:
    return json.dumps(payload, ensure_ascii=False)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


Made = tuple[str, bytes]


def _random_bytes(chance: Random) -> Made:
    return _addressed(chance)[0], chance.randbytes(chance.choice((0, 1, 2, 17, 300, 5000)))


def _random_text(chance: Random) -> Made:
    letters = '{}[]",:0123456789.eE+-truefalsn\\u \n\t测试é\U0001f600\u2028\ufffe'
    return _addressed(chance)[0], _bytes("".join(chance.choices(letters, k=chance.randint(1, 200))))


def _deep(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    opening, closing = chance.choice((("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")))
    depth = chance.choice((9, 50, 190, 205, 1000, 10_000))
    tower = opening * depth + chance.choice(("1", "")) + closing * chance.choice((depth, 0))
    if chance.random() < 0.5:
        return topic, tower.encode()
    return topic, _with_token(chance, good(chance, kind), tower)


def _with_token(chance: Random, payload: Payload, *tokens: str) -> bytes:
    """*payload* with one of the raw *tokens* in the place of one of its values, or as a further field."""
    target = payload
    if isinstance(payload.get("messages"), list) and chance.random() < 0.7:
        target = chance.choice(payload["messages"])
    elif isinstance(payload.get("detail"), dict) and chance.random() < 0.5:
        target = payload["detail"]
    target[chance.choice([*target, "extra"])] = _KEY
    return _bytes(_text(payload).replace(json.dumps(_KEY), chance.choice(tokens)))


def _numbers(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    digits = chance.choice((19, 20, 40, 400, 4299, 4301, 20_000))
    tokens = (
        "1e400",
        "-1e400",
        "9" * digits,
        "-" + "9" * digits,
        "0." + "0" * digits + "1",
        "1E+1000000000",
        "-0",
        "-0.0",
    )
    more = (
        "9223372036854775807",
        "9223372036854775808",
        "2147483648",
        "1e-400",
        "01",
        "+1",
        ".5",
        "0x10",
        "1_000",
        "1.0",
    )
    return topic, _with_token(chance, good(chance, kind), *tokens, *more)


def _no_numbers(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    return topic, _with_token(chance, good(chance, kind), "NaN", "Infinity", "-Infinity", "nan", "inf", '"NaN"', "-NaN")


def _surrogates(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    tokens = (
        '"\\ud800"',
        '"\\udfff\\ud800"',
        '"ab\\udc00"',
        '"\ud800"',
        '{"\\ud800": 1}',
        '"\\ud83d\\ude00"',
        '"\\uD800x"',
    )
    return topic, _with_token(chance, good(chance, kind), *tokens)


def _nuls(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    payload = _with_token(
        chance, good(chance, kind), '"\\u0000"', '"a\\u0000b"', '"\x00"', '{"\\u0000": 1}', '["\\u0000"]'
    )
    return topic, chance.choice((payload, payload + b"\x00", b"\x00" + payload))


def _controls(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    character = chance.choice("\x01\x07\b\t\n\r\x1b\x1f\x7f\x85\u2028\u202e\ufeff\ufffe")
    tokens = (json.dumps(f"a{character}b"), f'"a{character}b"', f'"{character}"')
    return topic, _with_token(chance, good(chance, kind), *tokens)


def _huge(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    size = chance.choice((65_536, 65_537, 100_000, TWO_MEGABYTES))
    text = _text(good(chance, kind)).encode()
    match chance.randrange(4):
        case 0:
            return topic, text + b" " * (size - len(text))
        case 1:
            return topic, text[:-1] + b', "extra": "' + b"x" * (size - len(text) - 13) + b'"}'
        case 2:
            return topic, b"[" * size
        case _:
            return topic, chance.randbytes(1024) * (size // 1024) + b"!"


_VALUES: Final = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    "",
    "x",
    "1",
    "true",
    [],
    {},
    [1],
    {"a": 1},
    2**31,
    2**63,
    -(2**63) - 1,
)


def _wrong_types(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    return topic, _with_token(chance, good(chance, kind), *map(json.dumps, _VALUES), '"' + "x" * 5000 + '"')


def _missing(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    payload = good(chance, kind)
    for field in chance.sample(sorted(payload), chance.randint(1, len(payload))):
        del payload[field]
    return topic, _bytes(_text(payload))


def _topics(chance: Random) -> Made:
    name, kind = _name(chance), chance.choice(KINDS)
    odd = chance.choice(
        ("", " ", "a b", "测试", "é", "x" * 33, "x" * 60_000, "..", "$SYS", "R+", "#", "\x00", "\ud800", "Ⅷ", "1\n")
    )
    topic = chance.choice(
        (
            f"recorder/v1/{odd}/{kind}",
            f"recorder/v1/{name}/{odd}",
            f"recorder/v1/{name}/{kind}/{odd}",
            f"recorder/{odd}/{name}/{kind}",
            f"recorder/v2/{name}/{kind}",
            f"/recorder/v1/{name}/{kind}",
            f"Recorder/v1/{name}/{kind}",
            f"recorder/v1/{name}",
            f"recorder/v1/{name}/{kind}s",
            f"recorder/v1/{name}/{kind.upper()}",
            f"recorder/v1/{name}/command/{kind}",
            "/" * chance.randint(1, 300),
            odd,
        )
    )
    return topic, _bytes(_text(good(chance, kind)))


def _other_kind(chance: Random) -> Made:
    topic, _ = _addressed(chance)
    return topic, _bytes(_text(good(chance, chance.choice(KINDS))))


def _mutated(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    payload = bytearray(_bytes(_text(good(chance, kind))))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(payload)) if payload else 0
        match chance.randrange(5):
            case 0:
                payload[at : at + 1] = chance.randbytes(1)
            case 1:
                del payload[at : at + chance.randint(1, 9)]
            case 2:
                payload[at:at] = chance.choice((b'"', b"{", b"}", b"\\", b",", b"9", b"\xff", b"\xc3"))
            case 3:
                del payload[at:]
            case _:
                payload += payload[at:]
    return topic, bytes(payload)


def _encodings(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    text = _text(good(chance, kind) | {"extra": "测é"})
    encoded = [
        text.encode(name, "replace") for name in ("utf-16", "utf-16-be", "utf-32", "utf-8-sig", "gbk", "latin-1")
    ]
    return topic, chance.choice([*encoded, b"\xc0\x80" + text.encode(), text.encode() + text.encode()])


def _twice(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    text = _text(good(chance, kind))
    field = chance.choice(("ts", "boot", "seq", "state", "messages", "kind", "id", "__proto__", ""))
    return topic, _bytes(f'{text[:-1]}, "{field}": {json.dumps(chance.choice(_VALUES))}}}')


def _bombs(chance: Random) -> Made:
    envelope = good(chance, "backlog")
    inner = good(chance, "battery") | {"kind": "battery"}
    match chance.randrange(8):
        case 0:
            envelope["messages"] = [inner] * chance.choice((0, 101, 200))
        case 1:
            envelope["messages"] = [{}] * 20_000
        case 2:
            envelope["messages"] = [envelope | {"kind": "backlog"}] * chance.randint(1, 100)
        case 3:
            envelope["messages"] = [chance.choice(_VALUES) for _ in range(100)]
        case 4:
            envelope["messages"] = [inner | {"kind": chance.choice((*_VALUES, "reply", "backlog", "x" * 500))}] * 50
        case 5:
            envelope["messages"] = [inner, "9" * 60_000]
        case 6:
            return f"recorder/v1/{_name(chance)}/backlog", _bytes(
                _text(envelope | {"messages": [_KEY]}).replace(
                    json.dumps(_KEY), "9" * chance.choice((4299, 4301, 9000))
                )
            )
        case _:
            envelope["messages"] = {"0": inner}
    return f"recorder/v1/{_name(chance)}/backlog", _bytes(_text(envelope))


def _details(chance: Random) -> Made:
    kind = chance.choice(("event", "reply"))
    detail: Any = chance.choice(
        ("x", 1, {"a": 1}, ["x"], {"officer_id": "\x00"}, "x" * 4100, "测" * 1400, 10**4000, True)
    )
    for _ in range(chance.randint(0, 12)):
        detail = {"a": detail} if chance.random() < 0.5 else [detail]
    return f"recorder/v1/{_name(chance)}/{kind}", _bytes(_text(good(chance, kind) | {"detail": detail}))


_TIMES: Final = (
    *(
        "2026-13-45T00:00:00Z",
        "0000-00-00T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "1899-12-31T23:59:59Z",
    ),
    *("2026-03-02T09:00:00", "2026-03-02", "2026-03-02T09:00:60Z", "2026-03-02T24:00:00Z", "2026-02-29T00:00:00Z"),
    *("2026-03-02T09:00:00+99:99", "2026-03-02T09:00:00+24:00", "2026-03-02t09:00:00z", "2026-03-02T09:00:00-23:59"),
    *(
        "2026-03-02T09:00:00.0000000001Z",
        "１９７０-01-01T00:00:00Z",
        "1772413200",
        "now",
        "",
        "2026-W10-1",
        "1970-01-01T00:00:00Z",
    ),
    *("2099-01-01T00:00:00+08:00", "2200-01-01T00:00:00+08:00", "2026-03-02T09:00:00Z\n", " 2026-03-02T09:00:00Z"),
)


def _times(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    payload = good(chance, kind)
    payload[chance.choice(("ts", "since"))] = chance.choice((*_TIMES, 0, 1772413200, 1e300, 1772413200.5))
    return topic, _bytes(_text(payload))


_IDS: Final = ("", "x" * 33, "a b", "a\n", "测试", "٣", "a/b", "\x00", "-" * 32, "ａ", "x" * 70_000)


def _ids(chance: Random) -> Made:
    topic, kind = _addressed(chance)
    payload = good(chance, kind)
    payload[chance.choice(("boot", "session", "id", "imei", "iccid", "cell", "officer_id", "file_id"))] = chance.choice(
        _IDS
    )
    return topic, _bytes(_text(payload))


def _scalars(chance: Random) -> Made:
    payload = chance.choice(
        (b"", b" ", b"null", b"true", b"0", b'"x"', b"[]", b"{}", b"[{}]", b"{", b"\xef\xbb\xbf", b"{}{}")
    )
    return _addressed(chance)[0], payload


_SORTS: Final[dict[str, tuple[float, Callable[[Random], Made]]]] = {
    "random bytes": (6, _random_bytes),
    "random text": (6, _random_text),
    "deep": (3, _deep),
    "numbers": (8, _numbers),
    "no numbers": (6, _no_numbers),
    "surrogates": (6, _surrogates),
    "NUL": (6, _nuls),
    "control characters": (6, _controls),
    "huge": (0.2, _huge),
    "wrong types": (10, _wrong_types),
    "missing fields": (6, _missing),
    "topics": (10, _topics),
    "another kind's payload": (4, _other_kind),
    "mutated": (10, _mutated),
    "encodings": (4, _encodings),
    "fields twice": (6, _twice),
    "backlog bombs": (2, _bombs),
    "details": (6, _details),
    "times": (6, _times),
    "ids": (6, _ids),
    "scalars": (4, _scalars),
}
SORTS: Final = tuple(_SORTS)
