"""Facts out of workbooks of every make: what a cell means is read, what is lost in it is refused by its name."""

import zipfile
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from workbook_scene import (
    CLOCK,
    DATE,
    HOURS,
    MAIN,
    MOMENT,
    STYLES,
    ZEROS,
    ods,
    ods_cell,
    ods_row,
    packed,
    sheet,
    xls,
    xlsx,
)

from alerts.facts.elements import FactSet
from alerts.facts.faults import FactFault
from alerts.facts.fields import Fact
from alerts.facts.files import read_bytes
from alerts.facts.models import Collection

LEAVE = ["编号", "人员编号", "开始时间", "结束时间", "事由", "批准人"]
FIRST, SECOND = datetime(2026, 2, 28, 16, tzinfo=UTC), datetime(2026, 3, 1, 16, tzinfo=UTC)
"""The beginnings of 1 and 2 March in Shanghai."""
DAY = timedelta(days=1)
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
MARCH_1, MARCH_2 = 46082, 46083


def taken(found: FactSet | list[FactFault], collection: Collection = "exemptions") -> list[Any]:
    assert isinstance(found, FactSet), [str(fault) for fault in found]
    return [element.fact for element in found.elements[collection]]


def times(found: FactSet | list[FactFault]) -> tuple[datetime, datetime]:
    (fact,) = taken(found)
    return fact.starts_at, fact.ends_at


def refused(found: FactSet | list[FactFault]) -> list[tuple[str, str, str]]:
    assert isinstance(found, list)
    return [(fault.cell, fault.column, fault.reason_zh) for fault in found]


def leave(starts: object, ends: object) -> list[list[Any]]:
    return [LEAVE, ["E1", "P1", starts, ends, "休假", "P9"]]


def read(data: bytes, file: str = "免录情形.xlsx") -> FactSet | list[FactFault]:
    return read_bytes(data, file)


class TestWholeDays:
    @pytest.mark.parametrize(
        ("first", "last", "days"), [(date(2026, 3, 1), date(2026, 3, 2), 2), (date(2026, 3, 1), date(2026, 3, 1), 1)]
    )
    def test_a_leave_by_date_covers_its_last_day(self, first: date, last: date, days: int) -> None:
        book = openpyxl.Workbook()
        book.worksheets[0].title = "免录情形"
        for row in leave(first, last):
            book.worksheets[0].append(row)
        data = BytesIO()
        book.save(data)
        typed = f"{','.join(LEAVE)}\nE1,P1,{first},{last},休假,P9\n"
        for found in (
            read(data.getvalue()),
            read(typed.encode(), "免录情形.csv"),
            read(xls("免录情形", leave((first, "yyyy-mm-dd"), (last, "yyyy-mm-dd"))), "a.xls"),
            read(
                ods(
                    "免录情形",
                    ods_row(*LEAVE)
                    + ods_row(
                        "E1", "P1", *(ods_cell("date", f"{d}", date_value=f"{d}") for d in (first, last)), "休假", "P9"
                    ),
                ),
                "a.ods",
            ),
        ):
            assert (FIRST, FIRST + days * DAY) == times(found)

    def test_a_hand_out_of_one_day_by_date_lasts_all_of_it(self) -> None:
        header = ["编号", "记录仪编号", "人员编号", "领用时间", "归还时间", "事由"]
        row = ["A1", "R1", "P1", (MARCH_1, DATE), (MARCH_1, DATE), "日常"]
        typed = f"{','.join(header)}\nA1,R1,P1,2026年3月1日,2026.3.1,日常\n"
        for found in (read(xlsx({"领用归还": sheet([header, row])})), read(typed.encode(), "领用归还.csv")):
            (fact,) = taken(found, "assignments")
            assert (FIRST, SECOND) == (fact.starts_at, fact.ends_at)

    def test_a_midnight_that_shows_its_time_is_a_moment(self) -> None:
        march = [datetime(2026, 3, day) for day in (1, 2)]  # noqa: DTZ001 - a sheet has no offset
        for found in (
            read(xlsx({"免录情形": sheet(leave((MARCH_1, MOMENT), (MARCH_2, MOMENT)))})),
            read(
                xls("免录情形", leave(*((midnight, "yyyy-mm-dd hh:mm") for midnight in march))),
                "a.xls",
            ),
            read(
                ods(
                    "免录情形",
                    ods_row(*LEAVE)
                    + ods_row(
                        "E1",
                        "P1",
                        ods_cell("date", "2026-03-01", date_value="2026-03-01"),
                        ods_cell("date", "2026-03-02 00:00", date_value="2026-03-02"),
                        "休假",
                        "P9",
                    ),
                ),
                "a.ods",
            ),
        ):
            assert (FIRST, SECOND) == times(found)

    def test_a_date_that_hides_a_time_is_asked_about(self) -> None:
        found = refused(read(xlsx({"免录情形": sheet(leave((MARCH_1, DATE), (MARCH_2 + 17 / 24, DATE)))})))
        assert [("D2", "结束时间", "只显示日期，实际含有时刻17:00，请写明时刻或只填日期")] == found

    def test_a_bare_number_of_days_is_asked_about_where_it_ends_something(self) -> None:
        found = refused(read(xlsx({"免录情形": sheet(leave(MARCH_1, MARCH_2))})))
        assert [("D2", "结束时间")] == [fault[:2] for fault in found]
        assert "2026-03-02 24:00 或 2026-03-02 00:00" in found[0][2]

    def test_a_day_is_no_moment_where_a_moment_is_wanted(self) -> None:
        text = "编号,人员编号,记录仪编号,类别,报备时间\nF1,P1,R1,故障,2026-03-02\n"
        found = refused(read(text.encode(), "报备.csv"))
        assert [("E2", "报备时间", "只有日期，没有时刻，请写明，如 2026-03-02 09:00")] == found


class TestNumbers:
    def test_a_number_is_a_moment_in_the_days_of_its_workbook(self) -> None:
        since_1900 = xlsx({"免录情形": sheet(leave(MARCH_1 + 0.375, (MARCH_2 + 17.5 / 24, MOMENT)))})
        since_1904 = xlsx(
            {"免录情形": sheet(leave(MARCH_1 - 1462 + 0.375, (MARCH_2 - 1462 + 17.5 / 24, MOMENT)))}, date1904=True
        )
        old = [MARCH_1 - 1462 + 0.375, (MARCH_2 - 1462 + 17.5 / 24, "yyyy/m/d h:mm")]
        for found in (read(since_1900), read(since_1904), read(xls("免录情形", leave(*old), date1904=True), "a.xls")):
            assert (FIRST + timedelta(hours=9), SECOND + timedelta(hours=17.5)) == times(found)

    @pytest.mark.parametrize(
        ("style", "value", "said"), [(CLOCK, 0.375, "没有日期"), (HOURS, 8 / 24, "时长"), (0, 12, "数字不是日期时间")]
    )
    def test_what_is_no_date_is_none(self, style: int, value: float, said: str) -> None:
        ((cell, column, reason),) = refused(read(xlsx({"免录情形": sheet(leave((MARCH_1, DATE), (value, style)))})))
        assert ("D2", "结束时间") == (cell, column)
        assert said in reason

    def test_an_id_keeps_the_zeros_that_its_cell_shows(self) -> None:
        row = [(12, ZEROS), "P1", (MARCH_1, DATE), (MARCH_2, DATE), "休假", "P9"]
        shown = ods_row(*LEAVE) + ods_row(
            ods_cell("float", "0012", value="12"), "P1", "2026-03-01", "2026-03-02", "休假", "P9"
        )
        for found in (
            read(xlsx({"免录情形": sheet([LEAVE, row])})),
            read(xls("免录情形", [LEAVE, [(12, "0000"), "P1", "2026-03-01", "2026-03-02", "休假", "P9"]]), "a.xls"),
            read(ods("免录情形", shown), "a.ods"),
            read((",".join(LEAVE) + '\n="0012",P1,2026-03-01,2026-03-02,休假,P9\n').encode(), "免录情形.txt"),
        ):
            assert ["0012"] == [fact.id for fact in taken(found)]

    def test_numbers_written_as_text_are_numbers(self) -> None:
        header = ["编号", "单位编号", "型号", "心跳间隔(秒)", "可感知SIM卡"]
        (fact,) = taken(read(xlsx({"执法记录仪": sheet([header, [17, "U1", "HX", "60", "是"]])})), "recorders")
        assert ("17", 60) == (fact.id, fact.heartbeat_s)

    def test_an_id_that_a_spreadsheet_took_for_a_date_is_refused(self) -> None:
        header = ["编号", "人员编号", "参加人员编号", "类别", "开始时间"]
        found = refused(
            read(
                xlsx({"执法活动": sheet([header, ["C1", "P1", (MARCH_2, DATE), "行政检查", (MARCH_2 + 0.5, MOMENT)]])})
            )
        )
        assert [("C2", "参加人员编号")] == [fault[:2] for fault in found]


class TestWhatIsLost:
    @pytest.mark.parametrize("cell", ['<c t="e"><v>#REF!</v></c>', '<c t="e"><f>NOW()/0</f><v>#DIV/0!</v></c>'])
    def test_an_error_is_no_empty_cell(self, cell: str) -> None:
        header = ["编号", "人员编号", "类别", "开始时间", "结束时间"]
        found = refused(
            read(xlsx({"执法活动": sheet([header, ["C1", "P1", "行政检查", (MARCH_2 + 0.5, MOMENT), cell]])}))
        )
        assert [("E2", "结束时间")] == [fault[:2] for fault in found]
        assert "请改正或清空" in found[0][2]

    def test_an_error_is_none_in_older_formats_either(self) -> None:
        header = ["编号", "人员编号", "类别", "开始时间", "结束时间"]
        error = '<table:table-cell table:formula="of:=[.#REF!]" office:value-type="string" calcext:value-type="error"><text:p>#REF!</text:p></table:table-cell>'
        for found in (
            read(xls("执法活动", [header, ["C1", "P1", "行政检查", "2026-03-02 09:00", "#REF!"]]), "a.xls"),
            read(
                ods("执法活动", ods_row(*header) + ods_row("C1", "P1", "行政检查", "2026-03-02 09:00", error)), "a.ods"
            ),
        ):
            assert [("E2", "结束时间", "是错误值#REF!，请改正或清空")] == refused(found)

    @pytest.mark.parametrize("cell", ["<c><f>D2+1</f></c>", "<c><f>D2+1</f><v></v></c>", "<c><f>D2+1</f><v/></c>"])
    def test_a_formula_that_was_never_computed_is_refused(self, cell: str) -> None:
        found = refused(read(xlsx({"免录情形": sheet(leave((MARCH_1, DATE), cell))})))
        assert [("D2", "结束时间", "是公式且没有算出的值，请在表格软件中打开后保存，或粘贴为数值")] == found

    def test_a_formula_has_the_value_that_its_author_saw(self) -> None:
        found = read(
            xlsx({"免录情形": sheet(leave((MARCH_1, DATE), f'<c s="{MOMENT}"><f>C2+1</f><v>{MARCH_2}</v></c>'))})
        )
        assert (FIRST, SECOND) == times(found)

    def test_an_empty_text_out_of_a_formula_is_an_empty_cell(self) -> None:
        header = ["编号", "人员编号", "类别", "开始时间", "结束时间"]
        rows = [header, ["C1", "P1", "行政检查", "2026-03-02 09:00", '<c t="str"><f>""</f><v></v></c>']]
        (fact,) = taken(read(xlsx({"执法活动": sheet(rows)})), "activities")
        assert fact.ends_at is None


class TestLayouts:
    def test_titles_remarks_and_blanks_around_the_table_are_passed_over_and_told(self) -> None:
        rows = [
            ["示例中队三月休假表"],
            [],
            ["填表：李示例"],
            [None, *LEAVE, None, "备注"],
            [],
            [None, "E1", "P1", "2026-03-01", "2026-03-02", "休假", "P9"],
            [],
            [],
        ]
        found = read(xlsx({"免录情形": sheet(rows)}))
        assert (FIRST, FIRST + 2 * DAY) == times(found)
        assert isinstance(found, FactSet)
        assert [
            "免录情形.xlsx: 免录情形 第1行",
            "免录情形.xlsx: 免录情形 第3行",
            "免录情形.xlsx: 免录情形.备注",
        ] == found.ignored

    def test_a_fault_names_its_cell_where_it_stands(self) -> None:
        rows = [["三月休假表"], [None, *LEAVE], [None, "E1", "P1", "2026-03-01", "3/2/2026", "休假", "P9"]]
        assert [("E3", "结束时间")] == [fault[:2] for fault in refused(read(xlsx({"免录情形": sheet(rows)})))]

    def test_a_header_may_be_dressed_up(self) -> None:
        dressed = ["编号＊", "人员编号（必填）", "开始\n时间", " 结束时间 ", "事由*", "批准人"]
        assert (FIRST, FIRST + 2 * DAY) == times(
            read(xlsx({"免录情形": sheet([dressed, leave("2026-03-01", "2026-03-02")[1]])}))
        )

    def test_the_only_sheet_may_have_any_name_if_the_files_name_says_what_it_holds(self) -> None:
        data = xlsx({"Sheet1": sheet(leave("2026-03-01", "2026-03-02")), "Sheet2": sheet([])})
        assert (FIRST, FIRST + 2 * DAY) == times(read(data, "免录情形_三月.xlsx"))
        assert (FIRST, FIRST + 2 * DAY) == times(read_bytes(data, "a.xlsx", "exemptions"))
        assert "请把工作表改成其中的名称" in refused(read(data, "a.xlsx"))[0][2]

    def test_a_hidden_sheet_is_left_out_and_told(self) -> None:
        table = sheet(leave("2026-03-01", "2026-03-02"))
        hidden_ods = ods(
            "免录情形",
            ods_row(*LEAVE) + ods_row("E1", "P1", "2026-03-01", "2026-03-02", "休假", "P9"),
            hidden=["exemptions"],
        )
        for found in (
            read(xlsx({"免录情形": table, "exemptions": table}, hidden=["exemptions"]), "a"[:0] + "a.xlsx"),
            read(hidden_ods, "a.ods"),
        ):
            assert 1 == len(taken(found))
            assert isinstance(found, FactSet)
            assert ["exemptions (hidden)"] == [name.partition(": ")[2] for name in found.ignored]

    def test_identical_rows_and_trailing_blanks_of_an_ods_are_counted(self) -> None:
        blank = '<table:table-cell table:number-columns-repeated="16384"/>'
        rows = (
            ods_row(*LEAVE)
            + ods_row(blank, times=3)
            + ods_row("E1", "P1", "2026-03-01", "错", "休假", "P9", blank)
            + ods_row(blank, times=1048571)
        )
        assert [("D5", "结束时间")] == [fault[:2] for fault in refused(read(ods("免录情形", rows), "a.ods"))]

    def test_a_comment_is_no_content(self) -> None:
        noted = '<table:table-cell office:value-type="string"><office:annotation><text:p>批注</text:p></office:annotation><text:p>E1</text:p></table:table-cell>'
        (fact,) = taken(
            read(
                ods("免录情形", ods_row(*LEAVE) + ods_row(noted, "P1", "2026-03-01", "2026-03-02", "休假", "P9")),
                "a.ods",
            )
        )
        assert "E1" == fact.id


class TestOtherMakes:
    @pytest.mark.parametrize(
        "styles",
        [
            None,
            "<styleSheet",
            "<styleSheet/>",
            f"<styleSheet {MAIN}><fills><fill><x/></fill></fills><cellXfs><xf numFmtId='x'/></cellXfs></styleSheet>",
        ],
    )
    def test_broken_styles_lose_formats_and_nothing_else(self, styles: str | None) -> None:
        data = xlsx({"免录情形": sheet(leave((MARCH_1, DATE), (MARCH_2 + 0.75, MOMENT)))}, styles=styles)
        assert (FIRST, SECOND + timedelta(hours=18)) == times(read(data))

    def test_what_openpyxl_stops_at_is_read(self) -> None:
        broken = STYLES.replace("<cellStyleXfs>", '<fonts><font><family val="15"/></font></fonts><cellStyleXfs>')
        whole = xlsx({"免录情形": sheet(leave((MARCH_1, DATE), (MARCH_2, DATE)))}, styles=broken)
        with zipfile.ZipFile(BytesIO(whole)) as package:
            data = packed(
                {name: package.read(name).decode() for name in package.namelist()} | {"[Content_Types].xml": TYPES}
            )
        with pytest.raises(ValueError, match="could not read stylesheet"):
            openpyxl.load_workbook(BytesIO(data), read_only=True)
        assert (FIRST, FIRST + 2 * DAY) == times(read(data))

    def test_prefixes_shared_strings_and_how_they_are_read_aloud(self) -> None:
        strings = "".join(
            f"<x:si><x:t>{text}</x:t><x:rPh><x:t>ㄅ</x:t></x:rPh></x:si>" for text in [*LEAVE, "E1", "P1", "休假", "P9"]
        )
        cells = [f'<x:c t="s"><x:v>{at}</x:v></x:c>' for at in range(10)]
        dates = [f'<x:c t="d"><x:v>2026-03-0{day}</x:v></x:c>' for day in (1, 2)]
        rows = f"<x:row>{''.join(cells[:6])}</x:row><x:row>{''.join([*cells[6:8], *dates, *cells[8:]])}</x:row>"
        space = MAIN.replace("xmlns", "xmlns:x")
        with zipfile.ZipFile(BytesIO(xlsx({"免录情形": ""}))) as package:
            parts = {name: package.read(name).decode() for name in package.namelist()}
        parts["XL/SharedStrings.xml"] = f"<x:sst {space}>{strings}</x:sst>"
        parts["xl/worksheets/sheet1.xml"] = f"<x:worksheet {space}><x:sheetData>{rows}</x:sheetData></x:worksheet>"
        relation = '<Relationship Id="t" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>'
        name = "xl/_rels/workbook.xml.rels"
        parts[name] = parts[name].replace("</Relationships>", relation)
        assert (FIRST, FIRST + 2 * DAY) == times(read(packed(parts)))

    def test_a_workbook_is_what_it_is_whatever_it_is_called(self) -> None:
        assert (FIRST, FIRST + 2 * DAY) == times(
            read(xlsx({"免录情形": sheet(leave("2026-03-01", "2026-03-02"))}), "a.xls")
        )
        assert (FIRST, FIRST + 2 * DAY) == times(read(xls("免录情形", leave("2026-03-01", "2026-03-02")), "a.xlsx"))
        assert "请用表格软件打开后另存为.xlsx" in refused(read(b"<html><table></table></html>", "a.xls"))[0][2]


class TestHostileFiles:
    def test_a_cell_far_away_costs_nothing(self) -> None:
        far = f'<worksheet {MAIN}><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
        assert "超过256列" in refused(read(xlsx({"免录情形": far})))[0][2]
        beyond = far.replace("1048576", "99999999999")
        assert "行号超出" in refused(read(xlsx({"免录情形": beyond})))[0][2]

    def test_repeated_rows_of_an_ods_are_not_spread_out(self) -> None:
        rows = ods_row(*LEAVE) + ods_row("E1", "P1", "2026-03-01", "2026-03-02", "休假", "P9", times=1_000_000_000)
        assert "重复了1000000000次" in refused(read(ods("免录情形", rows), "a.ods"))[0][2]
        wide = '<table:table-cell office:value-type="string" table:number-columns-repeated="1000000000"><text:p>x</text:p></table:table-cell>'
        assert "超过256列" in refused(read(ods("免录情形", ods_row(wide)), "a.ods"))[0][2]

    @pytest.mark.parametrize("name", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
    def test_a_dtd_is_refused(self, name: str) -> None:
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        with zipfile.ZipFile(BytesIO(xlsx({"免录情形": sheet(leave("2026-03-01", "2026-03-02"))}))) as package:
            parts = {part: package.read(part).decode() for part in package.namelist()}
        assert "不是表格软件写出的" in refused(read(packed(parts | {name: bomb + parts[name]})))[0][2]

    def test_a_cell_without_end_is_refused(self) -> None:
        long = "x" * 200_000
        assert "超过131072个字符" in refused(read(xlsx({"免录情形": sheet([LEAVE, [long]])})))[0][2]


class TestEncodings:
    OFFICERS = "id,name,unit_id,role\nP1,{},U1,officer\n"

    @pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
    def test_bytes_that_make_sense_in_both_are_asked_about(self, encoding: str) -> None:
        data = self.OFFICERS.format("示例" if encoding == "utf-8" else "谢").encode(encoding)
        ((_, _, reason),) = refused(read(data, "officers.csv"))
        assert reason.startswith("编码不能确定：按UTF-8是“")
        assert "--encoding" in reason

    @pytest.mark.parametrize(("encoding", "told"), [("utf-8", "utf-8"), ("gbk", "gbk")])
    def test_who_says_the_encoding_is_not_asked(self, encoding: str, told: Any) -> None:
        for name in ("谢", "示例", "李示例"):
            (fact,) = taken(
                read_bytes(self.OFFICERS.format(name).encode(encoding), "officers.csv", None, told), "officers"
            )
            assert name == fact.name

    def test_a_word_about_the_encoding_is_for_what_cannot_be_told(self) -> None:
        (fact,) = taken(read_bytes(self.OFFICERS.format("李").encode("gbk"), "officers.csv", None, "utf-8"), "officers")
        assert "李" == fact.name

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
    def test_chinese_columns_tell_the_encoding(self, encoding: str) -> None:
        (fact,) = taken(read("编号,姓名,单位编号,角色\nP1,谢,U1,执法人员\n".encode(encoding), "人员.csv"), "officers")
        assert "谢" == fact.name

    def test_a_spreadsheets_unicode_text_is_read(self) -> None:
        (fact,) = taken(
            read("\ufeff编号\t姓名\t单位编号\t角色\r\nP1\t谢\tU1\t执法人员\r\n".encode("utf-16-le"), "人员.txt"),
            "officers",
        )
        assert "谢" == fact.name


def test_facts_of_every_make_are_the_same() -> None:
    rows = leave("2026-03-01 09:00", "2026-03-02")
    facts: list[Fact] = [
        taken(found)[0]
        for found in (
            read(xlsx({"免录情形": sheet(rows)})),
            read(xls("免录情形", rows), "a.xls"),
            read(ods("免录情形", "".join(ods_row(*map(str, row)) for row in rows)), "a.ods"),
            read("\n".join(",".join(map(str, row)) for row in rows).encode("gbk"), "免录情形.csv"),
        )
    ]
    assert 1 == len(set(map(Fact.model_dump_json, facts)))
