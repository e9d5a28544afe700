"""Test helper: builds workbooks as other programs write them: XLSX and ODS from XML, XLS by xlwt."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import xlwt

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DATE, MOMENT, ZEROS, CLOCK, HOURS = range(1, 6)
"""Styles of `xlsx`: date, date and time, four digits, time of day, elapsed hours."""
STYLES = (
    f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/>'
    '<numFmt numFmtId="165" formatCode="0000"/></numFmts><cellStyleXfs><xf numFmtId="22"/></cellStyleXfs><cellXfs>'
    + "".join(f'<xf numFmtId="{number}"/>' for number in (0, 164, 22, 165, 20, 46))
    + "</cellXfs></styleSheet>"
)


def packed(parts: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, text)
    return data.getvalue()


def cell(value: object, style: int = 0) -> str:
    if isinstance(value, str):
        return value if value.startswith("<c") else f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return "<c/>" if value is None else f'<c s="{style}"><v>{value}</v></c>'


def sheet(rows: Sequence[Sequence[Any]]) -> str:
    """A sheet's XML; a cell is a value, a (value, style), or its own XML."""
    made = "".join(
        "<row>" + "".join(cell(*one) if isinstance(one, tuple) else cell(one) for one in row) + "</row>" for row in rows
    )
    return f"<worksheet {MAIN}><sheetData>{made}</sheetData></worksheet>"


def xlsx(
    sheets: Mapping[str, str], *, styles: str | None = STYLES, hidden: Sequence[str] = (), date1904: bool = False
) -> bytes:
    """A workbook of sheets given as XML."""
    listed = "".join(
        f'<sheet name={quoteattr(title)} sheetId="{at}" r:id="r{at}" state="{_state(title in hidden)}"/>'
        for at, title in enumerate(sheets, 1)
    )
    relations = "".join(
        f'<Relationship Id="r{at}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    parts = {
        "_rels/.rels": f'<Relationships {RELATIONS}><Relationship Id="r" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{OFFICE}"><workbookPr date1904="{int(date1904)}"/>'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships {RELATIONS}>{relations}<Relationship Id="s" Type="{OFFICE}/styles"'
        ' Target="styles.xml"/></Relationships>',
    }
    if styles is not None:
        parts["xl/styles.xml"] = styles
    return packed(parts | {f"xl/worksheets/sheet{at}.xml": text for at, text in enumerate(sheets.values(), 1)})


def _state(is_hidden: object) -> str:
    return "hidden" if is_hidden else "visible"


def ods(title: str, rows: str, hidden: Sequence[str] = ()) -> bytes:
    """A document of one table whose rows are given as XML, and of empty hidden ones."""
    names = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    }
    spaces = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in names.items())
    others = "".join(f'<table:table table:name="{name}" table:style-name="ta2">{rows}</table:table>' for name in hidden)
    text = (
        f'<office:document-content {spaces}><office:automatic-styles><style:style style:name="ta2" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body>'
        f'<office:spreadsheet><table:table table:name="{title}">{rows}</table:table>{others}</office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    return packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": text})


def ods_row(*cells: str, times: int = 1) -> str:
    """A row of cells given as text or as XML."""
    made = "".join(
        one
        if one.startswith("<table")
        else f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>'
        for one in cells
    )
    return f'<table:table-row table:number-rows-repeated="{times}">{made}</table:table-row>'


def ods_cell(kind: str, shown: str, **given: str) -> str:
    about = "".join(f' office:{name.replace("_", "-")}="{value}"' for name, value in given.items())
    return f'<table:table-cell office:value-type="{kind}"{about}><text:p>{shown}</text:p></table:table-cell>'


def xls(title: str, rows: Sequence[Sequence[Any]], *, date1904: bool = False) -> bytes:
    """An old workbook; a cell is a value or a (value, number format); `#REF!` is that error."""
    book = xlwt.Workbook()
    book.dates_1904 = date1904
    page = book.add_sheet(title)
    for number, row in enumerate(rows):
        for column, one in enumerate(row):
            if one == "#REF!":
                page.row(number).set_cell_error(column, one)
            elif isinstance(one, tuple):
                page.write(number, column, one[0], xlwt.easyxf(num_format_str=one[1]))
            elif one is not None:
                page.write(number, column, one)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()
