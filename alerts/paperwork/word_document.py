"""Builds Word documents: fonts, paragraphs and watermark of slips and circulars."""

import io
import re
import zipfile
from datetime import datetime
from typing import Any, Final

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

SONG: Final = "仿宋"
HEI: Final = "黑体"
TITLE: Final = "方正小标宋简体"
LATIN: Final = "Times New Roman"
ALTERNATIVES: Final = {
    SONG: "仿宋_GB2312;FangSong;STFangsong;Noto Serif CJK SC;Source Han Serif SC;AR PL UMing CN",
    HEI: "SimHei;STHeiti;Noto Sans CJK SC;Source Han Sans SC;WenQuanYi Zen Hei",
    TITLE: "FZXiaoBiaoSong-B05S;宋体;SimSun;Noto Serif CJK SC;Source Han Serif SC",
}
"""Replacements for missing fonts; Word and LibreOffice read them from the document's font table."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
# Characters that XML 1.0 can't contain, and bidirectional marks, which could make a name look like another.
_UNPRINTABLE: Final = re.compile(
    "[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]|[\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]"
)


def printable(text: str) -> str:
    """*text* without characters that XML can't contain and without bidirectional marks."""
    return _UNPRINTABLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def new_document(title: str, moment: datetime, keywords: str) -> DocumentObject:
    """An empty A4 document with the side margins of official documents (GB/T 9704: 28 and 26 mm)."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.top_margin, section.bottom_margin = Cm(2.3), Cm(1.6)
    section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
    style: Any = document.styles["Normal"]
    style.font.size = Pt(12)
    _set_font(style.element.get_or_add_rPr(), SONG)
    style.element.get_or_add_rPr().append(parse_xml(f'<w:lang {nsdecls("w")} w:val="en-US" w:eastAsia="zh-CN"/>'))
    properties = document.core_properties
    properties.title, properties.author, properties.keywords = printable(title), "", printable(keywords)
    properties.comments, properties.language = "", "zh-CN"
    properties.created = properties.modified = moment
    properties.revision = 1
    _add_alternatives(document)
    return document


def write(
    paragraph: Paragraph,
    text: str,
    *,
    font: str = SONG,
    size_pt: float = 12,
    bold: bool = False,
    rgb: int | None = None,
) -> Run:
    """Add *text* to a paragraph; nothing in it is interpreted as markup or a field."""
    run = paragraph.add_run(printable(text))
    run.font.size = Pt(size_pt)
    run.bold = bold
    _set_font(run._r.get_or_add_rPr(), font)  # noqa: SLF001 - python-docx has no API for the East Asian font
    if rgb is not None:
        run.font.color.rgb = RGBColor(rgb >> 16, rgb >> 8 & 0xFF, rgb & 0xFF)
    return run


def add_line(
    parent: DocumentObject,
    text: str = "",
    *,
    font: str = SONG,
    size_pt: float = 12,
    centred: bool = False,
    indent: bool = False,
    bold: bool = False,
    space_pt: float = 0,
) -> Paragraph:
    """Add a paragraph; *indent*: indent the first line by two characters."""
    paragraph: Paragraph = parent.add_paragraph()
    shape(paragraph, centred=centred, indent_pt=2 * size_pt if indent else 0, space_pt=space_pt)
    if text:
        write(paragraph, text, font=font, size_pt=size_pt, bold=bold)
    return paragraph


def shape(paragraph: Paragraph, *, centred: bool = False, indent_pt: float = 0, space_pt: float = 0) -> None:
    """Set a paragraph's alignment, first-line indent and the space after it."""
    form = paragraph.paragraph_format
    form.space_before, form.space_after = Pt(0), Pt(space_pt)
    form.first_line_indent = Pt(indent_pt) if indent_pt else None
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def first_line(cell: _Cell) -> Paragraph:
    """The paragraph that a cell always has."""
    paragraph: Paragraph = cell.paragraphs[0]
    shape(paragraph)
    return paragraph


def add_watermark(document: DocumentObject, text: str) -> None:
    """Put *text* as a watermark on every page."""
    header = document.sections[0].header
    run = header.paragraphs[0].add_run()
    drawing = parse_xml(
        f'<w:pict {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">'
        '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" path="m@7,l@8,m@5,21600l@6,21600e">'
        '<v:textpath on="t" fitshape="t"/></v:shapetype>'
        '<v:shape id="void" type="#_x0000_t136" style="position:absolute;margin-left:0;margin-top:0;width:360pt;'
        "height:180pt;rotation:315;z-index:-251658752;mso-position-horizontal:center;"
        "mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin"
        '" fillcolor="#e06666" stroked="f"><v:fill opacity=".35"/>'
        f'<v:textpath style="font-family:&quot;{HEI}&quot;;font-size:1pt" string="{text}"/></v:shape></w:pict>'
    )
    run._r.append(drawing)  # noqa: SLF001 - python-docx has no API for shapes


def as_bytes(document: DocumentObject) -> bytes:
    """The document as a DOCX file; the same content always gives the same bytes."""
    raw = io.BytesIO()
    document.save(raw)
    settled = io.BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(zipfile.ZipInfo(entry.filename, _EPOCH), old.read(entry), zipfile.ZIP_DEFLATED)
    return settled.getvalue()


def _set_font(properties: Any, font: str) -> None:
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for name in ("w:ascii", "w:hAnsi", "w:cs"):
        fonts.set(qn(name), LATIN if font == SONG else font)
    fonts.set(qn("w:eastAsia"), font)


def _add_alternatives(document: DocumentObject) -> None:
    table = next(p for p in document.part.package.iter_parts() if str(p.partname).endswith("/fontTable.xml"))
    entries = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'
        for name, others in ALTERNATIVES.items()
    )
    text = table.blob.decode("utf-8")
    table._blob = text.replace("</w:fonts>", f"{entries}</w:fonts>").encode("utf-8")  # noqa: SLF001
