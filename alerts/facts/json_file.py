"""Facts, step 1 of 4, from JSON: the facts file of the contract, an object with one array per collection."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic_core import from_json

from alerts.facts.elements import MAX_ELEMENTS, FactSet, Source, read_rows
from alerts.facts.faults import MAX_FAULTS, FactFault, at_most
from alerts.facts.json_scan import MAX_ELEMENT_BYTES, ElementTooLargeError, JsonScan
from alerts.facts.models import MODELS

MAX_BYTES: Final = 512 * 1024 * 1024
_MOST_IGNORED: Final = 1000


def read_json(data: bytes, file: str) -> FactSet | list[FactFault]:
    """The facts in *data*, or all faults with their lines in *file*."""
    if len(data) > MAX_BYTES:
        return [FactFault("", "", f"over {MAX_BYTES >> 20} MB", f"文件超过{MAX_BYTES >> 20}MB", file)]
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        read = _read(data, file)
    except ValueError as fault:
        return [FactFault("", "", f"no JSON: {fault}", f"不是有效的JSON：{fault}", file)]
    if not isinstance(read, FactSet):
        return with_lines(read, data, file)
    read.texts[file] = data
    return read


def _read(data: bytes, file: str) -> FactSet | list[FactFault]:
    scan = JsonScan(data)
    if not scan.starts(b"{"):
        if not scan.starts(b"["):
            from_json(data, allow_inf_nan=False)
        text = "no JSON object with an array per collection"
        return [FactFault("", "", text, "应为JSON对象，每类一个数组", file, line=1)]
    facts, faults = FactSet(), list[FactFault]()
    for name in scan.names():
        if name not in MODELS:
            facts.ignored.append(f"{file}: {name}")
            if len(facts.ignored) > _MOST_IGNORED:
                text = f"over {_MOST_IGNORED} names that are no collection"
                return [FactFault("", "", text, f"超过{_MOST_IGNORED}个名称不是任何类别", file, line=1)]
            scan.skip()
        elif not scan.starts(b"["):
            faults.append(FactFault(name, "", "is no array", "应为数组", file))
            scan.skip()
        else:
            source = Source(name, file)
            array = _Array(scan, source, MAX_ELEMENTS - sum(facts.counts.values()))
            read = read_rows(array.values(), source)
            if isinstance(read, FactSet):
                facts.add(read)
            else:
                faults += read
            if array.fault is not None:
                return [array.fault]
            if len(faults) > MAX_FAULTS:
                break
    return at_most(faults) if faults else facts


class _Array:
    """The elements of one collection, up to *most*; `fault`: why no more were read."""

    def __init__(self, scan: JsonScan, source: Source, most: int) -> None:
        self._scan = scan
        self._source = source
        self._most = most
        self.fault: FactFault | None = None

    def values(self) -> Iterator[tuple[int, Any]]:
        collection, file = self._source.collection, self._source.file
        index = -1
        try:
            for index, value in enumerate(self._scan.values()):
                if index == self._most:
                    text = f"over {MAX_ELEMENTS} elements"
                    self.fault = FactFault(collection, "", text, f"超过{MAX_ELEMENTS}项", file)
                    return
                yield index, value
        except ElementTooLargeError:
            size = MAX_ELEMENT_BYTES >> 20
            text, text_zh = f"no JSON, or over {size} MB", f"不是有效的JSON，或者单项超过{size}MB"
            self.fault = self._source.fault(index + 1, "", text, text_zh)


def with_lines(faults: list[FactFault], data: bytes, file: str) -> list[FactFault]:
    """The faults with the line of *file* at which each element starts."""
    wanted = {fault.place for fault in faults if fault.file == file and fault.place}
    lines: dict[str, int] = {}
    counted_to, line = 0, 1
    places = _places(JsonScan(data))
    try:
        while len(lines) < len(wanted) and (found := next(places, None)) is not None:
            place, at = found
            if place in wanted:
                line += data.count(b"\n", counted_to, at)
                counted_to = at
                lines[place] = line
    except ValueError:
        # A file with too many faults wasn't read to its end.
        pass
    return [fault.at(file, lines.get(fault.place)) if fault.file == file else fault for fault in faults]


def _places(scan: JsonScan) -> Iterator[tuple[str, int]]:
    """Where each collection and each element starts in the text of a facts file."""
    if not scan.starts(b"{"):
        return
    for name in scan.names():
        yield name, scan.at
        if scan.starts(b"["):
            for index, at in enumerate(scan.starts_of_values()):
                yield f"{name}[{index}]", at
                scan.skip()
        else:
            scan.skip()
