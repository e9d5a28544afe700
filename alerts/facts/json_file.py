"""Facts, step 1 of 4, from JSON: the facts file of the contract, an object with one array per collection."""

import json
from collections.abc import Iterator, Mapping
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Final

from pydantic_core import from_json

from alerts.facts.elements import FactSet, Source, gather, read_array
from alerts.facts.faults import FactFault
from alerts.facts.models import MODELS

MAX_BYTES: Final = 512 * 1024 * 1024
_SPACE: Final = " \t\r\n"


def read_json(data: bytes, file: str) -> FactSet | list[FactFault]:
    """The facts in *data*, or all faults with their lines in *file*."""
    if len(data) > MAX_BYTES:
        return [FactFault("", "", f"over {MAX_BYTES >> 20} MB", f"文件超过{MAX_BYTES >> 20}MB", file)]
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        value = from_json(data, allow_inf_nan=False)
    except ValueError as fault:
        return [FactFault("", "", f"no JSON: {fault}", f"不是有效的JSON：{fault}", file)]
    if not isinstance(value, dict):
        text = "no JSON object with an array per collection"
        return [FactFault("", "", text, "应为JSON对象，每类一个数组", file, line=1)]
    read = gather(read_array(value[name], Source(name, file)) for name in MODELS if name in value)
    if not isinstance(read, FactSet):
        return with_lines(read, data, file)
    read.ignored = [f"{file}: {name}" for name in value if name not in MODELS]
    read.texts[file] = data
    return read


def with_lines(faults: list[FactFault], data: bytes, file: str) -> list[FactFault]:
    """The faults with the line of *file* at which each element starts."""
    wanted = {fault.place for fault in faults if fault.file == file}
    lines = _lines_of(data, wanted)
    return [fault.at(file, lines.get(fault.place)) if fault.file == file else fault for fault in faults]


def _lines_of(data: bytes, wanted: set[str]) -> Mapping[str, int]:
    lines: dict[str, int] = {}
    text = data.decode("utf-8")
    counted_to, line = 0, 1
    try:
        for place, at in _places(text):
            if place in wanted:
                line += text.count("\n", counted_to, at)
                counted_to = at
                lines[place] = line
                if len(lines) == len(wanted):
                    break
    except (ValueError, IndexError, RecursionError):
        # The text was parsed strictly before. This pass only finds positions; if it fails, faults have no lines.
        return lines
    return lines


def _places(text: str) -> Iterator[tuple[str, int]]:
    """Where each collection and each element starts in the text of a facts file."""
    decoder = json.JSONDecoder()
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] == '"':
        name, at = scanstring(text, at + 1)
        at = _skip(text, _skip(text, at) + 1)
        yield name, at
        if text[at] == "[":
            at = _skip(text, at + 1)
            index = 0
            while text[at] != "]":
                yield f"{name}[{index}]", at
                at = _skip_comma(text, decoder.raw_decode(text, at)[1])
                index += 1
            at += 1
        else:
            at = decoder.raw_decode(text, at)[1]
        at = _skip_comma(text, at)


def _skip(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at


def _skip_comma(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at
