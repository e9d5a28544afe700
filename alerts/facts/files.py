"""Facts, step 1 of 4: read one or several files, by their extension, into one set."""

from collections.abc import Sequence
from pathlib import Path

from alerts.facts.elements import FactSet, gather
from alerts.facts.faults import FactFault
from alerts.facts.json_file import MAX_BYTES, read_json
from alerts.facts.labels import SHEETS, sheet_names
from alerts.facts.models import Collection
from alerts.facts.tables import Encoding, read_csv, read_workbook


def read_files(
    paths: Sequence[Path], collection: Collection | None = None, encoding: Encoding | None = None
) -> FactSet | list[FactFault]:
    """Read *paths* (JSON, CSV, XLSX, XLS, ODS) as one load, in that order; return the facts or all faults.

    *collection* applies to a CSV or single-sheet workbook whose name doesn't start with a collection's name (English or
    Chinese). *encoding* applies to a CSV whose encoding can't be detected.
    """
    return gather(_read_file(path, collection, encoding) for path in paths)


def _read_file(path: Path, collection: Collection | None, encoding: Encoding | None) -> FactSet | list[FactFault]:
    file = path.name
    try:
        if path.stat().st_size > MAX_BYTES:
            return [FactFault("", "", f"over {MAX_BYTES >> 20} MB", f"文件超过{MAX_BYTES >> 20}MB", file)]
        data = path.read_bytes()
    except OSError as fault:
        return [FactFault("", "", f"can't be read: {fault.strerror}", f"无法读取：{fault.strerror}", str(path))]
    return read_bytes(data, file, collection, encoding)


def read_bytes(
    data: bytes, file: str, collection: Collection | None = None, encoding: Encoding | None = None
) -> FactSet | list[FactFault]:
    """The facts in *data*; the extension of *file* gives the format."""
    held = collection or _collection_of(file)
    match Path(file).suffix.lower():
        case ".json":
            return read_json(data, file)
        case ".xlsx" | ".xlsm" | ".xls" | ".et" | ".ods":
            return read_workbook(data, file, held)
        case ".csv" | ".txt" | ".tsv":
            if held is not None:
                return read_csv(data, file, held, encoding)
            text = f"its name begins with no collection: {', '.join(SHEETS)}"
            return [FactFault("", "", text, f"文件名应以类别开头：{'、'.join(SHEETS.values())}", file)]
        case _:
            text = "应为 .json、.csv、.xlsx、.xls 或 .ods 文件"
            return [FactFault("", "", "neither .json, .csv, .xlsx, .xls nor .ods", text, file)]


def _collection_of(file: str) -> Collection | None:
    """The collection whose name the file name starts with; the longest match counts."""
    names = sheet_names()
    return next((names[name] for name in sorted(names, key=len, reverse=True) if file.startswith(name)), None)
