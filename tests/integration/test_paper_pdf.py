"""A slip as PDF through LibreOffice: annex 1 and 2 each on one A4 page, the statement on the next."""

import asyncio
import re

import pytest
from standins.paper_scene import opinion, slip

from alerts.paperwork.pdf import to_pdf
from alerts.paperwork.slips.slip_document import slip_document


@pytest.mark.slow
@pytest.mark.parametrize("annex", [1, 2])
async def test_a_slip_is_one_page_and_its_statement_another(annex: int) -> None:
    given = [opinion(1, "verifier", "经核查，情况属实，建议移送。", 4)]
    made = await to_pdf(slip_document(slip(annex, intent="监控显示当事人自行取卡。"), given))  # type: ignore[arg-type]
    assert made is not None
    assert 2 == len(re.findall(rb"/Type\s*/Page[^s]", made))
    assert {(595, 842)} == {
        (round(float(w)), round(float(h))) for w, h in re.findall(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", made)
    }


async def test_without_libreoffice_there_is_no_pdf_and_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert await asyncio.wait_for(to_pdf(b"no document"), 5) is None
