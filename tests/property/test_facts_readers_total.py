"""Whatever bytes come: facts or faults, never an exception, and never too many faults."""

import io
import json
import zipfile

import openpyxl
import pytest
from facts_scene import MINIMAL, everything
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.facts.elements import FactSet, Source, read_array
from alerts.facts.faults import MAX_FAULTS, FactFault, problem
from alerts.facts.files import read_bytes
from alerts.facts.models import MODELS, Collection
from alerts.facts.tables import read_csv, read_xlsx
from alerts.facts.templates import xlsx_template

collections = st.sampled_from(list(MODELS))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
cells = st.text(max_size=12) | st.sampled_from(
    ["2026-03-02 09:00", "是", "P1;P2", "[", "~", "至；", "1e400", "²", "-", "+"]
)


def check(found: FactSet | list[FactFault]) -> None:
    if isinstance(found, list):
        assert 0 < len(found) <= MAX_FAULTS + 1
        assert all(str(fault) and fault.in_chinese() and "\n" not in str(fault) for fault in found)
        assert json.dumps(problem(found))


@given(st.binary(max_size=200), st.sampled_from(["x.json", "班次.csv", "x.xlsx", "x"]))
@example(b"[" * 100_000, "x.json")
def test_any_bytes(data: bytes, name: str) -> None:
    check(read_bytes(data, name))


@given(collections, json_values)
def test_any_json(collection: Collection, value: object) -> None:
    check(read_array(value, Source(collection)))
    check(read_array([value], Source(collection)))


@given(collections, st.data())
def test_any_value_in_any_field(collection: Collection, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from([*MODELS[collection].model_fields]))
    check(read_array([MINIMAL[collection] | {field: data.draw(json_values)}], Source(collection)))


@given(collections, st.lists(st.lists(cells, max_size=14), max_size=4))
def test_any_cells_of_a_csv(collection: Collection, rows: list[list[str]]) -> None:
    header = ",".join(info.title or name for name, info in MODELS[collection].model_fields.items())
    body = "\n".join(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows)
    check(read_csv(f"{header}\n{body}\n".encode("utf-8", "surrogatepass"), "x.csv", collection))


@given(
    collections,
    st.lists(st.lists(cells | st.floats() | st.booleans() | st.datetimes() | st.timedeltas(), max_size=14), max_size=3),
)
def test_any_cells_of_a_workbook(collection: Collection, rows: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = collection
    sheet.append(list(MODELS[collection].model_fields))
    for row in rows:
        try:
            sheet.append(row)
        except (ValueError, openpyxl.utils.exceptions.IllegalCharacterError):
            return
    data = io.BytesIO()
    try:
        book.save(data)
    except (ValueError, UnicodeEncodeError, OverflowError):
        return
    check(read_xlsx(data.getvalue(), "x.xlsx"))


WORKBOOK = xlsx_template()


@given(st.integers(0, len(WORKBOOK) - 1), st.binary(min_size=1, max_size=20))
def test_a_workbook_that_broke_on_the_way(position: int, garbage: bytes) -> None:
    check(read_xlsx(WORKBOOK[:position] + garbage + WORKBOOK[position + len(garbage) :], "x.xlsx"))


@given(st.data())
def test_a_workbook_with_garbage_inside(data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    text = parts[name]
    position = data.draw(st.integers(0, len(text)))
    parts[name] = text[:position] + data.draw(st.binary(max_size=30)) + text[position + data.draw(st.integers(0, 40)) :]
    broken = io.BytesIO()
    with zipfile.ZipFile(broken, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    check(read_xlsx(broken.getvalue(), "x.xlsx"))


@pytest.mark.slow
def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_does() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as part:
        for _ in range(520):
            part.write(b" " * (1024 * 1024))
    found = read_xlsx(bomb.getvalue(), "x.xlsx")
    assert isinstance(found, list)
    assert "over 512 MB" == found[0].reason


@given(st.data())
def test_a_facts_file_with_a_byte_changed(data: st.DataObject) -> None:
    text = json.dumps(everything(), ensure_ascii=False).encode()
    position = data.draw(st.integers(0, len(text) - 1))
    check(read_bytes(text[:position] + data.draw(st.binary(min_size=1, max_size=2)) + text[position + 1 :], "x.json"))
