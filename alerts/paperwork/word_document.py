"""Paper: what slips and circulars share as Word documents, and LibreOffice that turns them into PDF."""

import asyncio
import io
import os
import re
import shutil
import signal
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
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
_ALTERNATIVES: Final = {
    SONG: "仿宋_GB2312;FangSong;STFangsong;Noto Serif CJK SC;Source Han Serif SC;AR PL UMing CN",
    HEI: "SimHei;STHeiti;Noto Sans CJK SC;Source Han Sans SC;WenQuanYi Zen Hei",
    TITLE: "FZXiaoBiaoSong-B05S;宋体;SimSun;Noto Serif CJK SC;Source Han Serif SC",
}
"""What takes a font's place on a machine without it; Word and LibreOffice read it from the document's font table."""
_FONTCONFIG: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>{aliases}</fontconfig>
"""
_PDF_TIMEOUT_S: Final = 90
_ONE_AT_A_TIME: Final = asyncio.Semaphore(1)
"""LibreOffice takes some hundred megabytes: whoever asks for many documents waits for them one by one."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
# What XML 1.0 can't hold, and marks that reorder what is read (a name that shows as another).
_UNPRINTABLE: Final = re.compile(
    "[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]|[\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]"
)


def printable(text: str) -> str:
    """Free text without what XML can't hold and without marks that turn the direction of writing."""
    return _UNPRINTABLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def new_document(title: str, moment: datetime, keywords: str) -> DocumentObject:
    """An empty A4 document, left and right margins as official papers have them (GB/T 9704: 28 and 26 mm)."""
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
    """Add *text* to a paragraph; it is text whatever it looks like, for nothing in it is read as markup or a field."""
    run = paragraph.add_run(printable(text))
    run.font.size = Pt(size_pt)
    run.bold = bold
    _set_font(run._r.get_or_add_rPr(), font)  # noqa: SLF001 - python-docx has no word for the East Asian font
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
    """Add a paragraph; *indent* by two characters, as running text is."""
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
    """Lay *text* across every page, behind what is written."""
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
    run._r.append(drawing)  # noqa: SLF001 - python-docx has no word for shapes


def as_bytes(document: DocumentObject) -> bytes:
    """The document as a DOCX file; the same document is the same bytes, whenever it is produced."""
    raw = io.BytesIO()
    document.save(raw)
    settled = io.BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(zipfile.ZipInfo(entry.filename, _EPOCH), old.read(entry), zipfile.ZIP_DEFLATED)
    return settled.getvalue()


async def to_pdf(docx: bytes) -> bytes | None:
    """The document as PDF; None where LibreOffice is missing, fails or takes over 90 s."""
    office = shutil.which("soffice")
    if office is None:
        return None
    async with _ONE_AT_A_TIME:
        return await _converted(office, docx)


async def _converted(office: str, docx: bytes) -> bytes | None:
    with tempfile.TemporaryDirectory(prefix="recorder-fleet-") as folder:
        source = Path(folder) / "paper.docx"
        fonts = Path(folder) / "fonts.conf"
        source.write_bytes(docx)
        fonts.write_text(_FONTCONFIG.format(aliases=_aliases()), "utf-8")
        child = await asyncio.create_subprocess_exec(
            *(office, "--headless", "--norestore", f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}"),
            *("--convert-to", "pdf", "--outdir", folder, str(source)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "FONTCONFIG_FILE": str(fonts)},
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(_PDF_TIMEOUT_S):
                await child.wait()
        except TimeoutError:
            return None
        finally:
            await _end(child)
        made = source.with_suffix(".pdf")
        return made.read_bytes() if made.exists() else None


async def _end(child: asyncio.subprocess.Process) -> None:
    """LibreOffice's launcher leaves the office itself behind when it is killed alone."""
    if child.returncode is None:
        os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


def _aliases() -> str:
    """For LibreOffice, which looks for a font that is missing where fontconfig sends it."""
    named = {**_ALTERNATIVES, LATIN: "Liberation Serif;Tinos;FreeSerif;Noto Serif CJK SC"}
    return "".join(
        f'<alias binding="same"><family>{name}</family><prefer>'
        + "".join(f"<family>{other}</family>" for other in (name, *others.split(";")))
        + "</prefer></alias>"
        for name, others in named.items()
    )


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
        for name, others in _ALTERNATIVES.items()
    )
    text = table.blob.decode("utf-8")
    table._blob = text.replace("</w:fonts>", f"{entries}</w:fonts>").encode("utf-8")  # noqa: SLF001
