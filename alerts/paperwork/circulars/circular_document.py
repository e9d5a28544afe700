"""The monthly 通报 as a Word document: counts and rates by unit and type, never a person's name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from docx.document import Document as DocumentObject
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm

from alerts.notices.texts import TITLES
from alerts.paperwork.circulars.figures import LEAST_FOR_RATE, Circular, Entry, Line
from alerts.paperwork.circulars.periods import in_words
from alerts.paperwork.slips.forms import CLAUSES, REGULATION, place_of
from alerts.paperwork.word_document import HEI, TITLE, add_line, as_bytes, first_line, new_document, shape, write
from alerts.shanghai_time import SHANGHAI
from telemetry.vocabulary import texts

HEADING: Final = "执法记录仪使用管理情况通报"
_CHANGES: Final = texts("correction")
DRAFT: Final = "（未办结，数据可能变动）"


def circular_document(circular: Circular) -> bytes:
    """The circular as a DOCX file; a closed month always gives the same file."""
    as_of = datetime.fromisoformat(circular.as_of)
    document = new_document(f"{in_words(circular.period)}{HEADING}", as_of, circular.period)
    title = document.paragraphs[0] if document.paragraphs else document.add_paragraph()
    shape(title, centred=True, space_pt=4)
    write(title, HEADING, font=TITLE, size_pt=22)
    state = "" if circular.is_closed else DRAFT
    add_line(document, f"（{in_words(circular.period)}　{circular.unit_name}）{state}", centred=True, space_pt=10)
    for heading, part in (
        ("一、总体情况", _summary),
        ("二、按情形类型", _by_rule),
        ("三、按单位", _by_unit),
        ("四、按认定日期", _by_day),
        ("五、对以前月份的更正", _corrections),
        ("六、说明", _notes),
    ):
        add_line(document, heading, font=HEI, size_pt=14, space_pt=4).paragraph_format.keep_with_next = True
        part(document, circular)
    _sign(document, as_of)
    return as_bytes(document)


def summary_of(circular: Circular) -> list[str]:
    """总体情况: the month's figures in sentences."""
    total = circular.total
    counted = (
        f"{in_words(circular.period)}，{circular.unit_name}共认定执法记录仪未开启及使用管理不规范情形{total.count}起"
        f"{_compared(total)}；同期执法活动{total.activities}次，{_rated(total)}。"
    )
    kept = (
        f"执法活动应录时间的录制覆盖率{percent(total.coverage)}；录像24小时内导入及时率{percent(total.punctuality)}。"
    )
    return [counted, kept]


def percent(share: float | None) -> str:
    """A share as text."""
    return "无数据" if share is None else f"{share:.1%}"


def rate_text(line: Line) -> str:
    """The rate per 100 activities as text."""
    return "—" if line.rate is None else f"{line.rate:.2f}"


def difference(line: Line) -> str:
    """The change against the month before."""
    return "—" if line.before is None else f"{line.count - line.before:+d}" if line.count != line.before else "0"


def clause_of(rule: str) -> str:
    """A rule's clause of the regulation, and annex and box."""
    place = place_of(rule, "-")
    if place is None:
        return "—"
    annex, box = place
    return f"{CLAUSES[box]}，附件{annex}" + ("" if box is None else f"第{box}项")


def _compared(line: Line) -> str:
    if line.before is None:
        return "（上月未办结通报，不作比较）"
    change = line.count - line.before
    word = "持平" if change == 0 else f"增加{change}起" if change > 0 else f"减少{-change}起"
    return f"（上月{line.before}起，{word}）"


def _rated(line: Line) -> str:
    if line.rate is None:
        return f"不足{LEAST_FOR_RATE}次，只列数量，不计比率"
    return f"每百次活动{line.rate:.2f}起"


def _summary(document: DocumentObject, circular: Circular) -> None:
    for line in summary_of(circular):
        add_line(document, line, indent=True, space_pt=4)


def _by_rule(document: DocumentObject, circular: Circular) -> None:
    rows = [
        (TITLES.get(line.name, line.name), clause_of(line.name), str(line.count), _before(line), difference(line))
        for line in circular.by_rule
    ]
    _grid(document, ("情形", "依据", "本月（起）", "上月（起）", "增减"), rows, (4.6, 4.6, 2.2, 2.2, 2.0))


def _by_unit(document: DocumentObject, circular: Circular) -> None:
    rows = [
        (
            *(line.name, str(line.activities), str(line.count), _before(line), rate_text(line)),
            *(percent(line.coverage), percent(line.punctuality)),
        )
        for line in circular.by_unit
    ]
    columns = ("单位", "执法活动", "认定（起）", "上月（起）", "每百次", "录制覆盖率", "导入及时率")
    _grid(document, columns, rows, (4.2, 1.9, 1.9, 1.9, 1.7, 2.0, 2.0))


def _by_day(document: DocumentObject, circular: Circular) -> None:
    rows = [(line.name, str(line.count)) for line in circular.by_day]
    _grid(document, ("认定日期", "认定（起）"), rows, (4.6, 3.0))


def _corrections(document: DocumentObject, circular: Circular) -> None:
    rows = [
        (in_words(e.of_period), circular.unit_names.get(e.unit_id, e.unit_id), TITLES.get(e.rule, e.rule), _change(e))
        for e in circular.corrections
    ]
    if rows:
        _grid(document, ("所属月份", "单位", "情形", "更正"), rows, (3.0, 5.0, 4.6, 3.0))
    else:
        add_line(document, "无。", indent=True, space_pt=4)


def _notes(document: DocumentObject, circular: Circular) -> None:
    as_of = datetime.fromisoformat(circular.as_of).astimezone(SHANGHAI)
    for line in (
        f"本通报依据{REGULATION}四（一），按认定之日统计经核查认定的事件；不列个人姓名。",
        f"执法活动不足{LEAST_FOR_RATE}次的单位只列数量。各单位数据不含下级单位。",
        f"数据截至{as_of.year}年{as_of.month}月{as_of.day}日{as_of:%H:%M}；办结后的变动在下期更正，本期不作改动。",
    ):
        add_line(document, line, indent=True, space_pt=4)


def _sign(document: DocumentObject, as_of: datetime) -> None:
    at = as_of.astimezone(SHANGHAI)
    for text in ("勤务监督处", f"{at.year}年{at.month}月{at.day}日"):
        line = add_line(document, text)
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.space_before = Cm(0.6)


def _change(entry: Entry) -> str:
    return _CHANGES[entry.kind]


def _before(line: Line) -> str:
    return "—" if line.before is None else str(line.before)


def _grid(
    document: DocumentObject, head: Sequence[str], rows: Sequence[Sequence[str]], widths_cm: Sequence[float]
) -> None:
    if not rows:
        add_line(document, "无。", indent=True, space_pt=4)
        return
    table = document.add_table(rows=0, cols=len(head))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for column, width_cm in zip(table.columns, widths_cm, strict=True):
        column.width = Cm(width_cm)
    for number, row in enumerate((head, *rows)):
        for cell, text, width_cm in zip(table.add_row().cells, row, widths_cm, strict=True):
            cell.width = Cm(width_cm)
            paragraph = first_line(cell)
            shape(paragraph, centred=True)
            write(paragraph, text, size_pt=10.5, bold=number == 0)
    add_line(document, size_pt=6)
