"""Annex 1 or 2 as a Word document, with the fields, order and boxes of the regulation and space to sign."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from docx.document import Document as DocumentObject
from docx.enum.table import WD_ALIGN_VERTICAL, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.shared import Cm
from docx.table import Table, _Cell

from alerts.paperwork.slips.content import SlipContent, established
from alerts.paperwork.slips.forms import BOXES, FORMS, OTHER_BOX, Annex, Form, Opinion
from alerts.paperwork.slips.opinions import opinions_of
from alerts.paperwork.word_document import (
    HEI,
    TITLE,
    add_line,
    add_watermark,
    as_bytes,
    first_line,
    new_document,
    shape,
    write,
)
from alerts.shanghai_time import SHANGHAI
from telemetry.records.slips import SlipRow, SlipStepRow

VOID: Final = "作废"
_LABEL_CM: Final = 3.2
_TEXT_CM: Final = 12.4
_OPINION_CM: Final[dict[Annex, float]] = {1: 2.5, 2: 1.85}
"""Lower on annex 2, whose page also has the boxes."""
_SIGN_CM: Final = 6.0
_PLAIN_CM: Final = 0.85
_SMALL_PT: Final = 9
_BODY_PT: Final = 12
_SMALLER_PT: Final = 10


def slip_document(row: SlipRow, steps: Sequence[SlipStepRow]) -> bytes:
    """The slip as a DOCX file: the form, with the statements attached."""
    content = SlipContent(**row.content)
    form = FORMS[content.annex]
    document = new_document(f"{form.title} {row.number}", row.issued_at, f"SHA-256 {row.evidence_sha256}")
    if row.is_void:
        add_watermark(document, VOID)
    _head(document, form, content, row)
    table = _table(document)
    _plain(table, form.unit, content.unit)
    _plain(table, form.officer, content.officer)
    _established(table, form, content)
    if form.kinds is not None:
        _kinds(table, form.kinds, content.box, content.evidence["texts"].get("breach", ""))
    given = opinions_of(content.annex, steps)
    for opinion in form.opinions:
        _opinion(table, opinion, given.get(opinion.step), content.annex)
    _foot(document, row, steps)
    _attach(document, content, row)
    return as_bytes(document)


def _head(document: DocumentObject, form: Form, content: SlipContent, row: SlipRow) -> None:
    heading = document.paragraphs[0] if document.paragraphs else document.add_paragraph()
    shape(heading)
    write(heading, form.heading, font=HEI, size_pt=14)
    add_line(document, form.title, font=TITLE, size_pt=20, centred=True, space_pt=8)
    line = add_line(document, space_pt=3)
    line.paragraph_format.tab_stops.add_tab_stop(Cm(_LABEL_CM + _TEXT_CM), WD_TAB_ALIGNMENT.RIGHT)
    number = f"{row.number}（{VOID}）" if row.is_void else row.number
    write(line, f"{form.department}{content.department}\t编号：{number}", size_pt=_BODY_PT)


def _table(document: DocumentObject) -> Table:
    table: Table = document.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width_cm in zip(table.columns, (_LABEL_CM, _TEXT_CM), strict=True):
        column.width = Cm(width_cm)
    return table


def _row(table: Table, label: str, height_cm: float, *, may_break: bool = False) -> _Cell:
    row: Any = table.add_row()  # type: ignore[no-untyped-call]
    if not may_break:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - python-docx has no API for it
    row.height, row.height_rule = Cm(height_cm), WD_ROW_HEIGHT_RULE.AT_LEAST
    named: _Cell
    said: _Cell
    named, said = row.cells
    named.width, said.width = Cm(_LABEL_CM), Cm(_TEXT_CM)
    named.vertical_alignment = said.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    for number, part in enumerate(label.split("\n")):
        paragraph = first_line(named) if number == 0 else named.add_paragraph()
        shape(paragraph, centred=True)
        write(paragraph, part, size_pt=_BODY_PT)
    return said


def _plain(table: Table, label: str, text: str) -> None:
    write(first_line(_row(table, label, _PLAIN_CM)), text, size_pt=_BODY_PT)


def _established(table: Table, form: Form, content: SlipContent) -> None:
    cell = _row(table, form.established, 6.0 if form.kinds is None else 4.0, may_break=True)
    for number, line in enumerate(established(content)):
        paragraph = first_line(cell) if number == 0 else cell.add_paragraph()
        shape(paragraph, indent_pt=2 * _SMALLER_PT)
        write(paragraph, line, size_pt=_SMALLER_PT)


def _kinds(table: Table, label: str, box: int | None, breach: str) -> None:
    cell = _row(table, label, 4.0)
    for number, kind in enumerate(BOXES, 1):
        paragraph = first_line(cell) if number == 1 else cell.add_paragraph()
        shape(paragraph)
        said = breach if number == box == OTHER_BOX else ""
        write(paragraph, f"{'☑' if number == box else '□'}{kind}{said}", size_pt=_SMALLER_PT)


def _opinion(table: Table, opinion: Opinion, given: SlipStepRow | None, annex: Annex) -> None:
    cell = _row(table, opinion.label, _OPINION_CM[annex])
    cell.vertical_alignment = WD_ALIGN_VERTICAL.BOTTOM
    text = first_line(cell)
    for number, line in enumerate(given.opinion.split("\n") if given else []):
        paragraph = text if number == 0 else cell.add_paragraph()
        shape(paragraph, indent_pt=2 * _SMALLER_PT)
        write(paragraph, line, size_pt=_SMALLER_PT)
    signed = cell.add_paragraph()
    shape(signed, space_pt=3)
    signed.paragraph_format.space_before = Cm(0.3)
    stops = signed.paragraph_format.tab_stops
    stops.add_tab_stop(Cm(_SIGN_CM))
    stops.add_tab_stop(Cm(_TEXT_CM - 0.4), WD_TAB_ALIGNMENT.RIGHT)
    write(signed, f"\t签名\t{_date(given.at if given else None)}", size_pt=_BODY_PT)


def _foot(document: DocumentObject, row: SlipRow, steps: Sequence[SlipStepRow]) -> None:
    lines = [f"证据校验值（SHA-256）：{row.evidence_sha256}　单号：{row.slip_id}　事件：{row.incident_id}"]
    lines += [f"{VOID}：{_date(step.at)}，{step.opinion}" for step in steps if step.step == "void"]
    for line in lines:
        add_line(document, line, size_pt=_SMALL_PT - 1.5)


def _attach(document: DocumentObject, content: SlipContent, row: SlipRow) -> None:
    """The statements of the person concerned, verbatim, on a separate page."""
    statements: list[dict[str, Any]] = content.evidence["statements"]
    if not statements:
        return
    document.add_page_break()  # type: ignore[no-untyped-call]
    add_line(document, "当事人情况说明", font=TITLE, size_pt=18, centred=True, space_pt=8)
    add_line(document, f"（附于{row.number}）", centred=True, space_pt=8)
    add_line(document, f"当事人：{content.officer}　所在单位：{content.unit}", space_pt=6)
    for statement in statements:
        said_at = datetime.fromisoformat(statement["at"]).astimezone(SHANGHAI)
        add_line(document, f"{_date(said_at)} {said_at:%H:%M} 陈述：")
        for line in str(statement["text"]).split("\n"):
            add_line(document, line, indent=True, space_pt=4)


def _date(moment: datetime | None) -> str:
    if moment is None:
        return "　　年　　月　　日"
    at = moment.astimezone(SHANGHAI)
    return f"{at.year}年{at.month}月{at.day}日"
