"""Trace files (wire contract, section 3): JSON Lines, one message a line in the order of arrival, gzip by name."""

import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from telemetry.domain.errors import InputError

MAX_LINE_BYTES: Final = 8 * 1024 * 1024
_UNPACKED_BYTES: Final = 1024 * 1024
_STRING: Final = ord('"')


@dataclass(slots=True)
class TraceLine:
    """One message of a trace: when it arrived (UTC), its topic, its bytes, and whether a broker had kept it till then."""

    received_at: datetime
    topic: str
    payload: bytes
    retained: bool = False

    @property
    def is_retained(self) -> bool:
        """Whether it is published to be kept: presence is, the rest is not (wire contract, section 1)."""
        return self.topic.endswith("/presence")


class _Line(msgspec.Struct):
    received_at: datetime
    topic: str
    payload: msgspec.Raw
    retained: bool = False


class _Topic(msgspec.Struct):
    topic: str


_decoder = msgspec.json.Decoder(_Line)
_topics = msgspec.json.Decoder(_Topic)


def read_lines(path: Path, is_wanted: Callable[[bytes], bool] | None = None) -> Iterator[TraceLine]:
    """The messages of a trace in the file's order; gzip if the name ends in `.gz`. Lines not wanted aren't looked at.

    A payload that stands as a string was no JSON: its characters are the bytes (UTF-8). Raises InputError that names
    file, line and field.
    """
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip() or (is_wanted is not None and not is_wanted(line)):
            continue
        try:
            yield _understood(_decoder.decode(line))
        except (msgspec.DecodeError, ValueError) as fault:
            raise InputError(f"{path}:{number}: {_explain(fault)}") from None


def topic_of_line(line: bytes) -> str:
    """The topic of one line of a trace; empty where it can't be told, which `read_lines` says of the same line."""
    try:
        return _topics.decode(line).topic
    except (msgspec.DecodeError, ValueError):
        return ""


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with _opened(path) as file:
            number = 0
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    raise InputError(f"{path}:{number}: line over {MAX_LINE_BYTES} bytes")
                yield line
    except (OSError, EOFError) as fault:
        raise InputError(f"{path}: {fault}") from None


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        if path.name.endswith(".gz"):
            # GzipFile's own buffer is of 8 KiB: asking it for every line costs as much as unpacking.
            with gzip.GzipFile(fileobj=raw) as unpacked, io.BufferedReader(unpacked, _UNPACKED_BYTES) as buffered:
                yield buffered
        else:
            yield raw


def _understood(line: _Line) -> TraceLine:
    if line.received_at.tzinfo is None:
        raise ValueError("received_at: no offset")
    payload = bytes(line.payload)
    if payload[:1] and payload.lstrip()[0] == _STRING:
        payload = msgspec.json.decode(payload, type=str).encode("utf-8", "surrogatepass")
    return TraceLine(line.received_at.astimezone(UTC), line.topic, payload, line.retained)


def _explain(fault: Exception) -> str:
    text = str(fault)
    # msgspec ends its messages with the path of the field: " - at `$.received_at`".
    message, marker, where = text.partition(" - at `$.")
    return f"{where.rstrip('`')}: {message}" if marker else text


def spell_line(line: TraceLine) -> bytes:
    """One line of a trace, with its newline; bytes that are no JSON object stand as a string."""
    moment = line.received_at.isoformat(timespec="milliseconds")
    spelled = {"received_at": moment, "topic": line.topic, "payload": _as_written(line.payload)}
    if line.retained:
        spelled["retained"] = True
    return msgspec.json.encode(spelled) + b"\n"


def _as_written(payload: bytes) -> Any:
    try:
        value = msgspec.json.decode(payload)
    except (msgspec.DecodeError, ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return payload.decode("utf-8", "backslashreplace")
    # As it came, so that a replay decodes the same bytes; only a line break would break the file's lines.
    return value if b"\n" in payload or b"\r" in payload else msgspec.Raw(payload)
