"""Slips and circulars word for word: the text of each document against its golden file, free text as text."""

import io
import os
from pathlib import Path

import pytest
from docx import Document
from docx.table import Table
from docx.text.paragraph import Paragraph
from standins.paper_scene import decision, month, opinion, slip

from alerts.paperwork.circulars.circular_document import circular_document
from alerts.paperwork.circulars.figures import circular_of
from alerts.paperwork.slips.forms import BOXES
from alerts.paperwork.slips.slip_document import slip_document
from alerts.paperwork.spreadsheet_export import csv_table, plain
from alerts.paperwork.word_document import printable

GOLDEN = Path(__file__).parents[1] / "golden" / "paper"
OPINIONS = [opinion(1, "verifier", "经核查，情况属实，建议移送。", 4), opinion(2, "department", "同意。", 5)]
MARCH = month(
    "2026-03", decision(1, "2026-03-02"), decision(2, "2026-03-31"), decision(3, "2026-03-10", "import-overdue", "U05")
)
APRIL = month(
    "2026-04",
    decision(2, "2026-03-31"),
    decision(3, "2026-03-10", "import-overdue", "U05"),
    decision(6, "2026-04-01"),
    earlier=(MARCH,),
)
PAPERS = {
    "annex1": lambda: slip_document(slip(1), OPINIONS),
    "annex2": lambda: slip_document(slip(2, intent="监控显示当事人自行取卡。"), OPINIONS),
    "annex2-void": lambda: slip_document(
        slip(2, statement=None, is_void=True, intent="监控显示。"), [*OPINIONS, opinion(3, "void", "事件经复核撤销", 9)]
    ),
    "circular": lambda: circular_document(circular_of(APRIL, MARCH, None, "全局")),
    "circular-open": lambda: circular_document(circular_of(month("2026-05", is_closed=False), None, "U05", "全局")),
}


def text_of(body: bytes) -> str:
    """A document's text in the order of the page; a table's cells by |."""
    lines = []
    for part in Document(io.BytesIO(body)).iter_inner_content():
        if isinstance(part, Paragraph):
            lines.append(part.text)
        if isinstance(part, Table):
            lines += [" | ".join(cell.text.replace("\n", "⏎") for cell in row.cells) for row in part.rows]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", PAPERS)
def test_a_document_reads_word_for_word_as_its_golden_file(name: str) -> None:
    """RECORDER_FLEET_GOLDEN=write writes the files anew: read them before they are committed."""
    path = GOLDEN / f"{name}.txt"
    text = text_of(PAPERS[name]())
    if os.environ.get("RECORDER_FLEET_GOLDEN") == "write":
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


def test_annex_1_has_the_regulations_fields_in_its_order() -> None:
    [table] = Document(io.BytesIO(PAPERS["annex1"]())).tables
    assert [
        "被认定单位",
        "被认定人员",
        "认定内容",
        "核查人员\n意见",
        "核查部门\n意见",
        "勤务监督处\n意见",
        "政治处\n意见",
    ] == [row.cells[0].text for row in table.rows]


def test_annex_2_has_the_regulations_fields_and_one_box_ticked() -> None:
    [table] = Document(io.BytesIO(PAPERS["annex2"]())).tables
    assert [
        "被检查对象",
        "被检查人员",
        "检查情况",
        "不规范情形\n具体类型",
        "核查人员\n意见",
        "核查部门\n意见",
        "勤务监督处\n意见",
    ] == [row.cells[0].text for row in table.rows]
    boxes = table.rows[3].cells[1].text.split("\n")
    assert [("☑" if number == 5 else "□") + kind for number, kind in enumerate(BOXES, 1)] == boxes


def test_free_text_is_text_in_a_document_whatever_it_holds() -> None:
    hostile = "<w:r><w:t>x</w:t></w:r>&amp;\x00\x08<!--{{ 7*7 }}\u202e\n第二行"
    text = text_of(slip_document(slip(2, statement=hostile, intent=hostile), [opinion(1, "verifier", hostile, 4)]))
    assert 3 == text.count("<w:r><w:t>x</w:t></w:r>&amp;<!--{{ 7*7 }}")
    assert printable(f"{hostile}\ud800") == "<w:r><w:t>x</w:t></w:r>&amp;<!--{{ 7*7 }}\n第二行"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "  =1", "\u3000=1", "＝1", "\r=1", "\u00a0@x"])
def test_what_a_spreadsheet_takes_for_a_formula_is_neutralised(text: str) -> None:
    assert str(plain(text)).startswith("'")
    assert b"'" in csv_table(["a"], [[text]])


def test_numbers_and_plain_text_stay_as_they_are_in_a_cell() -> None:
    assert (-1.5, "第3中队", "是", "") == (plain(-1.5), plain("第3中队"), plain(True), plain(None))  # noqa: FBT003
