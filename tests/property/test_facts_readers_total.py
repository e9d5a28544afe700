"""Whatever bytes come: facts or faults, never an exception, and never too many faults."""

import io
import json
import zipfile
from datetime import datetime, timedelta

import openpyxl
import pytest
from facts_scene import MINIMAL, everything
from hypothesis import example, given
from hypothesis import strategies as st
from workbook_scene import DATE, MOMENT, ods, ods_cell, ods_row, sheet, xls, xlsx

from alerts.facts.elements import FactSet, Source, read_array
from alerts.facts.faults import MAX_FAULTS, FactFault, problem
from alerts.facts.files import read_bytes
from alerts.facts.models import MODELS, Collection
from alerts.facts.tables import read_csv, read_workbook
from alerts.facts.templates import xlsx_template
from alerts.shanghai_time import SHANGHAI

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


@given(st.binary(max_size=200), st.sampled_from(["x.json", "班次.csv", "x.xlsx", "x.xls", "x.ods", "x"]))
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
    check(read_workbook(data.getvalue(), "x.xlsx"))


HEADER = ["编号", "人员编号", "开始时间", "结束时间", "类别"]
NIGHT = ["S1", "P1", "2026-03-02 22:00", "2026-03-03 06:00", "巡查"]
WORKBOOK = xlsx_template()
ODS = ods("班次", ods_row(*HEADER) + ods_row(*NIGHT))
XLS = xls("班次", [HEADER, NIGHT, ["S2", "P1", (46083.9, "yyyy-mm-dd hh:mm"), "#REF!", "巡查"]])


@given(st.sampled_from([WORKBOOK, ODS, XLS]), st.data())
def test_a_workbook_that_broke_on_the_way(book: bytes, data: st.DataObject) -> None:
    position, garbage = data.draw(st.integers(0, len(book) - 1)), data.draw(st.binary(min_size=1, max_size=20))
    check(read_workbook(book[:position] + garbage + book[position + len(garbage) :], "x.xlsx"))


@given(st.sampled_from([WORKBOOK, ODS]), st.data())
def test_a_workbook_with_garbage_inside(book: bytes, data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    text = parts[name]
    position = data.draw(st.integers(0, len(text)))
    parts[name] = text[:position] + data.draw(st.binary(max_size=30)) + text[position + data.draw(st.integers(0, 40)) :]
    broken = io.BytesIO()
    with zipfile.ZipFile(broken, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    check(read_workbook(broken.getvalue(), "x.xlsx"))


@pytest.mark.slow
def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_does() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as part:
        for _ in range(520):
            part.write(b" " * (1024 * 1024))
    found = read_workbook(bomb.getvalue(), "x.xlsx")
    assert isinstance(found, list)
    assert "over 512 MB" == found[0].reason


@given(st.data())
def test_a_facts_file_with_a_byte_changed(data: st.DataObject) -> None:
    text = json.dumps(everything(), ensure_ascii=False).encode()
    position = data.draw(st.integers(0, len(text) - 1))
    check(read_bytes(text[:position] + data.draw(st.binary(min_size=1, max_size=2)) + text[position + 1 :], "x.json"))


@given(st.datetimes(datetime(2001, 1, 2), datetime(2099, 12, 30)), st.booleans(), st.booleans())  # noqa: DTZ001 - a sheet has no offset
def test_a_moment_and_a_day_are_the_same_in_every_make_of_workbook(
    moment: datetime,
    is_day: bool,  # noqa: FBT001 - drawn
    is_1904: bool,  # noqa: FBT001 - drawn
) -> None:
    ends_at = moment.replace(second=0, microsecond=0)
    if is_day:
        ends_at = ends_at.replace(hour=0, minute=0)
    days = (ends_at - datetime(1899, 12, 30)) / timedelta(days=1) - 1462 * is_1904  # noqa: DTZ001 - a sheet has no offset
    days = int(days) if days.is_integer() else days
    first, form, style = "2001-01-01 00:00", "yyyy/m/d" if is_day else "yyyy/m/d h:mm", DATE if is_day else MOMENT
    shown = f"{ends_at:%Y/%m/%d}" if is_day else f"{ends_at:%Y/%m/%d %H:%M}"
    value = ends_at.date().isoformat() if not (ends_at.hour or ends_at.minute) else ends_at.isoformat()
    wanted = ends_at.replace(tzinfo=SHANGHAI) + timedelta(days=is_day)
    row = ["S1", "P1", first]
    books = [
        xlsx({"班次": sheet([HEADER, [*row, (days, style), "巡查"]])}, date1904=is_1904),
        xls("班次", [HEADER, [*row, (days, form), "巡查"]], date1904=is_1904),
        ods("班次", ods_row(*HEADER) + ods_row(*row, ods_cell("date", shown, date_value=value), "巡查")),
    ]
    for book in books:
        found = read_workbook(book, "x")
        assert isinstance(found, FactSet), [str(fault) for fault in found]
        assert [wanted] == [element.fact.model_dump()["ends_at"] for element in found.elements["shifts"]]


@given(
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=3),
    st.sampled_from(["utf-8", "gbk"]),
)
def test_a_short_file_is_read_as_it_was_written_or_asked_about(name: str, encoding: str) -> None:
    try:
        data = f"id,name,unit_id,role\nP1,{name},U1,officer\n".encode(encoding)
    except UnicodeEncodeError:
        return
    found = read_csv(data, "officers.csv", "officers")
    if isinstance(found, FactSet):
        assert [name] == [element.fact.model_dump()["name"] for element in found.elements["officers"]]
    else:
        assert "--encoding" in found[0].reason
