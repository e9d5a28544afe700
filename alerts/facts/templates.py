"""Facts, before step 1: empty sheets to fill in, with Chinese columns and an example row."""

import csv
import io
from typing import Any, Final

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from alerts.facts.labels import SHEETS, VALUES
from alerts.facts.models import Collection
from alerts.facts.spreadsheet_cells import Column, Kind, columns_of
from alerts.facts.tables import EXAMPLE
from alerts.facts.typed_time import Edge

_EXAMPLES: Final[dict[Collection, dict[str, str]]] = {
    "units": {"id": "U01", "name": "示例街道综合行政执法中队", "parent_id": "U00", "kind": "中队"},
    "officers": {
        "id": "P0031",
        "name": "张示例",
        "unit_id": "U01",
        "role": "执法人员",
        "contact.wecom": "zhangshili",
        "contact.mobile": "13800000000",
    },
    "recorders": {
        "id": "R0017",
        "unit_id": "U01",
        "model": "HX-4G",
        "holder_id": "P0031",
        "imei": "861234567890123",
        "iccid": "89860012345678901234",
        "heartbeat_s": "30",
        "senses_sim": "是",
        "status": "在用",
    },
    "assignments": {
        "id": "A0001",
        "recorder_id": "R0017",
        "officer_id": "P0031",
        "starts_at": "2026-03-02 08:30",
        "ends_at": "2026-03-02 17:30",
        "reason": "日常",
    },
    "sim_bindings": {
        "id": "B0001",
        "recorder_id": "R0017",
        "iccid": "89860012345678905678",
        "valid_from": "2026-03-02 08:00",
    },
    "shifts": {
        "id": "S0001",
        "officer_id": "P0031",
        "starts_at": "2026-03-02 09:00",
        "ends_at": "2026-03-02 17:00",
        "kind": "巡查",
    },
    "activities": {
        "id": "C0001",
        "officer_id": "P0031",
        "officer_ids": "P0031;P0032",
        "kind": "行政检查",
        "starts_at": "2026-03-02 10:00",
        "ends_at": "2026-03-02 10:40",
        "case_no": "示例案〔2026〕1号",
        "times_from": "签到",
    },
    "exemptions": {
        "id": "E0001",
        "officer_id": "P0031",
        "starts_at": "2026-03-02 13:00",
        "ends_at": "2026-03-02 15:00",
        "reason": "培训",
        "approved_by": "李示例",
    },
    "fault_reports": {
        "id": "F0001",
        "officer_id": "P0031",
        "recorder_id": "R0017",
        "kind": "电量不足",
        "reported_at": "2026-03-02 15:10",
        "repair_at": "2026-03-03 09:00",
    },
    "dock_imports": {
        "id": "I0001",
        "recorder_id": "R0017",
        "station_id": "ST01",
        "docked_at": "2026-03-02 17:35",
        "imported_at": "2026-03-02 17:50",
        "files": "4",
        "megabytes": "3120.5",
        "recorded_from": "2026-03-02 10:00",
        "recorded_to": "2026-03-02 16:30",
        "segments": "2026-03-02 10:00~2026-03-02 10:41;2026-03-02 16:02~2026-03-02 16:30",
    },
    "phone_footage": {
        "id": "M0001",
        "officer_id": "P0031",
        "fault_report_id": "F0001",
        "recorded_at": "2026-03-02 15:20",
        "uploaded_at": "2026-03-02 18:00",
    },
}
"""Invented people; each row loads once its id is replaced (tests/unit/test_facts_templates.py)."""
_HOW: Final[dict[Kind, str]] = {
    "text": "文字",
    "time": "时间，如 2026-03-02 09:00（北京时间，24小时制）",
    "flag": "是／否",
    "whole": "整数",
    "number": "数字",
    "list": "多个编号用分号隔开",
    "choice": "可选：",
    "choices": "可多选，用分号隔开：",
    "segments": "起~止，多段用分号隔开",
    "json": "GeoJSON",
}


_WHOLE_DAYS: Final[dict[Edge | None, str]] = {
    "start": "；只填日期的，从当日0点起",
    "end": "；只填日期的，至当日24点止",
}
_MORE: Final = {
    "override": "。班次超过36小时、执法活动超过48小时、领用或免录超过400天、时间距今超过三年、"
    "IMEI或ICCID与其他记录仪相同、与已有班次或执法活动重复的，确属实情时在此写明原因"
}


def csv_template(collection: Collection) -> bytes:
    """An empty CSV of one collection; UTF-8 with BOM, so that spreadsheets detect the encoding."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(_rows(collection))
    return text.getvalue().encode("utf-8-sig")


def xlsx_template() -> bytes:
    """An empty workbook with one sheet per collection; comments explain each column."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for collection, title in SHEETS.items():
        sheet: Any = book.create_sheet(title)
        for row in _rows(collection):
            sheet.append(row)
        for number, column in enumerate(columns_of(collection), 1):
            cell = sheet.cell(1, number)
            cell.font = Font(bold=column.required)
            cell.comment = Comment(_explained(collection, column), "recorder-fleet")
            letter = get_column_letter(number)
            sheet.column_dimensions[letter].width = max(12, 2 * len(column.title) + 4)
            # As text, so that a spreadsheet neither rounds an ICCID nor reformats a time.
            sheet.column_dimensions[letter].number_format = "@"
            sheet.cell(2, number).number_format = "@"
        sheet.freeze_panes = "B2"
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _rows(collection: Collection) -> list[list[str]]:
    """The header and the example row, which the reader skips."""
    columns = columns_of(collection)
    example = _EXAMPLES[collection]
    cells = [example.get(column.field, "") for column in columns]
    return [[column.title for column in columns], [f"{EXAMPLE}{cells[0]}", *cells[1:]]]


def _explained(collection: Collection, column: Column) -> str:
    choices = VALUES[collection].get(column.field, {})
    how = _HOW[column.kind] + "、".join(choices) + _WHOLE_DAYS.get(column.edge, "") + _MORE.get(column.field, "")
    return f"{column.field}：{'必填' if column.required else '可空'}。{how}"
