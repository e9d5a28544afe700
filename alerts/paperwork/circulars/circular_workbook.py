"""The monthly figures as XLSX with charts; each number lists its incidents."""

import io
from datetime import datetime
from typing import Any, Final

from xlsxwriter import Workbook

from alerts.notices.texts import TITLES
from alerts.paperwork.circulars.circular_document import DRAFT, HEADING, clause_of, percent, rate_text
from alerts.paperwork.circulars.figures import Circular, Line
from alerts.paperwork.circulars.periods import in_words
from alerts.paperwork.spreadsheet_export import new_workbook, write_table

_CHART: Final = {"x_scale": 1.3, "y_scale": 1.2}


def circular_workbook(circular: Circular) -> bytes:
    """The circular as an XLSX file."""
    target = io.BytesIO()
    workbook = new_workbook(target, datetime.fromisoformat(circular.as_of))
    _summary(workbook, circular)
    _charted(workbook, "按类型", "情形", [(TITLES.get(x.name, x.name), clause_of(x.name), x) for x in circular.by_rule])
    _units(workbook, circular)
    _charted(workbook, "按认定日期", "认定日期", [(line.name, "", line) for line in circular.by_day], kind="line")
    _corrections(workbook, circular)
    _incidents(workbook, circular)
    workbook.close()
    return target.getvalue()


def _summary(workbook: Workbook, circular: Circular) -> None:
    total = circular.total
    rows = [
        ("通报", HEADING + ("" if circular.is_closed else DRAFT)),
        ("月份", in_words(circular.period)),
        ("单位", circular.unit_name),
        ("认定（起）", total.count),
        ("上月（起）", "未办结" if total.before is None else total.before),
        ("增减", _change(total)),
        ("执法活动（次）", total.activities),
        ("每百次活动（起）", "不足20次，不计" if total.rate is None else total.rate),
        ("录制覆盖率", percent(total.coverage)),
        ("24小时导入及时率", percent(total.punctuality)),
        ("数据截至", datetime.fromisoformat(circular.as_of)),
    ]
    write_table(workbook, "总表", ("项目", "数值"), rows, (22, 40))


def _charted(
    workbook: Workbook, name: str, label: str, lines: list[tuple[str, str, Line]], kind: str = "column"
) -> None:
    rows = [
        (said, clause, line.count, line.before, _change(line), "、".join(line.incident_ids))
        for said, clause, line in lines
    ]
    head = (label, "依据", "本月（起）", "上月（起）", "增减", "事件编号")
    sheet = write_table(workbook, name, head, rows, (22, 26, 11, 11, 9, 60))
    if not rows:
        return
    chart: Any = workbook.add_chart({"type": kind})
    chart.add_series(_series(name, "本月", 2, len(rows)))
    if any(line.before is not None for _, _, line in lines):
        chart.add_series(_series(name, "上月", 3, len(rows)))
    chart.set_title({"name": f"认定事件{name}"})
    chart.set_y_axis({"name": "起", "major_gridlines": {"visible": True}, "min": 0, "num_format": "0"})
    sheet.insert_chart(len(rows) + 2, 0, chart, _CHART)


def _change(line: Line) -> int | None:
    return None if line.before is None else line.count - line.before


def _units(workbook: Workbook, circular: Circular) -> None:
    name = "按单位"
    head = ("单位", "执法活动", "本月（起）", "上月（起）", "每百次", "录制覆盖率", "导入及时率", "事件编号")
    rows: list[tuple[Any, ...]] = [
        (
            *(
                line.name,
                line.activities,
                line.count,
                line.before,
                line.rate if line.rate is not None else rate_text(line),
            ),
            *(percent(line.coverage), percent(line.punctuality), "、".join(line.incident_ids)),
        )
        for line in circular.by_unit
    ]
    sheet = write_table(workbook, name, head, rows, (22, 11, 11, 11, 11, 12, 12, 60))
    if not rows:
        return
    for column, title, place in ((2, "认定事件（起）", 0), (4, "每百次活动（起）", 6)):
        chart: Any = workbook.add_chart({"type": "bar"})
        chart.add_series(_series(name, title, column, len(rows)))
        chart.set_title({"name": f"各单位{title}"})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True})
        sheet.insert_chart(len(rows) + 2, place, chart)


def _series(sheet: str, name: str, column: int, rows: int) -> dict[str, Any]:
    return {
        "name": name,
        "categories": [sheet, 1, 0, rows, 0],
        "values": [sheet, 1, column, rows, column],
        "data_labels": {"value": True},
    }


def _corrections(workbook: Workbook, circular: Circular) -> None:
    rows = [
        (
            *(in_words(e.of_period), circular.unit_names.get(e.unit_id, e.unit_id), TITLES.get(e.rule, e.rule)),
            *(e.sign, e.day, e.incident_id),
        )
        for e in circular.corrections
    ]
    write_table(
        workbook,
        "更正",
        ("所属月份", "单位", "情形", "更正（起）", "认定日期", "事件编号"),
        rows,
        (14, 22, 22, 11, 14, 30),
    )


def _incidents(workbook: Workbook, circular: Circular) -> None:
    rule = {i: TITLES.get(line.name, line.name) for line in circular.by_rule for i in line.incident_ids}
    unit = {i: line.name for line in circular.by_unit for i in line.incident_ids}
    rows = [(i, rule.get(i, ""), unit.get(i, ""), line.name) for line in circular.by_day for i in line.incident_ids]
    write_table(workbook, "事件清单", ("事件编号", "情形", "单位", "认定日期"), rows, (32, 22, 22, 14))
