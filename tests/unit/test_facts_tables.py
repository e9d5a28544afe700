"""Facts out of sheets: Chinese columns, what people type, and every faulty cell by row and column."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest

from alerts.facts.elements import FactSet
from alerts.facts.faults import FactFault
from alerts.facts.fields import Fact
from alerts.facts.files import read_bytes
from alerts.facts.labels import SHEETS, VALUES
from alerts.facts.models import MODELS, Collection
from alerts.facts.tables import read_csv, read_workbook

SHIFTS = "编号,人员编号,开始时间,结束时间,类别\n"
ROW = "S1,P1,2026-03-02 09:00,2026-03-02 17:00,巡查\n"


def taken(found: FactSet | list[FactFault], collection: Collection) -> list[Fact]:
    assert isinstance(found, FactSet), [str(fault) for fault in found]
    return [element.fact for element in found.elements[collection]]


def refused(found: FactSet | list[FactFault]) -> list[tuple[str, str, str]]:
    assert isinstance(found, list)
    return [(fault.place, fault.field, fault.reason) for fault in found]


def shifts(text: str, encoding: str = "utf-8") -> FactSet | list[FactFault]:
    return read_csv(text.encode(encoding), "班次.csv", "shifts")


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_csv_is_read_in_every_encoding_that_offices_write(encoding: str) -> None:
    (shift,) = taken(shifts(SHIFTS + ROW, encoding), "shifts")
    assert ("S1", "patrol", datetime(2026, 3, 2, 1, tzinfo=UTC)) == tuple(
        shift.model_dump()[name] for name in ("id", "kind", "starts_at")
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_may_be_delimited_as_spreadsheets_do(delimiter: str) -> None:
    assert 1 == len(taken(shifts((SHIFTS + ROW).replace(",", delimiter)), "shifts"))


def test_columns_may_have_the_contracts_names_any_order_and_stars() -> None:
    text = "kind,结束时间*,starts_at,id,人员编号\npatrol,2026-03-02T17:00:00+08:00,2026-03-02T01:00:00Z,S1,P1\n"
    assert taken(shifts(SHIFTS + ROW), "shifts") == taken(shifts(text), "shifts")


def test_empty_rows_and_the_templates_example_are_left_out() -> None:
    text = SHIFTS + ",,,,\n" + ROW.replace("S1", "示例S0") + "\n" + ROW
    assert ["S1"] == [fact.id for fact in taken(shifts(text), "shifts")]


def test_unknown_columns_are_ignored_and_told() -> None:
    found = shifts("备注," + SHIFTS + "夜里," + ROW)
    assert isinstance(found, FactSet)
    assert ["班次.csv: 班次.备注"] == found.ignored


@pytest.mark.parametrize("typed", [
    "2026-03-02 09:00", "2026-03-02 09:00:00", "2026/3/2 9:00", "2026-03-02T09:00", "2026年3月2日 09:00",
    " 2026-03-02  09:00 ", "2026-03-02T01:00:00Z", "2026-03-02T09:00:00+08:00", "2026-03-01T20:00:00-05:00",
])  # fmt: skip
def test_a_time_without_an_offset_is_beijings(typed: str) -> None:
    (shift,) = taken(shifts(SHIFTS + ROW.replace("2026-03-02 09:00", typed)), "shifts")
    assert datetime(2026, 3, 2, 1, tzinfo=UTC) == shift.model_dump()["starts_at"]


@pytest.mark.parametrize(("typed", "is_true"), [("是", True), ("否", False), ("TRUE", True), ("0", False), ("", False)])
def test_yes_and_no_are_written_in_many_ways(typed: str, *, is_true: bool) -> None:
    text = f"编号,单位编号,型号,可感知SIM卡\nR1,U1,HX,{typed}\n"
    (recorder,) = taken(read_csv(text.encode(), "x", "recorders"), "recorders")
    assert is_true is recorder.model_dump()["senses_sim"]


@pytest.mark.parametrize("typed", ["P1;P2", "P1；P2", "P1、P2", '"P1,P2"', "P1 | P2", '"[""P1"", ""P2""]"'])
def test_a_list_is_separated_as_people_do(typed: str) -> None:
    text = f"编号,人员编号,参加人员编号,类别,开始时间\nC1,P1,{typed},行政检查,2026-03-02 10:00\n"
    (activity,) = taken(read_csv(text.encode(), "x", "activities"), "activities")
    assert ["P1", "P2"] == activity.model_dump()["officer_ids"]


def test_several_roles_and_contacts_stand_in_their_columns() -> None:
    text = "编号,姓名,单位编号,角色,手机,邮箱\nP1,示例,U1,专管员、执法人员,13800000000,a@b.example\n"
    (officer,) = taken(read_csv(text.encode(), "x", "officers"), "officers")
    found = officer.model_dump(exclude_none=True)
    assert (["custodian", "officer"], {"mobile": "13800000000", "email": "a@b.example"}) == (
        found["role"],
        found["contact"],
    )


def test_recordings_are_written_as_pairs() -> None:
    text = (
        "编号,记录仪编号,采集工作站编号,接入时间,导入时间,文件数,大小(MB),录制起,录制止,录像段\n"
        "I1,R1,ST1,2026-03-02 17:30,2026-03-02 17:50,2,812.5,2026-03-02 10:00,2026-03-02 16:30,"
        "2026-03-02 10:00~2026-03-02 10:41；2026-03-02 16:02至2026-03-02 16:30\n"
    )
    (done,) = taken(read_csv(text.encode(), "x", "dock_imports"), "dock_imports")
    assert [41, 28] == [(s["to_at"] - s["from_at"]) / timedelta(minutes=1) for s in done.model_dump()["segments"]]


def test_every_label_stands_for_a_word_of_the_contract() -> None:
    for collection, fields in VALUES.items():
        for field, labels in fields.items():
            info = MODELS[collection].model_fields[field]
            assert all(f"'{word}'" in str(info) for word in labels.values()), (collection, field)


def test_every_faulty_cell_is_named_by_row_and_column() -> None:
    text = SHIFTS + ROW + "S 2,P1,gestern,2026-03-02 17:00,夜班\n" + ",P1,2026-03-02 09:00,2026-03-02 08:00,巡查\n"
    found = shifts(text)
    assert [
        ("班次 第3行", "starts_at", "no time"),
        ("班次 第3行", "id", "no id (1-32 characters of A-Z a-z 0-9 _ -)"),
        ("班次 第3行", "kind", "is none of 'patrol', 'campaign' or 'office'"),
        ("班次 第4行", "id", "missing"),
    ] == refused(found)
    assert isinstance(found, list)
    assert "班次.csv：班次 第3行（C3）：开始时间：不是时间，应如 2026-03-02 09:00" == found[0].in_chinese()


def test_a_cell_that_cannot_be_read_is_not_missing_as_well() -> None:
    assert ["starts_at"] == [field for _, field, _ in refused(shifts(SHIFTS + ROW.replace("2026-03-02 09:00", "?")))]


def test_a_column_that_is_missing_is_one_fault() -> None:
    text = "编号,人员编号,类别\n" + "S1,P1,巡查\n" * 50
    assert [("班次 第1行", "starts_at"), ("班次 第1行", "ends_at")] == [found[:2] for found in refused(shifts(text))]


def test_a_column_that_is_there_twice_is_a_fault() -> None:
    assert [("班次 第1行", "kind", "this column is there twice")] == refused(shifts(SHIFTS.strip() + ",kind\n"))


@pytest.mark.parametrize(("data", "reason"), [
    (b"\xff\xff\xff", "neither UTF-8 nor GBK"),
    (b'a,b\n"', "no CSV"),
    (b"", "this column is missing"),
])  # fmt: skip
def test_what_is_no_csv_is_a_fault(data: bytes, reason: str) -> None:
    assert refused(read_csv(data, "班次.csv", "shifts"))[0][2].startswith(reason)


class TestWorkbooks:
    HEADER = SHIFTS.strip().split(",")

    def test_sheets_are_found_by_their_chinese_or_english_names(self) -> None:
        morning, evening = datetime(2026, 3, 2, 9), datetime(2026, 3, 2, 17)  # noqa: DTZ001 - a sheet has no offset
        data = workbook(
            班次=[self.HEADER, ["S1", "P1", morning, evening, "巡查"]],
            units=[["id", "name", "kind"], ["U1", "第3中队", "squad"]],
            说明=[["读我"]],
        )
        found = read_workbook(data, "facts.xlsx")
        assert datetime(2026, 3, 2, 1, tzinfo=UTC) == taken(found, "shifts")[0].model_dump()["starts_at"]
        assert ["U1"] == [fact.id for fact in taken(found, "units")]
        assert isinstance(found, FactSet)
        assert ["facts.xlsx: 说明"] == found.ignored

    def test_a_formula_is_refused_and_never_run(self) -> None:
        data = workbook(班次=[self.HEADER, ["S1", "P1", "2026-03-02 09:00", "=C2+1/3", "巡查"]])
        assert [("班次 第2行", "ends_at", "is a formula without a value")] == refused(read_workbook(data, "x.xlsx"))

    def test_an_error_value_is_refused(self) -> None:
        data = workbook(班次=[self.HEADER, ["S1", "#N/A", "2026-03-02 09:00", "2026-03-02 17:00", "巡查"]])
        assert [("班次 第2行", "officer_id", "is the error #N/A")] == refused(read_workbook(data, "x.xlsx"))

    def test_a_number_that_stands_for_a_text_is_one_while_it_has_all_its_digits(self) -> None:
        header = ["编号", "单位编号", "型号", "IMEI"]
        rows = [header, [17, "U1", "HX", 861234567890123]]
        (recorder,) = taken(read_workbook(workbook(执法记录仪=rows), "x.xlsx"), "recorders")
        assert ("17", "861234567890123") == (recorder.id, recorder.model_dump()["imei"])

    def test_a_card_number_that_a_spreadsheet_has_rounded_is_refused(self) -> None:
        rows = [["编号", "单位编号", "型号", "ICCID"], ["R1", "U1", "HX", 89860012345678901234]]
        found = refused(read_workbook(workbook(执法记录仪=rows), "x.xlsx"))
        assert ["iccid"] == [field for _, field, _ in found]
        assert "lost digits" in found[0][2]

    def test_faults_of_all_sheets_are_told_at_once(self) -> None:
        data = workbook(班次=[self.HEADER, ["S1"]], 单位=[["编号", "名称", "类别"], ["U1", "x", "局部"]])
        assert {"班次 第2行", "单位 第2行"} == {place for place, _, _ in refused(read_workbook(data, "x.xlsx"))}

    def test_a_workbook_without_any_collection_is_a_fault(self) -> None:
        assert "no sheet is named like a collection" == refused(read_workbook(workbook(说明=[]), "x.xlsx"))[0][2]

    @pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a zip", b"\xd0\xcf\x11\xe0" + b"\x00" * 600])
    def test_what_is_no_workbook_is_a_fault(self, data: bytes) -> None:
        assert refused(read_workbook(data, "x.xlsx"))[0][2].startswith("no workbook")


class TestFiles:
    @pytest.mark.parametrize("name", ["班次.csv", "班次_2026年3月.csv", "shifts.csv", "shifts-2026-03.CSV"])
    def test_a_csv_is_known_by_its_name(self, name: str) -> None:
        assert 1 == len(taken(read_bytes((SHIFTS + ROW).encode(), name), "shifts"))

    def test_a_csv_of_another_name_needs_a_word(self) -> None:
        data = (SHIFTS + ROW).encode()
        assert "name begins with no collection" in refused(read_bytes(data, "export.csv"))[0][2]
        assert 1 == len(taken(read_bytes(data, "export.csv", "shifts"), "shifts"))

    def test_another_kind_of_file_is_a_fault(self) -> None:
        assert "neither .json, .csv, .xlsx, .xls nor .ods" == refused(read_bytes(b"", "facts.pdf"))[0][2]


def test_every_collection_has_a_sheet() -> None:
    assert list(MODELS) == list(SHEETS)
