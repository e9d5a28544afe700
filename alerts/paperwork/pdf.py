"""Converts Word documents to PDF with LibreOffice."""

import asyncio
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Final

from alerts.paperwork.word_document import ALTERNATIVES, LATIN

_FONTCONFIG: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>{aliases}</fontconfig>
"""
_PDF_TIMEOUT_S: Final = 90
_ONE_AT_A_TIME: Final = asyncio.Semaphore(1)
"""One conversion at a time, because LibreOffice needs several hundred megabytes."""


async def to_pdf(docx: bytes) -> bytes | None:
    """The document as PDF; None if LibreOffice is missing, fails or takes over 90 s."""
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
    """Kill the whole process group: killing only the launcher would leave LibreOffice running."""
    if child.returncode is None:
        os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


def _aliases() -> str:
    """Fontconfig aliases, by which LibreOffice replaces missing fonts."""
    named = {**ALTERNATIVES, LATIN: "Liberation Serif;Tinos;FreeSerif;Noto Serif CJK SC"}
    return "".join(
        f'<alias binding="same"><family>{name}</family><prefer>'
        + "".join(f"<family>{other}</family>" for other in (name, *others.split(";")))
        + "</prefer></alias>"
        for name, others in named.items()
    )
