"""Facts, step 1 of 4: one or several files, told apart by their names, become one set."""

from collections.abc import Sequence
from pathlib import Path

from alerts.facts.elements import FactSet, gather
from alerts.facts.faults import FactFault
from alerts.facts.json_file import MAX_BYTES, read_json
from alerts.facts.labels import SHEETS
from alerts.facts.models import Collection
from alerts.facts.tables import read_csv, read_xlsx


def read_files(paths: Sequence[Path], collection: Collection | None = None) -> FactSet | list[FactFault]:
    """The facts of *paths* (JSON, CSV, XLSX) as one load, in that order, or every fault in them.

    *collection* says what a CSV holds whose name doesn't begin with a collection's, in English or Chinese.
    """
    return gather(_read_file(path, collection) for path in paths)


def _read_file(path: Path, collection: Collection | None) -> FactSet | list[FactFault]:
    file = path.name
    try:
        if path.stat().st_size > MAX_BYTES:
            return [FactFault("", "", f"over {MAX_BYTES >> 20} MB", f"文件超过{MAX_BYTES >> 20}MB", file)]
        data = path.read_bytes()
    except OSError as fault:
        return [FactFault("", "", f"can't be read: {fault.strerror}", f"无法读取：{fault.strerror}", str(path))]
    return read_bytes(data, file, collection)


def read_bytes(data: bytes, file: str, collection: Collection | None = None) -> FactSet | list[FactFault]:
    """The facts in *data*, whose kind the name *file* tells."""
    match Path(file).suffix.lower():
        case ".json":
            return read_json(data, file)
        case ".xlsx":
            return read_xlsx(data, file)
        case ".csv":
            held = collection or _collection_of(file)
            if held is not None:
                return read_csv(data, file, held)
            text = f"its name begins with no collection: {', '.join(SHEETS)}"
            return [FactFault("", "", text, f"文件名应以类别开头：{'、'.join(SHEETS.values())}", file)]
        case _:
            return [FactFault("", "", "neither .json, .csv nor .xlsx", "应为 .json、.csv 或 .xlsx 文件", file)]


def _collection_of(file: str) -> Collection | None:
    """The collection with whose name, the longest first, a file's name begins."""
    names = {name: collection for collection, title in SHEETS.items() for name in (collection, title)}
    return next((names[name] for name in sorted(names, key=len, reverse=True) if file.startswith(name)), None)
