"""Trace files (wire contract, section 3): JSON Lines, one message per line in order of arrival, optionally gzip."""

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
    """One message of a trace: arrival (UTC), topic, payload, and whether the broker had retained it."""

    received_at: datetime
    topic: str
    payload: bytes
    retained: bool = False

    @property
    def is_retained(self) -> bool:
        """Return whether it is published as retained: presence only (wire contract, section 1)."""
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
    """Yield the messages of a trace in file order; gzip if the name ends in `.gz`.

    Lines that *is_wanted* refuses are not parsed. A payload written as a string was not JSON; its characters are the
    bytes (UTF-8). Raises InputError that names file, line and field.
    """
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip() or (is_wanted is not None and not is_wanted(line)):
            continue
        try:
            yield _understood(_decoder.decode(line))
        except (msgspec.DecodeError, ValueError) as fault:
            raise InputError(f"{path}:{number}: {_explain(fault)}") from None


def topic_of_line(line: bytes) -> str:
    """Return the topic of a trace line; empty if unreadable, which `read_lines` reports for the same line."""
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
            # GzipFile buffers only 8 KiB; reading every line from it costs as much as decompression.
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
    # msgspec messages end with the path of the field: " - at `$.received_at`".
    message, marker, where = text.partition(" - at `$.")
    return f"{where.rstrip('`')}: {message}" if marker else text


def spell_line(line: TraceLine) -> bytes:
    """Return one line of a trace with its newline; a payload that isn't a JSON object becomes a string."""
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
    # Keep the original bytes, so that a replay decodes the same ones. Line breaks would break the file format.
    return value if b"\n" in payload or b"\r" in payload else msgspec.Raw(payload)
